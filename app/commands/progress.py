"""A progress bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
"""Is told how much of how much is done."""


@contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """Shows progress on standard error while the block runs; nothing where nothing is ever reported."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with RichProgress(*columns, console=Console(stderr=True), transient=False) as shown:
            task = None

            def show(done: int, total: int) -> None:
                nonlocal task
                if task is None:
                    task = shown.add_task(title, total=total)
                shown.update(task, completed=done, total=total)

            yield show
        return

    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= 5 or done == total:
            last = time.monotonic()
            sys.stderr.write(f"{title}: {done} of {total}\n")

    yield tell
