"""From where a request comes: the peer, or whom a declared proxy says that it passes on.

`X-Forwarded-For` is read from its end, and only as far as those who wrote it are trusted: what a client puts there
itself is never believed (HARDENING 8).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeAlias

from app.errors import BadUserInput

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_MAPPED = IPv6Network("::ffff:0:0/96")


def parse_network(text: str) -> Network:
    """An address, or a network as `10.0.0.0/8`; `BadUserInput` for anything else, bits beside the mask too.

    One of IPv4 that is written as IPv6 is what it is, as with the addresses that are sought in it.
    """
    try:
        network = ip_network(text.strip().replace("%", "?"))  # a link after "%" is known to one machine only
        if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
            return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
        return network
    except ValueError:
        message = f"{text[:50]!r} is no IP address and no network such as 10.0.0.0/8 or 2001:db8::/32."
        raise BadUserInput(message) from None


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address is in one of some networks; what is no address is in none."""
    known = _parsed(address)
    return known is not None and any(known in network for network in networks)


def subscriber(address: str) -> str:
    """Who is at an address, as limits count: all of the /64 that a subscriber of IPv6 has is one."""
    return str(ip_network((address, 64), strict=False)) if ":" in address else address


class Addresses:
    """Finds the client behind the proxies that are declared."""

    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        self._trusted = tuple(trusted)

    def client(self, scope: Mapping[str, Any]) -> str:
        """The client's address in an ASGI scope; empty where there is none, as behind a Unix socket."""
        peer: str = scope["client"][0] if scope.get("client") else ""
        if self._trusted and is_within(peer, self._trusted):
            peer = self._forwarded([value for name, value in scope["headers"] if name == b"x-forwarded-for"], peer)
        return str(_parsed(peer) or peer) if ":" in peer else peer

    def _forwarded(self, lines: Sequence[bytes], peer: str) -> str:
        for hop in reversed(b",".join(lines).decode("latin-1").split(",")):
            address = _parsed(hop.strip())
            if address is None:
                break
            peer = str(address)
            if not is_within(peer, self._trusted):
                break
        return peer


@lru_cache(1_000)
def _parsed(text: str) -> Address | None:
    """An address; an IPv4 one that came over IPv6 as what it is."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
