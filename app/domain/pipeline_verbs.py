"""Putting the stages of a pipeline in another order."""

from app.domain.pipeline import PIPELINE, STAGE
from app.write.position import reorder_verb

PIPELINE_VERBS = (reorder_verb(PIPELINE, STAGE, "pipeline_id"),)
