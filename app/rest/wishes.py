"""What a request asks of its answer besides the data: media type, profile, preferences (RFC 7240)."""

from dataclasses import dataclass

from app.errors import NotAcceptable
from app.graph.incoming import JSON, Headers, media_ranges

PROBLEM = "application/problem+json"
BARE = "bare"
_PROFILES = {BARE.encode(): True, b"envelope": False}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked of an answer."""

    bare: bool | None = None  # the data alone (X17); None is as the workspace has it
    minimal: bool = False  # no body for what was changed (X18)
    strict: bool = False  # a replacement, not an update (X20)


USUAL = Wishes()


def wishes_of(headers: Headers) -> Wishes:
    """The wishes of a request; `NotAcceptable` where none of the media types it takes is JSON."""
    accept, prefer = headers.get(b"accept", b""), headers.get(b"prefer")
    profile = headers.get(b"x-response-profile")
    if accept in {b"", b"*/*", b"application/json"} and prefer is None and profile is None:
        return USUAL
    taken = media_ranges(accept or b"*/*")
    quality = next((taken[each] for each in (JSON, "application/*", "*/*") if each in taken), 0.0)
    if quality <= 0 and not takes_problem(headers):
        raise NotAcceptable(f"This API answers {JSON}, and errors as {PROBLEM}, too.")
    wanted = {_plain(each) for each in (prefer or b"").lower().split(b",")}
    return Wishes(
        bare=None if profile is None else _PROFILES.get(profile.strip().lower()),
        minimal=b"return=minimal" in wanted,
        strict=b"handling=strict" in wanted,
    )


def takes_problem(headers: Headers) -> bool:
    """Whether errors are asked for as RFC 9457 has them."""
    return media_ranges(headers.get(b"accept", b"")).get(PROBLEM, 0.0) > 0


def _plain(preference: bytes) -> bytes:
    """A preference without its parameters, quotes and spaces."""
    return preference.partition(b";")[0].translate(None, b' \t"')
