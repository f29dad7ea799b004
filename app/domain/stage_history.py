"""The history of contacts moving through pipelines: a row for each move, written with the contact's own change."""

from collections.abc import Sequence

from app.domain.pipeline import StageMove
from app.resource import table_of
from app.write.checking import Entry
from app.write.transaction import Transaction

_MOVES = table_of(StageMove)
_COLUMNS = [column.name for column in _MOVES.columns]


async def note_moves(tx: Transaction, contacts: Sequence[Entry]) -> None:
    """Notes of contacts that were written those that are in another stage than before; new ones came from nowhere."""
    moved = [contact for contact in contacts if contact.value("stage_id") != _stage_before(contact)]
    if not moved:
        return
    keys = await tx.writer.take_ids(_MOVES, len(moved))
    rows = [
        {
            "id": key,
            "created_at": tx.now,
            "updated_at": tx.now,
            "version": 1,
            "workspace_id": tx.workspace_id,
            "moved_at": tx.now,
            "contact_id": contact.id,
            "from_stage_id": _stage_before(contact),
            "to_stage_id": contact.value("stage_id"),
            "moved_by_id": tx.actor.user_id,
        }
        for key, contact in zip(keys, moved, strict=True)
    ]
    await tx.writer.insert_many(_MOVES, _COLUMNS, rows)


def _stage_before(contact: Entry) -> int | None:
    return contact.before["stage_id"] if contact.before is not None else None
