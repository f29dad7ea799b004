"""What a document costs that was never seen: W2 parsed, validated and planned, as CPU of this process."""

import statistics
import time

from app.access.scopes import SCOPES
from app.application import create_app
from app.graph.documents import Documents
from app.read.arguments import Shapes
from app.read.cursor import null_pattern
from app.settings import Settings
from scripts.benchmark.workloads import W2
from tests.planned import DIALECTS, planner_for

_TEXTS = 100


def run() -> None:
    """Prints a line for each database's SQL."""
    app = create_app(Settings())
    scopes = frozenset(SCOPES)
    view = app.views.view(scopes)
    shapes = Shapes(cursor=null_pattern, node=lambda text: text)
    documents = Documents(app.full.schema, app.views, max_tokens=2_000, budget=2**26, plans=1)
    for dialect in DIALECTS:
        planner = planner_for(dialect)
        spent = []
        for number in range(_TEXTS):
            text = f"# {dialect} {number}\n{W2}"
            started = time.process_time()
            documents.get(view, scopes, text).operation(None).plan(planner, shapes, {})
            spent.append((time.process_time() - started) * 1e3)
        median, worst = statistics.median(spent), max(spent)
        print(f"cold W2, SQL for {dialect}: {median:.1f} ms CPU, first {spent[0]:.1f}, slowest {worst:.1f}")
