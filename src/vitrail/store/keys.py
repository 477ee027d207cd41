"""Keys: which are allowed, and those that bytes have of themselves."""

import hashlib
import re

from vitrail.errors import BadInput, NoSuchKey

PART = r"[A-Za-z0-9_=+-][A-Za-z0-9._=+-]{0,199}"  # no part begins with a dot: none is "..", none is hidden
KEY = re.compile(f"{PART}(/{PART})*")
PREFIX = re.compile(f"({PART}/)*({PART})?")
LONGEST = 800  #: characters; S3 takes 1,024 bytes together with the folder of the store
OBJECTS = "objects"  #: where bytes lie that are named after themselves


def content_key(data: bytes) -> str:
    """The key of these bytes and of no others: their SHA-256 in hexadecimal digits, in 256 folders."""
    digest = hashlib.sha256(data).hexdigest()
    return f"{OBJECTS}/{digest[:2]}/{digest[2:]}"


def is_content(key: str, data: bytes) -> bool:
    """Whether bytes are those that a key of contents names."""
    return content_key(data) == key


def checked(key: str) -> str:
    """The key. Raises BadInput for what would leave the store, or what some store could not keep."""
    if len(key) <= LONGEST and KEY.fullmatch(key):
        return key
    raise BadInput(
        f"{key[:100]!r} is no key of a store. Parts of letters, digits and ._=+- that begin with no dot were expected, "
        f"joined by /, {LONGEST} characters at most. Choose another.",
        key=key[:100],
    )


def checked_prefix(prefix: str) -> str:
    """The beginning of keys. Raises BadInput where no key begins like that."""
    if len(prefix) <= LONGEST and PREFIX.fullmatch(prefix):
        return prefix
    raise BadInput(
        f"no key begins with {prefix[:100]!r}. Parts of letters, digits and ._=+- were expected, joined by /. Take a "
        "folder such as 'objects/'.",
        key=prefix[:100],
    )


def missing(key: str, place: object) -> NoSuchKey:
    return NoSuchKey(
        f"there is nothing under {key!r} in {place}. A key that was put there was expected. List what there is, or put "
        "it there again.",
        key=key,
    )
