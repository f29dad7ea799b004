"""How far a load is: a bar on a terminal, a line for every tenth elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from app.demo.load import Progress


@contextmanager
def show_progress(console: Console) -> Iterator[Progress]:
    """What `load_demo` is to be given, shown on the console."""
    if not console.is_terminal:
        yield _lines(console)
        return
    bar = Bar(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console)
    with bar:
        task = bar.add_task("Contacts", total=None)

        def advance(done: int, total: int) -> None:
            description = "Contacts" if done < total else "Contacts, now indexing"
            bar.update(task, description=description, completed=done, total=total)

        yield advance


def _lines(console: Console) -> Progress:
    shown = 0

    def advance(done: int, total: int) -> None:
        nonlocal shown
        if done * 10 // total > shown:
            shown = done * 10 // total
            console.print(f"{done:,} of {total:,} contacts", highlight=False)

    return advance
