"""Pipelines, their stages, and the history of contacts moving through them."""

from datetime import datetime

from sqlalchemy import Index

from app.resource import Choice, Many, One, Record, Resource, Writing, choice, integer, moment, reference, text
from app.store.types import now
from app.write.position import LAST, appended


class StageKind(Choice):
    """Whether contacts in the stage are still in play."""

    OPEN = "open", "Still in play."
    WON = "won", "The deal was made."
    LOST = "lost", "The deal was lost."


class Pipeline(Record, table=True):
    __tablename__ = "pipeline"
    __table_args__ = (Index("ix_pipeline_newest", "workspace_id", "created_at", "id"),)

    name: str = text("Name of the pipeline.", max_length=100)


class Stage(Record, table=True):
    __tablename__ = "stage"
    __table_args__ = (Index("ix_stage_pipeline", "pipeline_id", "position", "id"),)

    name: str = text("Name of the stage.", max_length=100)
    position: int = integer(
        "Place in the pipeline; a new stage comes last unless it is given one.", low=0, high=LAST, default=0
    )
    probability: int = integer("Likelihood in percent that a contact in this stage is won.", low=0, high=100, default=0)
    kind: StageKind = choice(StageKind, "Whether the stage is open, won or lost.", default=StageKind.OPEN)
    pipeline_id: int = reference("pipeline", on_delete="CASCADE")


class StageMove(Record, table=True):
    __tablename__ = "stage_move"
    __table_args__ = (
        Index("ix_stage_move_newest", "workspace_id", "moved_at", "id"),
        Index("ix_stage_move_contact", "contact_id", "moved_at", "id"),
        Index("ix_stage_move_to", "to_stage_id", "moved_at"),
    )

    moved_at: datetime = moment("When the contact was moved.", default_factory=now, group=True)
    contact_id: int = reference("contact", on_delete="CASCADE")
    from_stage_id: int | None = reference("stage", on_delete="SET NULL", default=None)
    to_stage_id: int | None = reference("stage", on_delete="SET NULL", default=None)
    moved_by_id: int | None = reference("user", on_delete="SET NULL", default=None)


PIPELINE = Resource(
    table=Pipeline,
    name="Pipeline",
    plural="pipelines",
    description="A sequence of stages that contacts move through.",
    scope="pipelines",
    write=Writing(create=False),  # by a verb of its own, which makes stages too
    links=(Many("stages", "Stage", "The stages of the pipeline in their order.", column="pipeline_id", few=True),),
)

STAGE = Resource(
    table=Stage,
    name="Stage",
    plural="stages",
    description="One step of a pipeline.",
    scope="pipelines",
    write=Writing(prepare=appended(Stage, "pipeline_id")),
    order=(("position", "ASC"),),
    links=(
        One("pipeline", "Pipeline", "pipeline_id", "The pipeline this stage belongs to.", group=True, written="once"),
        Many("contacts", "Contact", "The contacts in this stage.", column="stage_id"),
        Many("movesIn", "StageMove", "Moves into this stage.", column="to_stage_id"),
    ),
)

STAGE_MOVE = Resource(
    table=StageMove,
    name="StageMove",
    plural="stageMoves",
    description="A contact's move from one stage to another.",
    scope="pipelines",
    order=(("moved_at", "DESC"),),
    links=(
        One("contact", "Contact", "contact_id", "The contact that was moved."),
        One("fromStage", "Stage", "from_stage_id", "Where it came from; null at its entry.", group=True),
        One("toStage", "Stage", "to_stage_id", "Where it went; null when it left the pipeline.", group=True),
        One("movedBy", "User", "moved_by_id", "The member who moved it; null for keys and automations."),
    ),
)
