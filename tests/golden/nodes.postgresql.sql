-- { nodes(ids: ["5e5f628ec58ce893", "ebb2e7e4c8cedce6"]) { id ... on Contact { email } } }

SELECT r.id, r.email
FROM contact AS r
WHERE r.id = any($1::BIGINT[]) AND r.workspace_id = $2::BIGINT AND (EXISTS (SELECT 1
FROM workspace AS guarded
WHERE guarded.id = (SELECT guard.workspace_id
FROM api_key AS guard
WHERE guard.id = $3::BIGINT AND guard.version = $4::INTEGER AND guard.state = 'active') AND guarded.api_enabled IS true));

SELECT gone.old_id, gone.new_id
FROM merged_record AS gone
WHERE gone.old_id = any($1::BIGINT[]) AND gone.workspace_id = $2::BIGINT;

SELECT r.id
FROM company AS r
WHERE r.id = any($1::BIGINT[]) AND r.workspace_id = $2::BIGINT AND (EXISTS (SELECT 1
FROM workspace AS guarded
WHERE guarded.id = (SELECT guard.workspace_id
FROM api_key AS guard
WHERE guard.id = $3::BIGINT AND guard.version = $4::INTEGER AND guard.state = 'active') AND guarded.api_enabled IS true));
