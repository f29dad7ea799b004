"""What is done to a key in one process holds in another from the next request on (promise g)."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.processes import Server, started
from tests.serving import World
from tests.test_key_life import CREATE, DELETE, REVOKE, ROTATE, UPDATE

PING = "{ viewer { name scopes } }"


async def ask(server: Server, key: str, query: str, **variables: Any) -> Any:
    """The data of an answer, or the reason why the key was refused."""
    body = {"query": query, "variables": variables}
    response = await server.http.post("/graphql", json=body, headers={"authorization": f"Bearer {key}"})
    answer = response.json()
    if response.status_code != 200:
        return answer["errors"][0]["extensions"]["reason"]
    [payload] = answer["data"].values()
    assert not payload.get("userErrors")
    return payload


async def test_a_key_changes_in_all_processes_at_once(world: World, tmp_path: Path) -> None:
    """S1-50, S1-56, S2-27, S3-19, S3-21, S3-23, S3-24, X5, X7: two servers, and each has the key in its memory."""
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    key = world.keys["all"][0]
    async with started(world, folders[0]) as one, started(world, folders[1]) as two:
        made = await ask(one, key, CREATE, input={"name": "CI", "scopes": ["contacts:read"]})
        id_, text = made["apiKey"]["id"], made["key"]

        async def seen(text: str = text) -> list[Any]:
            return [await ask(server, text, PING) for server in (two, one)]

        assert await seen() == [{"name": "CI", "scopes": ["contacts:read"]}] * 2
        await ask(one, key, UPDATE, id=id_, input={"name": "Agent", "scopes": ["tags:read"]})
        assert await seen() == [{"name": "Agent", "scopes": ["tags:read"]}] * 2
        renewed = (await ask(two, key, ROTATE, id=id_, overlap=60))["key"]
        assert await seen() == await seen(renewed) == [{"name": "Agent", "scopes": ["tags:read"]}] * 2
        last = (await ask(one, key, ROTATE, id=id_))["key"]
        assert await seen() == ["UNKNOWN"] * 2
        assert await seen(renewed) == ["REVOKED"] * 2
        assert await seen(last) == [{"name": "Agent", "scopes": ["tags:read"]}] * 2
        await ask(one, key, REVOKE, id=id_)
        assert await seen(last) == ["REVOKED"] * 2
        await ask(one, key, DELETE, id=id_)
        assert await seen(last) == ["UNKNOWN"] * 2
        logs = "".join((folder / "server.log").read_text() for folder in folders)
    assert renewed[:14] in logs
    assert not any(secret[:15] in logs for secret in (text, renewed, last, key))


async def test_no_request_that_begins_after_a_revocation_succeeds(postgresql_world: World, tmp_path: Path) -> None:
    """HARDENING 6: four servers under load, and not a single one later, where five seconds are allowed."""
    async with AsyncExitStack() as stack:
        servers = []
        for name in ("one", "two", "three", "four"):
            (tmp_path / name).mkdir()
            servers.append(await stack.enter_async_context(started(postgresql_world, tmp_path / name)))
        key = postgresql_world.keys["all"][0]
        made = await ask(servers[0], key, CREATE, input={"name": "CI", "scopes": ["contacts:read"]})
        revoked = asyncio.Event()

        async def load(server: Server) -> tuple[list[Any], list[Any]]:
            """What was answered before the revocation was, and what to twenty requests that begin after it."""
            before = []
            while not revoked.is_set():
                before.append(await ask(server, made["key"], PING))
            return before, [await ask(server, made["key"], PING) for _ in range(20)]

        async def revoke() -> None:
            await asyncio.sleep(1)
            await ask(servers[0], key, REVOKE, id=made["apiKey"]["id"])
            revoked.set()

        revoking = asyncio.create_task(revoke())
        answers = await asyncio.gather(*(load(server) for server in servers * 3))
        await revoking
    assert all({"name": "CI", "scopes": ["contacts:read"]} in before for before, _ in answers)
    assert [answer for _, after in answers for answer in after] == ["REVOKED"] * 240
