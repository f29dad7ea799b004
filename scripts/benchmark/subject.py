"""The server itself, as `python -m app serve` builds it."""

import os

from app.application import create_app
from app.logs import configure
from app.settings import Settings

configure(as_json=True)
app = create_app(Settings(database=os.environ["BENCH_DATABASE"]))
