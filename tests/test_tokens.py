"""Session tokens (JWT): which are believed. Ours, and those of an identity provider whose keys stand in a file or at an
address, with everything that forgers do to them."""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from app.access import provider as providers
from app.access.provider import Provider
from app.access.tokens import LIFETIME, Tokens
from app.errors import LeadgraphError
from app.settings import Settings
from tests.serving import Client, World, serving
from tests.signing import change_user, let_in, sign_out, signed_in

SECRET = "the secret of an installation"
ISSUER, AUDIENCE = "https://login.example.com", "leadgraph"
PING = "{ ping }"

RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
OTHER = RSAKey.generate_key(2048, {"kid": "rsa"})
SETTINGS = {"provider_issuer": ISSUER, "provider_audience": AUDIENCE}


def jwks(*keys: RSAKey | ECKey | OKPKey) -> str:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]})


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A file with the provider's keys, and some that are of no use."""
    path = tmp_path / "jwks.json"
    useless = [{"kty": "oct", "k": "c2VjcmV0", "kid": "secret"}, {"kty": "RSA", "kid": "broken"}, {"kty": "new"}]
    path.write_text(json.dumps({"keys": json.loads(jwks(RSA, EC))["keys"] + useless}))
    return path


@pytest.fixture
def tokens(keys: Path) -> Tokens:
    return Tokens(SECRET, Provider(str(keys), ISSUER, AUDIENCE))


def claims(**given: Any) -> dict[str, Any]:
    now = int(time.time())
    told = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600, "email": "grace@acme.test"} | given
    return {name: value for name, value in told.items() if value is not None}


def signed(key: RSAKey | ECKey | OKPKey = RSA, algorithm: str = "RS256", kid: str | None = None, **given: Any) -> str:
    header = {"alg": algorithm, "kid": kid or key.kid or ""}
    return jwt.encode(header, claims(**given), key, [algorithm])


def by_hand(header: dict[str, Any], payload: dict[str, Any], secret: bytes = b"") -> str:
    """A token as no library would make it."""
    head = ".".join(_encoded(json.dumps(part).encode()) for part in (header, payload))
    return f"{head}.{_encoded(hmac.digest(secret, head.encode(), 'sha256')) if secret else ''}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def refusal(tokens: Tokens, text: str) -> str | None:
    with pytest.raises(LeadgraphError) as caught:
        await tokens.verify(text)
    assert caught.value.status == 401
    return caught.value.reason


# Ours


async def test_our_token_names_its_session() -> None:
    tokens = Tokens(SECRET)
    found = await tokens.verify(tokens.issue(session="s", user="u", workspace="w"))
    assert (found.session, found.email, found.expires_at - found.issued_at) == ("s", None, LIFETIME)


async def test_our_token_lasts_some_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = Tokens(SECRET)
    text = tokens.issue(session="s", user="u", workspace="w")
    then = time.time() + LIFETIME
    monkeypatch.setattr(time, "time", lambda: then)
    assert await refusal(tokens, text) == "EXPIRED"


async def test_another_installations_token_is_not_believed() -> None:
    theirs = Tokens("another secret altogether").issue(session="s", user="u", workspace="w")
    assert await refusal(Tokens(SECRET), theirs) == "UNKNOWN"


async def test_the_secret_itself_signs_nothing() -> None:
    payload = {"iss": "leadgraph", "sid": "s", "iat": int(time.time()), "exp": int(time.time()) + 600}
    for secret in (SECRET.encode(), hashlib.sha256(SECRET.encode()).digest(), b"session tokens"):
        assert await refusal(Tokens(SECRET), by_hand({"alg": "HS256"}, payload, secret)) == "UNKNOWN"


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "", None, "HS384", "RS256", "HS256", 1, ["HS256"]]
)
@pytest.mark.parametrize("has_provider", [True, False])
async def test_a_token_without_a_signature_is_not_believed(tokens: Tokens, algorithm: Any, has_provider: bool) -> None:
    for payload in (claims(sid="s", iss="leadgraph"), claims()):
        forged = by_hand({"alg": algorithm, "kid": "rsa"}, payload)
        assert await refusal(tokens if has_provider else Tokens(SECRET), forged) == "UNKNOWN"


async def test_any_change_makes_a_token_unknown() -> None:
    tokens = Tokens(SECRET)
    head, payload, signature = tokens.issue(session="s", user="u", workspace="w").split(".")
    changed = json.loads(base64.urlsafe_b64decode(payload + "==")) | {"sid": "t"}
    for forged in (
        f"{head}.{_encoded(json.dumps(changed).encode())}.{signature}",
        f"{head}.{payload}.{signature[:-2]}",
        f"{head}.{payload}.",
        f"{head}..{signature}",
        f".{payload}.{signature}",
        "..",
        "a.b.c",
        f"{_encoded(b'[' * 5_000)}.{payload}.{signature}",
        _encoded(b'{"alg":' + b"[" * 2_900) + f".{payload}.{signature}",
        f"{_encoded(b'null')}.{payload}.{signature}",
    ):
        assert await refusal(tokens, forged) == "UNKNOWN"


