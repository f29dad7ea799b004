"""What the forms do: each is one mutation, and then a page."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from app.console.documents import CREATE, DELETE, KEY, PLAY, REACTIVATE, REVOKE, ROTATE, UPDATE
from app.console.forms import Form
from app.console.reading import show_confirmation, show_key, show_keys, show_new, show_usage
from app.console.visit import HOME, Refused, Visit
from app.graph import playground
from app.store.types import timestamp_text

_UNPROCESSABLE: Final = 422


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done to a key once it has been confirmed."""

    name: str
    document: str
    title: str
    text: str
    button: str
    said: str = ""  # of `SAID`, when it is done
    tone: str = "primary"


ACTS: Final = {
    act.name: act
    for act in (
        Act(
            "rotate",
            ROTATE,
            "Rotate this key?",
            "You get a new key with the same name, scopes and expiry. Put it where the old one is used.",
            "Rotate key",
        ),
        Act(
            "revoke",
            REVOKE,
            "Revoke this key?",
            "Whatever uses it is refused from its next request on.",
            "Revoke key",
            "revoked",
            "dangerous",
        ),
        Act(
            "reactivate",
            REACTIVATE,
            "Re-activate this key?",
            "Whoever still has it can use it again, with the scopes that it had.",
            "Re-activate key",
            "reactivated",
        ),
        Act(
            "delete",
            DELETE,
            "Delete this key?",
            "It stops working and is gone for good. Entries of the audit log stay.",
            "Delete key",
            "deleted",
            "dangerous",
        ),
    )
}


async def create(visit: Visit, form: Form) -> Response:
    """Makes a key, and shows it this once."""
    expires_at = form.expiry()
    wanted = {
        "name": form.one("name"),
        "mode": form.one("mode"),
        "scopes": form.all("scopes"),
        "expiresAt": timestamp_text(expires_at) if expires_at else None,
        "allowedIps": form.lines("networks"),
    }
    try:
        made = await visit.change(CREATE, form.one("once"), input=wanted)
    except Refused as refused:
        errors, problems = refused.by_field(*wanted)
        return await show_new(visit, form, status=_UNPROCESSABLE, errors=errors, problems=problems)
    return await _show_issued(visit, made, "Your new key")


async def edit(visit: Visit, form: Form) -> Response:
    """Name, scopes and networks of a key; its text stays the same."""
    wanted = {"name": form.one("name"), "scopes": form.all("scopes"), "allowedIps": form.lines("networks")}
    id_ = visit.request.path_params["id"]
    try:
        await visit.change(UPDATE, id=id_, input=wanted, version=form.number("version"))
    except Refused as refused:
        errors, problems = refused.by_field(*wanted)
        return await show_key(visit, form, status=_UNPROCESSABLE, errors=errors, problems=problems)
    return visit.go(f"{HOME}/{id_}?said=saved")


async def reduce(visit: Visit, form: Form) -> Response:
    """Leaves a key the scopes that the form names: those that it used when the page was shown."""
    id_ = visit.request.path_params["id"]
    try:
        wanted = {"scopes": form.all("scopes")}
        await visit.change(UPDATE, id=id_, input=wanted, version=form.number("version"))
    except Refused as refused:
        return await show_usage(visit, status=_UNPROCESSABLE, problems=refused.by_field()[1])
    return visit.go(f"{HOME}/{id_}/usage?said=reduced")


async def confirm(visit: Visit, form: Form, act: Act) -> Response:
    """Does what was asked for."""
    variables: dict[str, Any] = {"id": visit.request.path_params["id"]}
    if act.name == "rotate":
        variables["overlap"] = form.number("overlap") or 0
    try:
        done = await visit.change(act.document, form.one("once"), **variables)
    except Refused as refused:
        return await show_confirmation(visit, act, status=_UNPROCESSABLE, problems=refused.by_field()[1])
    if act.name == "rotate":
        return await _show_issued(visit, done, "Your rotated key")
    return visit.go(f"{HOME}?said={act.said}")


async def open_playground(visit: Visit, form: Form) -> Response:
    """The playground with a key of an hour that has the scopes of this one, in the mode that the workspace plays in.

    The key travels in the page that is answered, which takes it out of itself at once: no address, cookie or storage
    ever holds it.
    """
    key = await visit.key(KEY, visit.request.path_params["id"])
    try:
        made = await visit.change(PLAY, form.one("once"), scopes=key["scopes"])
    except Refused as refused:
        told = {"text": refused.problems[0]["message"], "icon": "warn", "action": (HOME, "Back to the keys")}
        return visit.show("message", "No playground", status=_UNPROCESSABLE, **told)
    return playground.respond(made["key"] or "")


async def _show_issued(visit: Visit, done: dict[str, Any], title: str) -> Response:
    shown = await show_keys(visit, issued=done["apiKey"] | {"title": title, "key": done["key"]})
    shown.headers["HX-Push-Url"] = HOME
    return shown
