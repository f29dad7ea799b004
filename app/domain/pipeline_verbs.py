"""Making pipelines with their stages, and putting stages in another order."""

from dataclasses import replace

from app.catalog import Catalog
from app.domain.pipeline import PIPELINE, STAGE
from app.verb import Form, Given, Outcome, Shown, Verb
from app.write.checking import Entry
from app.write.position import reorder_verb
from app.write.standard import create_entries, create_form
from app.write.transaction import Transaction


async def create_pipeline(tx: Transaction, pipeline: Entry) -> Outcome:
    stages: list[Entry] = pipeline.values.pop("stages", None) or []
    await create_entries(tx, tx.noun("Pipeline"), [pipeline])
    for position, stage in enumerate(stages):
        stage.values |= {"pipeline_id": pipeline.id, "position": position}
    await create_entries(tx, tx.noun("Stage"), stages)
    return {"pipeline": pipeline.id}


def pipeline_verbs(catalog: Catalog) -> tuple[Verb, ...]:
    """All but changing and deleting, which are as for every noun."""
    made = PIPELINE.changing("create")
    return (
        Verb(
            "createPipeline",
            "Creates a pipeline, with its stages if they are given.",
            made,
            (Given("input", _form(catalog), "The pipeline.", required=True, nullable=False, column="pipeline"),),
            (Shown("pipeline", "Pipeline", "The new pipeline; null if it was refused.", requires=made),),
            create_pipeline,
            events=("pipeline.created", "stage.created"),
        ),
        reorder_verb(PIPELINE, STAGE, "pipeline_id"),
    )


def _form(catalog: Catalog) -> Form:
    form = create_form(catalog, catalog.nouns["Pipeline"])
    of_stages = create_form(catalog, catalog.nouns["Stage"]).fields
    stage = Form(
        "CreatePipelineStageInput",
        "A stage of a new pipeline.",
        tuple(given for given in of_stages if given.target not in {"pipeline_id", "position"}),
    )
    stages = Given("stages", stage, "The stages in their order.", many=True, most=100)
    return replace(form, fields=(*form.fields, stages))