async def test_a_token_outlives_no_change_of_the_database(client: Client) -> None:
    """A signature alone lets nobody in: the session must be there."""
    forged = client.app.tokens.issue(session="s", user=client.ids["grace"], workspace=client.ids["acme"])
    client.keys["forged"] = forged
    assert (await client.refused(PING, key="forged"))["reason"] == "REVOKED"


# An identity provider's


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (RSA, "RS512"), (RSA, "PS256"), (EC, "ES256")])
async def test_a_providers_token_tells_the_member(tokens: Tokens, key: RSAKey | ECKey, algorithm: str) -> None:
    found = await tokens.verify(signed(key, algorithm, aud=["other", AUDIENCE]))
    assert (found.email, found.session) == ("grace@acme.test", None)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"aud": "another"}, "UNKNOWN"),
        ({"aud": []}, "UNKNOWN"),
        ({"aud": None}, "UNKNOWN"),
        ({"aud": {"leadgraph": 1}}, "UNKNOWN"),
        ({"iss": "https://login.example.com/"}, "UNKNOWN"),
        ({"iss": [ISSUER]}, "UNKNOWN"),
        ({"iss": None}, "UNKNOWN"),
        ({"exp": 1_000_000_000}, "EXPIRED"),
        ({"exp": None}, "UNKNOWN"),
        ({"exp": "9999999999"}, "UNKNOWN"),
        ({"exp": float("nan")}, "UNKNOWN"),
        ({"nbf": 4_000_000_000}, "UNKNOWN"),
        ({"iat": 4_000_000_000}, "UNKNOWN"),
        ({"iat": None}, "UNKNOWN"),
    ],
    ids=str,
)
async def test_a_providers_token_for_others_or_another_time_is_refused(
    tokens: Tokens, given: dict[str, Any], reason: str
) -> None:
    assert await refusal(tokens, signed(**given)) == reason


async def test_a_providers_clock_may_be_a_little_wrong(tokens: Tokens) -> None:
    now = int(time.time())
    slow: list[dict[str, Any]] = [{"exp": now - 10}, {"nbf": now + 10}, {"iat": now + 10}]
    for given in slow:
        assert (await tokens.verify(signed(**given))).email == "grace@acme.test"


async def test_a_public_key_is_no_secret(tokens: Tokens) -> None:
    """The classic: HS256 with what everybody can read."""
    public = [RSA.as_pem(private=False), RSA.as_der(private=False), jwks(RSA).encode(), b"secret"]
    for secret in public:
        for kid in ("rsa", "secret"):
            for payload in (claims(), claims(iss="leadgraph", sid="s")):
                assert await refusal(tokens, by_hand({"alg": "HS256", "kid": kid}, payload, secret)) == "UNKNOWN"


async def test_another_key_under_the_same_name_signs_nothing(tokens: Tokens) -> None:
    for forged in (signed(OTHER), signed(EC, "ES256", kid="rsa"), signed(kid="ec"), signed(kid="broken")):
        assert await refusal(tokens, forged) == "UNKNOWN"


@pytest.mark.parametrize("header", [{"jwk": "own"}, {"jku": "https://evil.test/jwks"}, {"x5u": "https://evil.test"}])
async def test_a_key_that_the_token_brings_is_not_used(tokens: Tokens, header: dict[str, Any]) -> None:
    own = {"jwk": OTHER.as_dict(private=False)} if "jwk" in header else header
    assert (
        await refusal(tokens, jwt.encode({"alg": "RS256", "kid": "rsa"} | own, claims(), OTHER, ["RS256"])) == "UNKNOWN"
    )


async def test_without_a_provider_its_tokens_are_unknown() -> None:
    assert await refusal(Tokens(SECRET), signed()) == "UNKNOWN"


@pytest.mark.parametrize("verified", [False, "false", 0, None])
async def test_an_unverified_address_is_nobodys(keys: Path, verified: object) -> None:
    provider = Provider(str(keys), ISSUER, AUDIENCE)
    assert provider.member_of({"email": "grace@acme.test", "email_verified": verified}) == (None, None)
    assert provider.member_of({"email": ["grace@acme.test"]}) == (None, None)
    assert provider.member_of({"email": "grace@acme.test", "email_verified": True}) == ("grace@acme.test", None)


# Where its keys come from


