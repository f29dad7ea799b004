"""From where a request comes, and whether that is within the networks of a key (HARDENING 8)."""

from ipaddress import ip_network

import pytest

from app.access.address import Addresses, is_within, parse_network
from app.errors import BadUserInput

PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]


def client(peer: str, *forwarded: str) -> str:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return Addresses(PROXIES).client({"client": (peer, 1), "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", ["127.0.0.1"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["127.0.0.1, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["127.0.0.1", "203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["127.0.0.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["127.0.0.1, "], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("2001:db8::1", ["2001:DB9:0::1"], "2001:db9::1"),
    ],
)
def test_a_client_is_found_as_far_as_proxies_are_trusted(peer: str, forwarded: list[str], found: str) -> None:
    """What a client writes into the header itself stands before what trusted proxies add."""
    assert client(peer, *forwarded) == found


@pytest.mark.parametrize(
    ("network", "address", "within"),
    [
        ("192.0.2.0/24", "192.0.2.7", True),
        ("192.0.2.0/24", "::ffff:192.0.2.7", True),
        ("::ffff:192.0.2.0/120", "192.0.2.7", True),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("::ffff:192.0.2.0/120", "192.0.3.7", False),
        ("::/0", "192.0.2.7", False),
        ("2001:db8::/32", "2001:db8:1::1", True),
        ("192.0.2.0/24", "", False),
        ("0.0.0.0/0", "unix:", False),
    ],
)
def test_an_address_is_within_a_network_however_they_are_written(network: str, address: str, within: bool) -> None:
    assert is_within(address, [parse_network(network)]) is within


@pytest.mark.parametrize("text", ["", "/", "127.1", "010.0.0.1", "10.0.0.1/8", "10.0.0.0/8/8", "fe80::1%eth0", "1"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(BadUserInput, match="no IP address and no network"):
        parse_network(text)
