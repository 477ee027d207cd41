"""A real PostgreSQL for the tests: Debian's package, on loopback and a free port, its files in a folder of its own."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from object_store import free_ports

MISSING = "no programs `initdb` and `postgres` on the PATH or below /usr/lib/postgresql; apt-get install postgresql"
USER = "vitrail"
#: a crash of the machine is not tested: what the system holds back from the disk is whole
QUICK = ("fsync=off", "full_page_writes=off", "max_connections=300", "shared_buffers=32MB", "unix_socket_directories=")


def programs() -> Path | None:
    """The folder with PostgreSQL's programs, of the newest version; None where it is not installed."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name))
    beside = [Path(found).resolve().parent] if found else []
    return next((folder for folder in [*reversed(folders), *beside] if (folder / "postgres").exists()), None)


def unprivileged() -> list[str]:
    """What to say before a command: PostgreSQL does not run as root."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []


class Server:
    """A server that can be stopped and started again; its data stay."""

    def __init__(self, folder: Path, bin: Path, password: str) -> None:
        self.folder = folder
        self.port = free_ports(1)[0]
        self.password = password
        self._bin = bin
        self._process: subprocess.Popen | None = None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        settings = [f"-c{each}" for each in (*QUICK, "listen_addresses=127.0.0.1", f"port={self.port}")]
        command = [*unprivileged(), str(self._bin / "postgres"), "-D", str(self.folder / "data"), *settings]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self._wait()

    def stop(self) -> None:
        """Without waiting for anybody: who is connected is thrown out."""
        if self._process is not None:
            subprocess.run(
                [*unprivileged(), str(self._bin / "pg_ctl"), "stop", "-D", str(self.folder / "data"), "-m", "fast"],
                check=False,
                capture_output=True,
                cwd=self.folder,
            )
            self._process.wait(60)
            self._process = None

    def _wait(self, patience: float = 60.0) -> None:
        """Until it says that it is ready. Raises RuntimeError when it ends, or takes too long."""
        until = time.monotonic() + patience
        asked = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while time.monotonic() < until and self._process.poll() is None:
            with closing(socket.socket()) as there:
                listens = there.connect_ex(("127.0.0.1", self.port)) == 0
            if listens and subprocess.run(asked, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text(errors='replace')[-2000:]}")


@contextmanager
def postgres() -> Iterator[Server]:
    """A running server; it is stopped at the end, and its files are gone."""
    bin, password = programs(), secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="vitrail-postgres-") as name:  # pytest's own folders are closed to others
        folder = Path(name)
        (folder / "password").write_text(password)
        if os.geteuid() == 0:
            for path in (folder, folder / "password"):
                shutil.chown(path, "postgres", "postgres")
        made = ["initdb", "-D", str(folder / "data"), "-U", USER, "-A", "scram-sha-256", "--no-sync", "-E", "UTF8"]
        made += [f"--pwfile={folder / 'password'}", "--locale=C"]
        command = [*unprivileged(), str(bin / made[0]), *made[1:]]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stderr[-2000:]}")
        server = Server(folder, bin, password)
        try:
            server.start()
            yield server
        finally:
            server.stop()
