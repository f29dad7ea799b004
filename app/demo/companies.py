"""Invented companies: names put together from parts, one domain each."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from app.demo.calendar import REFERENCE
from app.demo.chance import Chance
from app.demo.names import CULTURES
from app.store.fold import fold, search_text

PLACES = [
    "Alder",
    "Blue",
    "Bright",
    "Cedar",
    "Clear",
    "Cobalt",
    "Coral",
    "Delta",
    "Ember",
    "Falcon",
    "Garnet",
    "Harbor",
    "Iron",
    "Juniper",
    "Kestrel",
    "Lumen",
    "Maple",
    "Nordic",
    "Nimbus",
    "Orchid",
    "Pioneer",
    "Quartz",
    "Raven",
    "Silver",
    "Summit",
    "Tundra",
    "Vega",
    "Willow",
    "Zephyr",
    "Änglar",
    "Söder",
    "Étoile",
    "Łabędź",
    "Niño",
    "São",
    "Θάλασσα",
]
TRADES = (
    ("Analytics", "Software"),
    ("Labs", "Software"),
    ("Logistics", "Transport"),
    ("Foods", "Food"),
    ("Energy", "Energy"),
    ("Health", "Health care"),
    ("Capital", "Finance"),
    ("Insurance", "Finance"),
    ("Media", "Media"),
    ("Motors", "Manufacturing"),
    ("Textil", "Manufacturing"),
    ("Bau", "Construction"),
    ("Architectes", "Construction"),
    ("Travel", "Hospitality"),
    ("Académie", "Education"),
    ("Retail", "Retail"),
)
FORMS = ("Inc.", "LLC", "Ltd", "GmbH", "AG", "S.A.", "S.r.l.", "AB", "Oy", "Sp. z o.o.", "Lda.", "株式会社", "有限公司")
SIZES = (4, 9, 25, 48, 120, 250, 800, 2_400, 11_000, 64_000)


def companies(chance: Chance, count: int) -> Iterator[dict[str, Any]]:
    """`count` rows; names repeat sooner or later, domains do not."""
    taken: Counter[str] = Counter()
    for number in range(count):
        place = chance.pick(PLACES)
        trade, industry = chance.pick(TRADES)
        name = f"{place} {trade} {chance.pick(FORMS)}"
        label = f"{_label(place)}-{_label(trade)}"
        taken[label] += 1
        domain = f"{label}{taken[label] if taken[label] > 1 else ''}.example"
        location = chance.pick(chance.pick(CULTURES).cities)
        created = chance.before(REFERENCE, 700)
        yield {
            "created_at": created,
            "updated_at": created,
            "name": name,
            "domain": domain,
            "industry": industry,
            "size": chance.pick(SIZES) + chance.below(4),
            "website": f"https://www.{domain}/" if chance.likely(0.8) else None,
            "location": location,
            "external_id": f"erp-{number + 1:05}" if number % 4 == 0 else None,
            "custom_fields": {"account_tier": chance.pick(("Gold", "Silver", "Bronze"))} if number % 2 else {},
            "search_text": search_text(name, domain, industry, location),
        }


def _label(word: str) -> str:
    return "".join(char for char in fold(word) if char.isascii() and char.isalnum()) or "thalassa"
