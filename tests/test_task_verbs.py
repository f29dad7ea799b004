"""Completing tasks and opening them again: status and completedAt are written by nothing else."""

from tests.changing import change, events, refusals
from tests.serving import Client

TASK = "task { status completedAt version } userErrors { field code }"
COMPLETE = f"mutation ($id: ID!, $ifVersion: Int) {{ completeTask(id: $id, ifVersion: $ifVersion) {{ {TASK} }} }}"
REOPEN = f"mutation ($id: ID!) {{ reopenTask(id: $id) {{ {TASK} }} }}"


async def test_a_task_is_completed_once_and_opened_again(client: Client) -> None:
    done = await change(client, COMPLETE, id=client.ids["call"])
    assert done["task"]["status"] == "COMPLETED"
    assert done["task"]["version"] == 2
    at = done["task"]["completedAt"]
    assert at is not None
    assert await change(client, COMPLETE, id=client.ids["call"]) == done
    reopened = await change(client, REOPEN, id=client.ids["call"])
    assert reopened == {"task": {"status": "OPEN", "completedAt": None, "version": 3}}
    assert await change(client, REOPEN, id=client.ids["call"]) == reopened
    assert await events(client) == [
        (
            "task.completed",
            {"status": {"old": "OPEN", "new": "COMPLETED"}, "completedAt": {"old": None, "new": at}},
        ),
        (
            "task.reopened",
            {"status": {"old": "COMPLETED", "new": "OPEN"}, "completedAt": {"old": at, "new": None}},
        ),
    ]


async def test_only_a_task_of_the_workspace_in_the_expected_version_is_completed(client: Client) -> None:
    """HARDENING 24."""
    assert await refusals(client, COMPLETE, id=client.ids["call"], ifVersion=2) == [("CONFLICT", "ifVersion")]
    assert await refusals(client, COMPLETE, key="foreign", id=client.ids["call"]) == [("NOT_FOUND", "id")]
    assert await refusals(client, COMPLETE, id=client.ids["ada"]) == [("NOT_FOUND", "id")]


async def test_completing_takes_the_scope_to_update_tasks(client: Client) -> None:
    refused = await client.refused(COMPLETE, {"id": client.ids["call"]}, key="contacts")
    assert (refused["code"], refused["requiredScopes"]) == ("FORBIDDEN", ["tasks:update", "tasks:read"])
    assert await events(client, "access.denied") == []


async def test_neither_create_nor_update_writes_the_state(client: Client) -> None:
    inputs = await client.ask(
        """{ create: __type(name: "CreateTaskInput") { inputFields { name } }
            update: __type(name: "UpdateTaskInput") { inputFields { name } } }"""
    )
    for form in inputs.values():
        assert not {"status", "completedAt"} & {field["name"] for field in form["inputFields"]}
