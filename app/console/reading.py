"""The pages that only show: keys, one key, its usage, the audit log."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from app.console.documents import AUDIT, KEY, KEYS, NAMES, USAGE
from app.console.forms import EXPIRIES, OVERLAPS, Form, tomorrow
from app.console.scope_choice import groups_of, presets_of
from app.console.visit import Visit, placed

_PAGE: Final = 50

SAID: Final = {
    "saved": "Saved. It holds from the next request on.",
    "revoked": "The key has been revoked: it works no more.",
    "reactivated": "The key works again.",
    "deleted": "The key has been deleted. What it did stays in the audit log.",
    "reduced": "The key has the scopes that it uses, and no others.",
}


async def show_keys(visit: Visit, *, issued: Mapping[str, Any] | None = None) -> Response:
    """The list, with the key that was just made in front of it."""
    query = visit.request.query_params if issued is None else {}
    search, after = query.get("search", "").strip()[:100], query.get("after")
    conditions: list[dict[str, Any]] = []
    if visit.dialect.hides_revoked:
        conditions.append({"state": {"ne": "REVOKED"}})
    if search:
        conditions.append({"or": [{"name": {"contains": search}}, {"prefix": {"startsWith": search}}]})
    found = await visit.ask(KEYS, first=_PAGE, after=after or None, filter={"and": conditions})
    keys = found["apiKeys"] | {"nodes": [placed(key) for key in found["apiKeys"]["nodes"]]}
    said = SAID.get(query.get("said", ""), "")
    title = visit.dialect.labels.trail[-1]
    return visit.show("keys", title, here="keys", keys=keys, search=search, after=after, issued=issued, said=said)


async def show_new(visit: Visit, form: Form | None = None, *, status: int = 200, **wrong: Any) -> Response:
    """The form for a new key; as it was filled in, where something is wrong with that."""
    defaults = visit.dialect.default_scopes or ()
    offered = [scope.name for _, scopes in visit.dialect.scope_groups for scope in scopes]
    ticked = [name for name in offered if name in visit.grantable] if "*" in defaults else defaults
    given = {
        "name": form.one("name") if form else "",
        "mode": form.one("mode") if form else "LIVE",
        "scopes": form.all("scopes") if form else _without_fine(ticked),
        "expiry": form.one("expiry") if form else "",
        "date": form.one("date") if form else "",
        "networks": form.one("networks") if form else "",
    }
    shared = visit.workspace["testKeyPolicy"] == "SHARED"
    return visit.show(
        "new",
        visit.dialect.labels.new,
        status=status,
        here="keys",
        given=given,
        groups=groups_of(visit.dialect, visit.grantable, ()),
        presets=presets_of(visit.dialect, visit.grantable.keys()),
        expiries=EXPIRIES,
        tomorrow=tomorrow(),
        test_hint=f"For development: {'your records, but nothing is sent.' if shared else 'a sandbox of its own.'}",
        **wrong,
    )


async def show_key(visit: Visit, form: Form | None = None, *, status: int = 200, **wrong: Any) -> Response:
    """What can be edited of a key."""
    key = await visit.key(KEY, visit.request.path_params["id"])
    given = {
        "name": form.one("name") if form else key["name"],
        "version": form.one("version") if form else key["version"],
        "scopes": form.all("scopes") if form else key["scopes"],
        "networks": form.one("networks") if form else "\n".join(key["allowedIps"]),
    }
    return visit.show(
        "key",
        key["name"],
        status=status,
        here="key",
        key=key,
        given=given,
        groups=groups_of(visit.dialect, visit.grantable, key["scopes"]),
        presets=presets_of(visit.dialect, visit.grantable.keys()),
        said=SAID.get(visit.request.query_params.get("said", ""), ""),
        **wrong,
    )


async def show_usage(visit: Visit, *, status: int = 200, problems: list[str] | None = None) -> Response:
    """What a key was used for, and what would have been enough."""
    key = await visit.key(USAGE, visit.request.path_params["id"])
    usage = key["usage"]
    return visit.show(
        "usage",
        key["name"],
        status=status,
        here="usage",
        key=key,
        usage=usage,
        used=[scope for scope in usage["scopes"] if scope["requests"]],
        reducible=key["state"] == "ACTIVE" and usage["suggestedScopes"] and usage["unusedScopes"],
        said=SAID.get(visit.request.query_params.get("said", ""), ""),
        problems=problems or [],
    )


async def show_confirmation(
    visit: Visit, act: Any, *, status: int = 200, problems: list[str] | None = None
) -> Response:
    """Asks whether something is meant."""
    key = await visit.key(KEY, visit.request.path_params["id"])
    dialog = "hx-request" in visit.request.headers
    shown = visit.show(
        "confirm",
        act.title,
        status=status,
        key=key,
        act=act,
        dialog=dialog,
        overlaps=OVERLAPS,
        problems=problems or [],
    )
    if dialog:
        shown.headers["HX-Retarget"] = "#dialog"
    return shown


async def show_audit_log(visit: Visit) -> Response:
    """What happened to keys, or to one."""
    query = visit.request.query_params
    id_ = query.get("key", "")
    key = await visit.key(KEY, id_) if id_ else None
    about_keys: dict[str, Any] = {"subjectType": {"eq": "ApiKey"}}
    if id_:
        about_keys["subjectId"] = {"eq": id_}
    found = await visit.ask(AUDIT, first=_PAGE, after=query.get("after") or None, filter=about_keys)
    entries = found["auditLog"]
    ids = list({entry["subjectId"]: None for entry in entries["nodes"] if entry["subjectId"]})
    nodes = (await visit.ask(NAMES, ids=ids))["nodes"] if ids else []
    names = {node["id"]: node["name"] for node in nodes if node}
    told = [_entry(entry, names) for entry in entries["nodes"]]
    title = "Audit log"
    return visit.show("audit", title, here="audit", key=key, entries=entries | {"nodes": told})


def _entry(entry: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    member, key = entry["actingUser"], entry["actorKey"]
    by = [each for each in (member and member["name"], (key and key["name"]) or entry["keyPrefix"]) if each]
    what = entry["type"].removeprefix("API_KEY_").replace("_", " ").capitalize()
    return dict(entry) | {
        "told": what,
        "subject": names.get(entry["subjectId"]),
        "by": ", with ".join(by) or "The operator",
        "changed": [_change(field, change) for field, change in entry["changes"].items()],
    }


def _change(field: str, change: Any) -> dict[str, Any]:
    old, new = (change.get("old"), change.get("new")) if isinstance(change, Mapping) else (None, change)
    return {"field": field, "old": _text(old), "new": _text(new)}


def _text(value: Any) -> str | None:
    return ", ".join(map(str, value)) if isinstance(value, list) else None if value is None else str(value)


def _without_fine(names: Any) -> list[str]:
    """Without what another of the names includes."""
    names = list(names)
    return [
        name
        for name in names
        if not (name.endswith((":create", ":update", ":delete")) and f"{name.partition(':')[0]}:write" in names)
    ]
