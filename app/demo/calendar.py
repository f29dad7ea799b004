"""The time of the demo: its story ends at `REFERENCE`, always the same moment, so the data is always the same.

Only what lies ahead is counted from the day of loading, so that it does: when open tasks are due (or overdue), when
scheduled messages go out, and when running enrollments go on.
"""

from datetime import UTC, datetime

REFERENCE = datetime(2026, 2, 1, tzinfo=UTC)
