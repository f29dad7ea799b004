"""Contacts: who they are, how far they are qualified, how they moved through a pipeline, what marks them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.demo.calendar import REFERENCE
from app.demo.chance import Chance
from app.demo.names import CULTURES, Culture, Name
from app.demo.scene import Scene
from app.store.fold import search_text

Row = dict[str, Any]

_CULTURES = [culture for culture in CULTURES for _ in range(culture.weight)]
_MAIL = ("mail.example", "post.example", "inbox.example")
_INTERESTS = ("Analytics", "Integrations", "Prix", "Sicherheit", "モバイル")
_JOBS = ("CEO", "CTO", "Head of Sales", "Einkäuferin", "Développeur", "Marketing Manager", "Jefa de ventas", "部長")
_DUPLICATES = ("duplicate", "suspected", "suspected", "unchecked", "unchecked", *["unique"] * 45)
_SOURCES = ("web", "web", "web", "referral", "api", "import", "import", "manual")


@dataclass
class Person:
    """A contact with what else is told of it; `journey` has the stages it came to, None where it left the pipeline."""

    row: Row
    culture: Culture
    given: Name
    company: Row | None
    journey: list[tuple[datetime, Row | None]]
    tags: list[str]


def people(scene: Scene, count: int) -> Iterator[Person]:
    """`count` contacts, oldest first but for a few days."""
    chance = scene.chance
    for number in range(count):
        culture = chance.pick(_CULTURES)
        age = 730 * (1 - number / count)
        yield _person(scene, number, culture, chance.before(REFERENCE - timedelta(days=age * 0.98), 14))


def _person(scene: Scene, number: int, culture: Culture, created: datetime) -> Person:
    chance = scene.chance
    given, family = chance.pick(culture.given), chance.pick(culture.family)
    company = chance.pick(scene.companies) if chance.likely(0.8) else None
    journey = _journey(scene, created) if chance.likely(0.85) else []
    stage = journey[-1][1] if journey else None
    tags = chance.sample(scene.tag_names, chance.pick((0, 1, 1, 2, 2, 3)))
    source = chance.pick(_SOURCES)
    first = given.written if chance.likely(0.98) else None
    last = family.written if chance.likely(0.97) else None
    email = _email(chance, number, given, family, company) if chance.likely(0.96) else None
    phone = _phone(chance, culture.phone) if email is None or chance.likely(0.55) else None
    row = {
        "workspace_id": scene.workspace_id,
        "created_at": created,
        "updated_at": journey[-1][0] if journey else created,
        "version": max(1, len(journey)),
        "email": email,
        "first_name": first,
        "last_name": last,
        "phone": phone,
        "source": source,
        "status": _status(chance, journey),
        "score": min(100, int(chance.draw() * chance.draw() ** 0.5 * 90) + 4 * len(journey)),
        "external_id": f"crm-{number + 1:06}" if source == "import" else None,
        "custom_fields": _custom_fields(chance, culture),
        "duplicate_status": chance.pick(_DUPLICATES),
        "company_id": company["id"] if company else None,
        "stage_id": stage["id"] if stage else None,
        "project_id": chance.pick(scene.projects) if chance.likely(0.3) else None,
        "assigned_to_id": chance.pick(scene.users) if chance.likely(0.7) else None,
        "search_text": search_text(first, last, email, phone),
    }
    return Person(row, culture, given, company, journey, tags)


def _email(chance: Chance, number: int, given: Name, family: Name, company: Row | None) -> str:
    domain = company["domain"] if company else chance.pick(_MAIL)
    local = chance.pick(
        (f"{given.latin}.{family.latin}", f"{given.latin[0]}.{family.latin}", f"{family.latin}_{given.latin}")
    )
    return f"{local}{number % 1000}@{domain}" if company is None else f"{local}@{domain}"


def _phone(chance: Chance, pattern: str) -> str:
    digits = iter(f"{chance.below(10**9):09}")
    return "".join(next(digits) if char == "#" else char for char in pattern)


def _custom_fields(chance: Chance, culture: Culture) -> Row:
    if chance.likely(0.3):
        return {}
    values: Row = {"language": culture.language, "newsletter": chance.likely(0.4)}
    if chance.likely(0.3):
        values["budget"] = chance.between(1, 200) * 500
    if chance.likely(0.2):
        values["birthday"] = f"{chance.between(1955, 2004)}-{chance.between(1, 13):02}-{chance.between(1, 29):02}"
    if chance.likely(0.2):
        values["interests"] = sorted(chance.sample(_INTERESTS, 2))
    if chance.likely(0.3):
        values["job_title"] = chance.pick(_JOBS)
    return values


def _journey(scene: Scene, created: datetime) -> list[tuple[datetime, Row | None]]:
    """From the first stage on, one at a time, to where it is now: won, lost, out of the pipeline or on its way."""
    chance = scene.chance
    way, ends = chance.pick(scene.funnels)
    moment = chance.after(created, 24)
    journey: list[tuple[datetime, Row | None]] = []
    for place, stage in enumerate(way):
        if moment >= REFERENCE:
            break
        journey.append((moment, stage))
        moment = chance.after(moment, 24 * 20)
        if chance.likely(0.45 + 0.05 * place):
            break
    if len(journey) > 1 and moment < REFERENCE and chance.likely(0.4):
        journey.append((moment, chance.pick(ends) if chance.likely(0.95) else None))
    return journey


def _status(chance: Chance, journey: list[tuple[datetime, Row | None]]) -> str:
    if len(journey) < 2:
        return "new" if chance.likely(0.7) else "contacted"
    stage = journey[-1][1]
    if stage is None or stage["kind"] == "lost":
        return "unqualified"
    return "qualified" if stage["kind"] == "won" or len(journey) > 2 else "contacted"
