"""Values of custom fields as contacts and companies are written: checked against the definitions, merged by key."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, select

from app.domain.custom_field import CustomField, CustomFieldEntity
from app.domain.workspace import CustomFieldPolicy, Workspace
from app.resource import table_of
from app.store.types import BigInt
from app.verb import Problem, UserErrorCode
from app.write.checking import Entry
from app.write.custom_fields import Definition, check_custom_fields
from app.write.rules import Broken, json_value
from app.write.transaction import Transaction


def values_checked(entity: CustomFieldEntity) -> Callable[[Transaction, Sequence[Entry]], Awaitable[None]]:
    """What looks at custom fields that are about to be written; it asks the database only where there are some."""

    async def check(tx: Transaction, records: Sequence[Entry]) -> None:
        given = [record for record in records if "custom_fields" in record.values]
        if not given:
            return
        definitions, strict = await _definitions(tx, entity)
        for record in given:
            _check(record, definitions, strict=strict)

    return check


def _check(record: Entry, definitions: Mapping[str, Definition], *, strict: bool) -> None:
    values = record.values["custom_fields"]
    if record.before is not None:
        _merge(record, values)
        values = {key: value for key, value in values.items() if value is not None}  # any key may be removed
    for key, message, code in check_custom_fields(values, definitions, strict):
        path = (*record.path, record.names.get("custom_fields", "customFields"), key)
        record.problems.append(Problem(path, message, UserErrorCode(code.lower())))


def _merge(record: Entry, given: Mapping[str, Any]) -> None:
    assert record.before is not None
    merged = {**record.before["custom_fields"], **given}
    merged = {key: value for key, value in merged.items() if key not in given or value is not None}
    record.values = {**record.values, "custom_fields": merged}  # its values may be those of other records, too
    try:
        json_value(merged)
    except Broken as broken:
        record.reject("custom_fields", broken.message, broken.code)


async def _definitions(tx: Transaction, entity: CustomFieldEntity) -> tuple[dict[str, Definition], bool]:
    rows = await tx.execute(_defined(), {"entity": entity})
    definitions = {key: Definition(type_, options) for _, key, type_, options in rows if key is not None}
    return definitions, rows[0][0] == CustomFieldPolicy.STRICT


@cache
def _defined() -> Select[Any]:
    """The workspace's policy, and beside it the definitions that stand."""
    workspace, field = table_of(Workspace), table_of(CustomField)
    stands = and_(
        field.c.workspace_id == workspace.c.id,
        field.c.entity == bindparam("entity", type_=field.c.entity.type),
        field.c.retired_at.is_(None),
    )
    columns = (workspace.c.custom_field_policy, field.c.key, field.c.type, field.c.options)
    mine = workspace.c.id == bindparam("workspace", type_=BigInt)
    return select(*columns).select_from(workspace.outerjoin(field, stands)).where(mine)
