"""Whether a key stays within what somebody has himself: a key never exceeds who makes it (HARDENING 5)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.access.address import Network, parse_network
from app.access.principal import Authority
from app.access.scopes import SCOPES, expand


def exceeding(authority: Authority, key: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a key, given by column, could do beyond an authority: in which column, and why."""
    wider = [scope for scope in key["scopes"] if not expand([scope]) <= authority.scopes]
    if wider:
        yield "scopes", f"You do not have these scopes yourself: {', '.join(wider)}."
    if authority.mode == "test" and key["mode"] != "test":
        yield "mode", "A test key has power over test keys only."
    ends = authority.expires_at
    if ends is not None and (key["expires_at"] is None or key["expires_at"] > ends):
        yield "expires_at", f"The key would outlive the one that it is made with, which expires at {ends.isoformat()}."
    if authority.allowed_ips and not _within(key["allowed_ips"], authority.allowed_ips):
        yield "allowed_ips", "The key could be used from more networks than the one that it is made with."
    if authority.registered_documents_only and not key["registered_documents_only"]:
        yield "registered_documents_only", "You are held to the registered documents, and so is this key."
    most = authority.rate_limit
    if most is not None and (key["rate_limit"] is None or key["rate_limit"] > most):
        yield "rate_limit", f"The key could make more requests than the one that it is made with: {most} a minute."


def widest(scopes: frozenset[str]) -> list[str]:
    """The fewest scopes that say the same as these, which are spelled out."""
    implied = {name for scope in scopes & SCOPES.keys() for name in expand([scope]) - {scope}}
    return [name for name in SCOPES if name in scopes - implied]


def _within(networks: Iterable[str], allowed: Iterable[Network]) -> bool:
    """Whether networks, of which none mean everywhere, are parts of those that are allowed."""
    inner = [parse_network(text) for text in networks]
    return bool(inner) and all(any(_is_part(one, other) for other in allowed) for one in inner)


def _is_part(one: Network, other: Network) -> bool:
    return one.version == other.version and one.subnet_of(other)  # type: ignore[arg-type]
