-- { nodes(ids: ["5e5f628ec58ce893", "ebb2e7e4c8cedce6"]) { id ... on Contact { email } } }

SELECT r.id, r.email
FROM contact AS r
WHERE r.id = any($1::BIGINT[]) AND r.workspace_id = $2::BIGINT AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = $3::BIGINT AND guard_workspace.version = $4::INTEGER)) AND ($5::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = $5::BIGINT AND guard_api_key.version = $6::INTEGER))) AND ($7::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM "user" AS guard_user
WHERE guard_user.id = $7::BIGINT AND guard_user.version = $8::INTEGER)));

SELECT gone.old_id, gone.new_id
FROM merged_record AS gone
WHERE gone.old_id = any($1::BIGINT[]) AND gone.workspace_id = $2::BIGINT;

SELECT r.id
FROM company AS r
WHERE r.id = any($1::BIGINT[]) AND r.workspace_id = $2::BIGINT AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = $3::BIGINT AND guard_workspace.version = $4::INTEGER)) AND ($5::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = $5::BIGINT AND guard_api_key.version = $6::INTEGER))) AND ($7::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM "user" AS guard_user
WHERE guard_user.id = $7::BIGINT AND guard_user.version = $8::INTEGER)));