class Server(HTTPServer):
    answer = (200, jwks(RSA))
    asked = 0


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.asked += 1
        status, body = self.server.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What `time.monotonic` says to the provider, as the only item."""
    moment = [1_000.0]

    class Clock:
        monotonic = staticmethod(lambda: moment[0])

    monkeypatch.setattr(providers, "time", Clock)
    return moment


def at(server: Server) -> Provider:
    return Provider(f"http://127.0.0.1:{server.server_port}/jwks", ISSUER, AUDIENCE)


async def test_keys_are_fetched_once_for_many(server: Server) -> None:
    provider = at(server)
    found = await asyncio.gather(*(provider.key("rsa") for _ in range(20)))
    assert (all(found), server.asked) == (True, 1)


async def test_a_new_key_is_found_and_unknown_ones_are_looked_for_once_a_minute(
    server: Server, clock: list[float]
) -> None:
    provider = at(server)
    assert await provider.key("rsa")
    server.answer = (200, jwks(EC))
    for name in ("ec", "invented", None, 7):
        await provider.key(name)
    assert (await provider.key("ec"), server.asked) == (None, 1)
    clock[0] += providers.PAUSE
    assert await provider.key("ec")
    assert (await provider.key("rsa"), server.asked) == (None, 2)


async def test_a_withdrawn_key_is_forgotten_after_an_hour(server: Server, clock: list[float]) -> None:
    provider = at(server)
    assert await provider.key("rsa")
    server.answer = (200, jwks(EC))
    clock[0] += providers.STALE
    assert await provider.key("rsa") is None


@pytest.mark.parametrize(
    "answer",
    [(500, ""), (200, "<html>"), (200, "[]"), (200, '{"keys": 1}'), (200, '{"keys": [1]}'), (200, '{"keys": []}')],
)
async def test_a_provider_that_is_away_is_no_reason_to_let_anybody_in_or_to_fail(
    server: Server, clock: list[float], answer: tuple[int, str]
) -> None:
    provider = at(server)
    server.answer = answer
    for _ in range(3):
        with pytest.raises(LeadgraphError) as caught:
            await provider.key("rsa")
        assert caught.value.status == 503
    assert server.asked == 1
    server.answer = (200, jwks(RSA))
    clock[0] += providers.FIRST_PAUSE
    assert await provider.key("rsa")
    server.answer = (500, "")
    clock[0] += providers.STALE
    assert (await provider.key("rsa")) is not None, "what is known goes on while the provider is away"


# Members who come with them


async def test_a_providers_member_asks_with_the_scopes_of_his_role(world: World, keys: Path) -> None:
    async with serving(world, provider_keys=str(keys), **SETTINGS) as client:
        client.keys["linus"] = signed(email="Linus@acme.test")
        viewer = (await client.ask("{ viewer { name member { id } workspace { slug } } }", key="linus"))["viewer"]
        assert viewer == {"name": "Linus Berg", "member": {"id": client.ids["linus"]}, "workspace": {"slug": "acme"}}
        assert (await client.refused("{ webhooks { totalCount } }", key="linus"))["reason"] == "INSUFFICIENT_SCOPE"
        for nobody in ("nobody@acme.test", "x\0@acme.test", "x" * 300):
            client.keys["nobody"] = signed(email=nobody)
            assert (await client.refused(PING, key="nobody"))["reason"] == "UNKNOWN"


async def test_a_claim_names_the_workspace(world: World, keys: Path) -> None:
    settings = SETTINGS | {"provider_workspace_claim": "org", "provider_email_claim": "mail"}
    async with serving(world, provider_keys=str(keys), **settings) as client:
        await change_user(client, "hank", email="grace@acme.test")
        for org, expected in (("acme", "Grace Hopper"), ("globex", "Hank Scorpio")):
            client.keys["who"] = signed(mail="grace@acme.test", org=org)
            assert (await client.ask("{ viewer { name } }", key="who"))["viewer"]["name"] == expected
        for member, wrong in (("grace", None), ("grace", "other"), ("grace", ["acme"]), ("linus", None)):
            client.keys["who"] = signed(mail=f"{member}@acme.test", org=wrong)
            assert (await client.refused(PING, key="who"))["reason"] == "UNKNOWN"


async def test_who_signs_out_everywhere_is_out_of_what_the_provider_issued(world: World, keys: Path) -> None:
    async with (
        serving(world, provider_keys=str(keys), **SETTINGS) as client,
        serving(world, provider_keys=str(keys), **SETTINGS) as other,
    ):
        await let_in(client, "grace")
        await signed_in(client, name="ours")
        client.keys["theirs"] = other.keys["theirs"] = signed()
        assert await other.ask(PING, key="theirs") == {"ping": "pong"}
        assert (await sign_out(client, "theirs")).status_code == 204
        for served, name in ((client, "theirs"), (other, "theirs"), (client, "ours")):
            assert (await served.refused(PING, key=name))["reason"] == "REVOKED"
        client.keys["later"] = signed(iat=int(time.time()) + 2)
        assert await client.ask(PING, key="later") == {"ping": "pong"}


def test_a_provider_without_issuer_and_audience_is_no_setting() -> None:
    with pytest.raises(ValueError, match="LEADGRAPH_PROVIDER_AUDIENCE"):
        Settings(provider_keys="jwks.json", provider_issuer=ISSUER)
