"""The schema of version 0.1."""

import sqlalchemy as sa
from alembic import op

from app.store.search import create_search
from app.store.types import BigInt, Json, LongText, Timestamp, varchar

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "workspace",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", varchar(100), nullable=False),
        sa.Column("slug", varchar(71), nullable=False),
        sa.Column("plan", varchar(32), nullable=False),
        sa.Column("dialect", varchar(32), nullable=False),
        sa.Column("test_key_policy", varchar(32), nullable=False),
        sa.Column("revocation_policy", varchar(32), nullable=False),
        sa.Column("playground_mode", varchar(32), nullable=False),
        sa.Column("custom_field_policy", varchar(32), nullable=False),
        sa.Column("api_enabled", sa.Boolean(), nullable=False),
        sa.Column("sandbox_enabled", sa.Boolean(), nullable=False),
        sa.Column("sandbox_id", BigInt, nullable=True),
        sa.Column("trash_id", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["sandbox_id"], ["workspace.id"], name="fk_workspace_sandbox_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["trash_id"], ["workspace.id"], name="fk_workspace_trash_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_workspace"),
        sa.UniqueConstraint("slug", name="uq_workspace_slug"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "company",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("name", varchar(200), nullable=False),
        sa.Column("domain", varchar(253), nullable=True),
        sa.Column("industry", varchar(100), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("website", varchar(500), nullable=True),
        sa.Column("location", varchar(200), nullable=True),
        sa.Column("external_id", varchar(200), nullable=True),
        sa.Column("custom_fields", Json(), nullable=False),
        sa.Column("search_text", LongText, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_company_workspace_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_company"),
        sa.UniqueConstraint("workspace_id", "external_id", name="uq_company_workspace_id_external_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_company_domain", "company", ["workspace_id", "domain"], unique=False)
    op.create_index("ix_company_newest", "company", ["workspace_id", "created_at", "id"], unique=False)
    op.create_table(
        "custom_field",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("key", varchar(100), nullable=False),
        sa.Column("label", varchar(100), nullable=False),
        sa.Column("type", varchar(32), nullable=False),
        sa.Column("options", Json(), nullable=False),
        sa.Column("entity", varchar(32), nullable=False),
        sa.Column("retired_at", Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_custom_field_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_custom_field"),
        sa.UniqueConstraint("workspace_id", "entity", "key", name="uq_custom_field_workspace_id_entity_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pipeline",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("name", varchar(100), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_pipeline_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_pipeline"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_pipeline_newest", "pipeline", ["workspace_id", "created_at", "id"], unique=False)
    op.create_table(
        "project",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("name", varchar(200), nullable=False),
        sa.Column("description", varchar(2000), nullable=True),
        sa.Column("archived_at", Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_project_workspace_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_project"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_project_newest", "project", ["workspace_id", "created_at", "id"], unique=False)
    op.create_table(
        "sender_pool",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("name", varchar(100), nullable=False),
        sa.Column("strategy", varchar(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_sender_pool_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sender_pool"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sender_pool_newest", "sender_pool", ["workspace_id", "created_at", "id"], unique=False)
    op.create_table(
        "tag",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("name", varchar(100), nullable=False),
        sa.Column("color", varchar(7), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_tag_workspace_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tag"),
        sa.UniqueConstraint("workspace_id", "name", name="uq_tag_workspace_id_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "user",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("email", varchar(254), nullable=False),
        sa.Column("name", varchar(200), nullable=False),
        sa.Column("role", varchar(32), nullable=False),
        sa.Column("developer", sa.Boolean(), nullable=False),
        sa.Column("password_hash", varchar(200), nullable=True),
        sa.Column("signed_out_at", Timestamp(), nullable=True),
        sa.Column("twin_of", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_user_workspace_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("workspace_id", "email", name="uq_user_workspace_id_email"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_user_email", "user", ["email"], unique=False)
    op.create_table(
        "session",
        sa.Column("handle", varchar(64), nullable=False),
        sa.Column("secret_hash", varchar(64), nullable=True),
        sa.Column("user_id", BigInt, nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("refreshed_at", Timestamp(), nullable=False),
        sa.Column("expires_at", Timestamp(), nullable=False),
        sa.Column("ip", varchar(45), nullable=False),
        sa.Column("user_agent", varchar(200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_session_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_session_workspace_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("handle", name="pk_session"),
    )
    op.create_index("ix_session_user", "session", ["user_id", "created_at"], unique=False)
    op.create_table(
        "webhook",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("url", varchar(2000), nullable=False),
        sa.Column("events", Json(), nullable=False),
        sa.Column("selection", LongText, nullable=True),
        sa.Column("state", varchar(32), nullable=False),
        sa.Column("salt", varchar(32), nullable=True),
        sa.Column("previous_salt", varchar(32), nullable=True),
        sa.Column("secret_rotated_at", Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_webhook_workspace_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhook_newest", "webhook", ["workspace_id", "created_at", "id"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("name", varchar(100), nullable=False),
        sa.Column("mode", varchar(32), nullable=False),
        sa.Column("prefix", varchar(14), nullable=False),
        sa.Column("key_hash", varchar(64), nullable=False),
        sa.Column("previous_hash", varchar(64), nullable=True),
        sa.Column("previous_until", Timestamp(), nullable=True),
        sa.Column("scopes", Json(), nullable=False),
        sa.Column("expires_at", Timestamp(), nullable=True),
        sa.Column("last_used_at", Timestamp(), nullable=True),
        sa.Column("last_used_ip", varchar(45), nullable=True),
        sa.Column("request_count", sa.Integer(), nullable=False),
        sa.Column("state", varchar(32), nullable=False),
        sa.Column("temporary", sa.Boolean(), nullable=False),
        sa.Column("allowed_ips", Json(), nullable=False),
        sa.Column("rate_limit", sa.Integer(), nullable=True),
        sa.Column("created_by_id", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_api_key_workspace_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("key_hash", name="uq_api_key_key_hash"),
        sa.UniqueConstraint("previous_hash", name="uq_api_key_previous_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_api_key_workspace", "api_key", ["workspace_id", "created_at", "id"], unique=False)
    op.create_table(
        "automation",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("name", varchar(200), nullable=False),
        sa.Column("status", varchar(32), nullable=False),
        sa.Column("trigger", varchar(32), nullable=False),
        sa.Column("sender_pool_id", BigInt, nullable=True),
        sa.Column("project_id", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_automation_project_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["sender_pool_id"], ["sender_pool.id"], name="fk_automation_sender_pool_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_automation_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_automation"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_automation_newest", "automation", ["workspace_id", "created_at", "id"], unique=False)
    op.create_index("ix_automation_project", "automation", ["project_id", "id"], unique=False)
    op.create_index("ix_automation_sender_pool", "automation", ["sender_pool_id", "id"], unique=False)
    op.create_table(
        "contact_list",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("name", varchar(200), nullable=False),
        sa.Column("description", varchar(2000), nullable=True),
        sa.Column("kind", varchar(32), nullable=False),
        sa.Column("filter", Json(), nullable=True),
        sa.Column("project_id", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_contact_list_project_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_contact_list_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_contact_list"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_contact_list_newest", "contact_list", ["workspace_id", "created_at", "id"], unique=False)
    op.create_index("ix_contact_list_project", "contact_list", ["project_id", "id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("event_type", varchar(64), nullable=False),
        sa.Column("state", varchar(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("next_attempt_at", Timestamp(), nullable=True),
        sa.Column("payload", Json(), nullable=True),
        sa.Column("webhook_id", BigInt, nullable=False),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name="fk_delivery_webhook_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_delivery_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_delivery_newest", "delivery", ["workspace_id", "created_at", "id"], unique=False)
    op.create_index("ix_delivery_webhook", "delivery", ["webhook_id", "created_at", "id"], unique=False)
    op.create_table(
        "sender_profile",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("name", varchar(100), nullable=False),
        sa.Column("channel", varchar(32), nullable=False),
        sa.Column("address", varchar(254), nullable=False),
        sa.Column("daily_limit", sa.Integer(), nullable=False),
        sa.Column("status", varchar(32), nullable=False),
        sa.Column("credentials", LongText, nullable=True),
        sa.Column("pool_id", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["pool_id"], ["sender_pool.id"], name="fk_sender_profile_pool_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_sender_profile_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sender_profile"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sender_profile_newest", "sender_profile", ["workspace_id", "created_at", "id"], unique=False)
    op.create_index("ix_sender_profile_pool", "sender_profile", ["pool_id", "id"], unique=False)
    op.create_table(
        "stage",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("name", varchar(100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        sa.Column("kind", varchar(32), nullable=False),
        sa.Column("pipeline_id", BigInt, nullable=False),
        sa.ForeignKeyConstraint(["pipeline_id"], ["pipeline.id"], name="fk_stage_pipeline_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_stage_workspace_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_stage"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stage_pipeline", "stage", ["pipeline_id", "position", "id"], unique=False)
    op.create_table(
        "automation_step",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", varchar(32), nullable=False),
        sa.Column("settings", Json(), nullable=False),
        sa.Column("automation_id", BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["automation_id"], ["automation.id"], name="fk_automation_step_automation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_automation_step_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_automation_step"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_automation_step_automation", "automation_step", ["automation_id", "position", "id"], unique=False
    )
    op.create_table(
        "contact",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("email", varchar(254), nullable=True),
        sa.Column("first_name", varchar(100), nullable=True),
        sa.Column("last_name", varchar(100), nullable=True),
        sa.Column("phone", varchar(50), nullable=True),
        sa.Column("source", varchar(32), nullable=False),
        sa.Column("status", varchar(32), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("external_id", varchar(200), nullable=True),
        sa.Column("custom_fields", Json(), nullable=False),
        sa.Column("duplicate_status", varchar(32), nullable=False),
        sa.Column("company_id", BigInt, nullable=True),
        sa.Column("stage_id", BigInt, nullable=True),
        sa.Column("project_id", BigInt, nullable=True),
        sa.Column("assigned_to_id", BigInt, nullable=True),
        sa.Column("search_text", LongText, nullable=False),
        sa.ForeignKeyConstraint(["assigned_to_id"], ["user.id"], name="fk_contact_assigned_to_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name="fk_contact_company_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_contact_project_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name="fk_contact_stage_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_contact_workspace_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        sa.UniqueConstraint("workspace_id", "external_id", name="uq_contact_workspace_id_external_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_contact_assigned_to", "contact", ["assigned_to_id", "id"], unique=False)
    op.create_index("ix_contact_company", "contact", ["company_id", "id"], unique=False)
    op.create_index("ix_contact_email", "contact", ["workspace_id", "email"], unique=False)
    op.create_index("ix_contact_newest", "contact", ["workspace_id", "created_at", "id"], unique=False)
    op.create_index("ix_contact_project", "contact", ["project_id", "id"], unique=False)
    op.create_index("ix_contact_stage", "contact", ["stage_id", "id"], unique=False)
    op.create_index("ix_contact_status_score", "contact", ["workspace_id", "status", "score"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("type", varchar(32), nullable=False),
        sa.Column("at", Timestamp(), nullable=False),
        sa.Column("key_prefix", varchar(14), nullable=True),
        sa.Column("mode", varchar(32), nullable=False),
        sa.Column("request_id", varchar(64), nullable=True),
        sa.Column("subject_type", varchar(64), nullable=False),
        sa.Column("subject_id", BigInt, nullable=True),
        sa.Column("subject_key", varchar(200), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("aggregate", varchar(200), nullable=True),
        sa.Column("changes", Json(), nullable=False),
        sa.Column("actor_key_id", BigInt, nullable=True),
        sa.Column("acting_user_id", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_event_workspace_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        sa.UniqueConstraint("aggregate", name="uq_event_aggregate"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_actor", "event", ["actor_key_id", "id"], unique=False)
    op.create_index("ix_event_feed", "event", ["workspace_id", "id"], unique=False)
    op.create_index("ix_event_newest", "event", ["workspace_id", "at", "id"], unique=False)
    op.create_index("ix_event_request", "event", ["workspace_id", "request_id"], unique=False)
    op.create_index("ix_event_subject", "event", ["workspace_id", "subject_id", "id"], unique=False)
    op.create_table(
        "contact_list_member",
        sa.Column("list_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("contact_id", BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name="fk_contact_list_member_contact_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["contact_list.id"], name="fk_contact_list_member_list_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("list_id", "contact_id", name="pk_contact_list_member"),
    )
    op.create_index("ix_contact_list_member_contact", "contact_list_member", ["contact_id", "list_id"], unique=False)
    op.create_table(
        "contact_tag",
        sa.Column("contact_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("tag_id", BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_contact_tag_contact_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_contact_tag_tag_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("contact_id", "tag_id", name="pk_contact_tag"),
    )
    op.create_index("ix_contact_tag_tag", "contact_tag", ["tag_id", "contact_id"], unique=False)
    op.create_table(
        "enrollment",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("status", varchar(32), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("next_run_at", Timestamp(), nullable=True),
        sa.Column("reason", varchar(500), nullable=True),
        sa.Column("captured", sa.Boolean(), nullable=False),
        sa.Column("automation_id", BigInt, nullable=False),
        sa.Column("contact_id", BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["automation_id"], ["automation.id"], name="fk_enrollment_automation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_enrollment_contact_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_enrollment_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_enrollment"),
        sa.UniqueConstraint("automation_id", "contact_id", name="uq_enrollment_automation_id_contact_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_enrollment_contact", "enrollment", ["contact_id", "created_at", "id"], unique=False)
    op.create_index("ix_enrollment_newest", "enrollment", ["workspace_id", "created_at", "id"], unique=False)
    op.create_index("ix_enrollment_next_run", "enrollment", ["status", "next_run_at"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("direction", varchar(32), nullable=False),
        sa.Column("channel", varchar(32), nullable=False),
        sa.Column("status", varchar(32), nullable=False),
        sa.Column("subject", varchar(500), nullable=True),
        sa.Column("body", LongText, nullable=False),
        sa.Column("scheduled_at", Timestamp(), nullable=True),
        sa.Column("queued_at", Timestamp(), nullable=True),
        sa.Column("sent_at", Timestamp(), nullable=True),
        sa.Column("delivered_at", Timestamp(), nullable=True),
        sa.Column("opened_at", Timestamp(), nullable=True),
        sa.Column("replied_at", Timestamp(), nullable=True),
        sa.Column("bounced_at", Timestamp(), nullable=True),
        sa.Column("failed_at", Timestamp(), nullable=True),
        sa.Column("error", varchar(1000), nullable=True),
        sa.Column("captured", sa.Boolean(), nullable=False),
        sa.Column("contact_id", BigInt, nullable=False),
        sa.Column("sender_profile_id", BigInt, nullable=True),
        sa.Column("automation_id", BigInt, nullable=True),
        sa.Column("search_text", LongText, nullable=False),
        sa.ForeignKeyConstraint(
            ["automation_id"], ["automation.id"], name="fk_message_automation_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_message_contact_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["sender_profile_id"], ["sender_profile.id"], name="fk_message_sender_profile_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_message_workspace_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_automation", "message", ["automation_id", "id"], unique=False)
    op.create_index("ix_message_contact", "message", ["contact_id", "created_at", "id"], unique=False)
    op.create_index("ix_message_newest", "message", ["workspace_id", "created_at", "id"], unique=False)
    op.create_index("ix_message_sender_profile", "message", ["sender_profile_id", "id"], unique=False)
    op.create_table(
        "stage_move",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("moved_at", Timestamp(), nullable=False),
        sa.Column("contact_id", BigInt, nullable=False),
        sa.Column("from_stage_id", BigInt, nullable=True),
        sa.Column("to_stage_id", BigInt, nullable=True),
        sa.Column("moved_by_id", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_stage_move_contact_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["from_stage_id"], ["stage.id"], name="fk_stage_move_from_stage_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["moved_by_id"], ["user.id"], name="fk_stage_move_moved_by_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["to_stage_id"], ["stage.id"], name="fk_stage_move_to_stage_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_stage_move_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stage_move"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stage_move_contact", "stage_move", ["contact_id", "moved_at", "id"], unique=False)
    op.create_index("ix_stage_move_newest", "stage_move", ["workspace_id", "moved_at", "id"], unique=False)
    op.create_index("ix_stage_move_to", "stage_move", ["to_stage_id", "moved_at"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("title", varchar(200), nullable=False),
        sa.Column("notes", LongText, nullable=True),
        sa.Column("due_at", Timestamp(), nullable=True),
        sa.Column("status", varchar(32), nullable=False),
        sa.Column("priority", varchar(32), nullable=False),
        sa.Column("completed_at", Timestamp(), nullable=True),
        sa.Column("contact_id", BigInt, nullable=True),
        sa.Column("assignee_id", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["user.id"], name="fk_task_assignee_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_task_contact_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_task_workspace_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_task_assignee", "task", ["assignee_id", "created_at", "id"], unique=False)
    op.create_index("ix_task_contact", "task", ["contact_id", "created_at", "id"], unique=False)
    op.create_index("ix_task_due", "task", ["workspace_id", "status", "due_at"], unique=False)
    op.create_index("ix_task_newest", "task", ["workspace_id", "created_at", "id"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("key_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("user_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("key", varchar(255), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("fingerprint", varchar(64), nullable=False),
        sa.Column("answer", LongText, nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_idempotency_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key_id", "user_id", "workspace_id", "key", "step", name="pk_idempotency"),
    )
    op.create_index("ix_idempotency_oldest", "idempotency", ["workspace_id", "created_at"], unique=False)
    op.create_table(
        "key_usage",
        sa.Column("key_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("day", varchar(10), nullable=False),
        sa.Column("scope", varchar(64), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name="fk_key_usage_key_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key_id", "day", "scope", name="pk_key_usage"),
    )
    op.create_index("ix_key_usage_day", "key_usage", ["day"], unique=False)
    op.create_table(
        "deleted_record",
        sa.Column("table_name", varchar(64), nullable=False),
        sa.Column("record_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("deleted_at", Timestamp(), nullable=False),
        sa.Column("unique_values", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_deleted_record_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("table_name", "record_id", name="pk_deleted_record"),
    )
    op.create_index("ix_deleted_record_oldest", "deleted_record", ["workspace_id", "deleted_at"], unique=False)
    op.create_table(
        "merged_record",
        sa.Column("old_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("new_id", BigInt, nullable=False),
        sa.Column("workspace_id", BigInt, nullable=False),
        sa.Column("merged_at", Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(["new_id"], ["contact.id"], name="fk_merged_record_new_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_merged_record_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("old_id", name="pk_merged_record"),
    )
    op.create_index("ix_merged_record_new", "merged_record", ["new_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":  # several processes on one SQLite file share no rate limits
        op.create_table(
            "rate_limit",
            sa.Column("bucket", varchar(255), nullable=False),
            sa.Column("full_at", BigInt, nullable=False),
            sa.PrimaryKeyConstraint("bucket", name="pk_rate_limit"),
            prefixes=["UNLOGGED"],  # a crash fills all buckets, and nothing else
        )
    create_search(op.get_bind(), ("company", "contact", "message"))
