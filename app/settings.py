"""One frozen object, read once from the environment (`LEADGRAPH_…`) or from `LEADGRAPH_SECRETS_DIR` files."""

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.rate import Rate


class Settings(BaseSettings):
    """Every setting of the server; the environment variable is the field's name in capitals after `LEADGRAPH_`."""

    model_config = SettingsConfigDict(
        env_prefix="LEADGRAPH_", frozen=True, secrets_dir=os.environ.get("LEADGRAPH_SECRETS_DIR"), extra="ignore"
    )

    database: str = Field(
        "sqlite+aiosqlite:///leadgraph.db",
        description="Database URL: sqlite+aiosqlite:///FILE or postgresql+asyncpg://…",
    )
    secret: str = Field(
        "leadgraph-development-secret",
        min_length=16,
        description="Installation secret, 16 characters or more. Changing it changes every id that clients hold.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    pool_size: int = Field(
        8, ge=1, le=200, description="Database connections per process for reading, and as many for writing."
    )
    acquire_timeout: float = Field(5.0, gt=0, description="Seconds to wait for a database connection before 503.")
    statement_timeout: float = Field(15.0, gt=0, description="Seconds one SQL statement may take.")
    operation_timeout: float = Field(30.0, gt=0, description="Seconds one operation may take, all its SQL together.")
    max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest request body in bytes.")
    max_response_bytes: int = Field(33_554_432, ge=1024, description="Largest answer in bytes.")
    max_tokens: int = Field(2_000, ge=100, description="Most tokens in a GraphQL document, comments included.")
    max_depth: int = Field(15, ge=4, description="Records nested inside one another in an operation, at most.")
    max_cost: int = Field(100_000, ge=100, description="Most records one operation may ask for, pages multiplied.")
    default_page_size: int = Field(
        25, ge=1, description="Records of a connection when neither first nor last is given."
    )
    max_page_size: int = Field(200, ge=1, description="Largest first or last.")
    view_cache_size: int = Field(256, ge=1, description="Key-scoped schemas kept in memory.")
    document_cache_mib: int = Field(
        64, ge=1, description="Mebibytes of parsed and planned documents kept in memory, of all views together."
    )
    persisted_cache_mib: int = Field(
        8,
        ge=1,
        description="Mebibytes of documents kept for clients that send their hash (automatic persisted queries).",
    )
    plan_cache_size: int = Field(64, ge=1, description="Plans kept per operation, one for each shape of its variables.")
    principal_cache_size: int = Field(10_000, ge=1, description="Recognised keys kept in memory.")
    public_schema: bool = Field(False, description="Whether GET /schema.graphql without a key gives the whole schema.")
    hide_schema: bool = Field(
        False, description="Whether keys without the scope schema:read are told nothing of the schema."
    )
    documents: str | None = Field(
        None, description="JSON file of registered documents: Apollo's manifest, or an object of texts by id or hash."
    )
    only_registered_documents: bool = Field(
        False, description="Whether every key is held to the registered documents; a single key can be, too."
    )
    playground: bool = Field(True, description="Whether /playground is served.")
    console: bool = Field(True, description="Whether /settings/api-keys, the page to manage keys on, is served.")
    api_plan: Literal["free", "starter", "pro", "team", "enterprise"] = Field(
        "free", description="Least plan with which keys work; those of smaller ones are answered PLAN_REQUIRED."
    )
    session_days: int = Field(14, ge=1, le=365, description="Days after which a member has to sign in again.")
    provider_keys: str | None = Field(
        None, description="Public keys (JWKS) of an identity provider that signs members in: https://…, or a file."
    )
    provider_issuer: str | None = Field(None, description="What its tokens must have as `iss`.")
    provider_audience: str | None = Field(None, description="What its tokens must have as `aud`, or among it.")
    provider_email_claim: str = Field("email", description="Claim that holds the member's e-mail address.")
    provider_workspace_claim: str | None = Field(
        None, description="Claim that holds the workspace's slug; without one, members of one workspace alone get in."
    )
    routes: Path | None = Field(
        None, description="Folder of GraphQL documents with @rest, served as REST routes beside our own."
    )
    cors_origins: str = Field(
        "", description="Origins whose pages may call /v1 from a browser, with commas between them; * for all."
    )
    restore_days: int = Field(
        30,
        ge=0,
        le=36_500,
        description="Days for which a deleted contact or company can be restored; 0 deletes for good at once.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of proxies whose X-Forwarded-For is believed, with commas between them.",
    )
    rate_limits: str = Field(
        "memory",
        description="Where requests are counted: memory (each process alone), redis://…, database (PostgreSQL), off.",
    )
    rate_limits_fail_open: bool = Field(
        True, description="Whether requests are let through while they cannot be counted; 503 otherwise."
    )
    ip_rate: str = Field("6000/60/600", description="Requests of one address: how many/in seconds/at once.")
    enterprise_rate: str = Field(
        "10000/60/1000", description="Requests of a workspace of the plan enterprise, likewise."
    )
    read_timeout: float = Field(20.0, gt=0, description="Seconds within which a request must have arrived.")
    shutdown_delay: float = Field(
        1.0, ge=0, description="Seconds between SIGTERM, when /readyz begins to answer 503, and no longer accepting."
    )
    shutdown_grace: int = Field(20, ge=0, description="Seconds that requests in flight get after that.")
    metrics_token: str | None = Field(
        None,
        min_length=16,
        description="Token for /metrics, 16 characters or more. Without it only this machine is answered, no proxy.",
    )
    tracing: bool = Field(
        False, description="Whether operations are traced with OpenTelemetry, as the OTEL_… variables say."
    )
    log_json: bool = Field(False, description="Log lines as JSON instead of text.")

    @field_validator("database", mode="before")
    @classmethod
    def _name_the_driver(cls, url: object) -> object:
        """`postgresql://` and `postgres://`, as most hosts hand them out, mean the one driver there is."""
        return re.sub(r"^postgres(ql)?://", "postgresql+asyncpg://", url) if isinstance(url, str) else url

    @field_validator("ip_rate", "enterprise_rate")
    @classmethod
    def _check_rate(cls, rate: str) -> str:
        Rate.parse(rate)
        return rate

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, networks: str) -> str:
        _networks(networks)
        return networks

    @property
    def trusted_networks(self) -> list[IPv4Network | IPv6Network]:
        """The networks of `trusted_proxies`."""
        return _networks(self.trusted_proxies)

    @model_validator(mode="after")
    def _check_what_goes_together(self) -> "Settings":
        if self.hide_schema and self.public_schema:
            raise ValueError("LEADGRAPH_HIDE_SCHEMA and LEADGRAPH_PUBLIC_SCHEMA exclude one another")
        if self.only_registered_documents and self.documents is None:
            raise ValueError("LEADGRAPH_ONLY_REGISTERED_DOCUMENTS needs the file that LEADGRAPH_DOCUMENTS names")
        if self.provider_keys and not (self.provider_issuer and self.provider_audience):
            raise ValueError("LEADGRAPH_PROVIDER_KEYS needs LEADGRAPH_PROVIDER_ISSUER and LEADGRAPH_PROVIDER_AUDIENCE")
        if not re.fullmatch(r"memory|database|off|(rediss?|unix)://.+", self.rate_limits):
            raise ValueError("LEADGRAPH_RATE_LIMITS must be memory, database, off, or the URL of a Redis")
        if self.rate_limits == "database" and sqlite_path(self.database) is not None:
            raise ValueError("LEADGRAPH_RATE_LIMITS=database needs PostgreSQL; processes on SQLite count in memory")
        return self


def _networks(text: str) -> list[IPv4Network | IPv6Network]:
    return [ip_network(each.strip()) for each in text.split(",") if each.strip()]


def load(**given: Any) -> Settings:
    """The settings of this process, those given first; wrong values raise pydantic's ValidationError."""
    return Settings(**given)


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite URL, None for any other database."""
    prefix = "sqlite+aiosqlite:///"
    return Path(url.removeprefix(prefix)) if url.startswith(prefix) else None
