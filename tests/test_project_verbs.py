"""Archiving projects and taking them into use again: archivedAt is written by nothing else."""

from tests.changing import change, events, refusals
from tests.serving import Client

PROJECT = "project { archivedAt version } userErrors { field code }"
ARCHIVE = f"mutation ($id: ID!) {{ archiveProject(id: $id) {{ {PROJECT} }} }}"
UNARCHIVE = f"mutation ($id: ID!) {{ unarchiveProject(id: $id) {{ {PROJECT} }} }}"


async def test_a_project_is_archived_once_and_taken_into_use_again(client: Client) -> None:
    archived = await change(client, ARCHIVE, id=client.ids["spring"])
    at = archived["project"]["archivedAt"]
    assert at is not None
    assert await change(client, ARCHIVE, id=client.ids["spring"]) == archived
    back = await change(client, UNARCHIVE, id=client.ids["spring"])
    assert back == {"project": {"archivedAt": None, "version": 3}}
    assert await change(client, UNARCHIVE, id=client.ids["spring"]) == back
    assert await events(client) == [
        ("project.archived", {"archivedAt": {"old": None, "new": at}}),
        ("project.unarchived", {"archivedAt": {"old": at, "new": None}}),
    ]


async def test_an_archived_project_keeps_what_belongs_to_it(client: Client) -> None:
    await change(client, ARCHIVE, id=client.ids["spring"])
    found = await client.ask(
        "query ($id: ID!) { project(id: $id) { contacts { nodes { firstName } } } }", {"id": client.ids["spring"]}
    )
    assert found["project"]["contacts"]["nodes"] == [{"firstName": "Ada"}]


async def test_only_a_project_of_the_workspace_is_archived(client: Client) -> None:
    """HARDENING 24."""
    assert await refusals(client, ARCHIVE, key="foreign", id=client.ids["spring"]) == [("NOT_FOUND", "id")]
