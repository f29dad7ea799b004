"""Schemathesis against the REST API, told of nothing but `/openapi.json` and a key.

`python -m tests.fuzzing` (`scripts/fuzz`) makes some 10,000 calls; a test makes a few hundred of them.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from app.application import Application
from app.connection import Connection
from app.store.migrate import migrate
from tests.browsing import listening
from tests.demo_world import Demo, build, demonstrated

_EXAMPLES = 70  # of an operation, at most: about 10,000 calls in all
_PROGRAM = Path(sys.executable).with_name("schemathesis")

# The key acts for nobody but the owner, or most calls were refused; it is sent as either scheme has it.
_CONFIGURATION = """
[auth.openapi.bearer]
bearer = "${LEADGRAPH_API_KEY}"

[auth.openapi.apiKey]
api_key = "${LEADGRAPH_API_KEY}"

[parameters]
"header.X-On-Behalf-Of" = "${OWNER}"
"""

# What fits the schemas can be refused nevertheless: an id of nothing, a country code that there is not.
_WITHOUT = "positive_data_acceptance"


@asynccontextmanager
async def quickly(app: Application) -> AsyncIterator[str]:
    """Where an application listens by the protocol that it is served by, without which each answer waits for an ACK."""
    limit, uncounted = app.settings.read_timeout, app.admission.uncounted
    protocol = partial(Connection, read_limit=limit, observer=app.observer, uncounted=uncounted)
    async with listening(app, http=protocol) as address:
        yield address


async def fuzz(demo: Demo, address: str, folder: Path, *options: str) -> tuple[int, str]:
    """The exit status of a run and what it has printed."""
    configuration = folder / "schemathesis.toml"
    await asyncio.to_thread(configuration.write_text, _CONFIGURATION)
    process = await asyncio.create_subprocess_exec(
        *(str(_PROGRAM), "--config-file", str(configuration)),
        *("run", f"{address}/openapi.json", "--url", f"{address}/v1", "--seed", "1", "--no-color"),
        *("--exclude-checks", _WITHOUT, "--suppress-health-check", "all", "--generation-database", "none", *options),
        cwd=folder,
        env=os.environ | {"LEADGRAPH_API_KEY": demo.keys["all"], "OWNER": demo.id("User/1")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


async def _main(folder: Path) -> int:
    path = folder / "demo.db"
    await asyncio.to_thread(migrate, f"sqlite+aiosqlite:///{path}")
    async with (
        demonstrated(await build(path), rate_limits="off") as demo,
        quickly(demo.app) as address,
    ):
        phases = "--phases", "examples,fuzzing"
        status, printed = await fuzz(demo, address, folder, *phases, "--continue-on-failure", "-n", str(_EXAMPLES))
    sys.stdout.write(printed)
    return status


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.exit(asyncio.run(_main(Path(made))))
