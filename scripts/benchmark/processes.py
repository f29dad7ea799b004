"""The measured processes: servers started one at a time, and the CPU seconds that they and PostgreSQL have used."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def server(contestant: str, url: str) -> Iterator[tuple[int, int]]:
    """A contestant's server on a free port: our own as everybody starts it; gives process id and port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    uvicorn = ["uvicorn", f"scripts.benchmark.{contestant}:app", "--log-level", "error", "--no-access-log"]
    own = ["app", "serve", "--database", url]
    command = [sys.executable, "-m", *(own if contestant == "leadgraph" else uvicorn), "--port", str(port)]
    process = subprocess.Popen(
        command,
        env=os.environ | {"BENCH_DATABASE": url, "LEADGRAPH_LOG_JSON": "true", "LEADGRAPH_RATE_LIMITS": "off"},
        stderr=subprocess.DEVNULL if contestant == "leadgraph" else None,
    )
    try:
        _wait_for(port, process)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError("the server ended")
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not come up")


def cpu(pids: list[int]) -> dict[int, float]:
    """CPU seconds, of user and system, that each process has used with all its threads, to the nanosecond."""
    return {pid: _on_cpu(pid) for pid in pids}


def spent(before: dict[int, float], after: dict[int, float]) -> float:
    """CPU seconds between two looks, of the processes that were there at the second."""
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items() if seconds)


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    parents = {int(entry.name): _parent(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found = [pid]
    for member in found:
        found += [child for child, parent in parents.items() if parent == member and child not in found]
    return found


def parent(pid: int) -> int:
    """The process that started another."""
    return _parent(pid)


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["?"] + ["0"] * 30


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _on_cpu(pid: int) -> float:
    try:
        return time.clock_gettime(~pid << 3 | 2)  # the CPU clock of another process: clock_getcpuclockid(3)
    except OSError:  # it has ended
        return 0.0
