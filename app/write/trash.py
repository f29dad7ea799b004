"""Deletion that can be undone: a deleted record moves into its workspace's trash, a workspace that no key opens.

The workspace rule, which every statement obeys, is thus all that hides it; and values that are unique in the workspace
are free again. What would be deleted with it (`ON DELETE CASCADE`) moves along.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from app.catalog import Noun
from app.write.records import delete_all
from app.write.transaction import Transaction


async def trash(tx: Transaction, noun: Noun, befores: Iterable[Mapping[str, Any]]) -> None:
    """Deletes records so that they can be restored."""
    await delete_all(tx, noun, befores)
