"""What is done to a key in one process holds in another from the next request on (promise g)."""

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
