-- { contacts(first: 10) { nodes { id stats { sent replied lastContactedAt } } } }

SELECT r.id
FROM contact AS r
WHERE r.workspace_id = $1::BIGINT AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = $2::BIGINT AND guard_workspace.version = $3::INTEGER)) AND ($4::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = $4::BIGINT AND guard_api_key.version = $5::INTEGER))) AND ($6::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM "user" AS guard_user
WHERE guard_user.id = $6::BIGINT AND guard_user.version = $7::INTEGER))) ORDER BY r.created_at DESC, r.id DESC
 LIMIT 10;

SELECT r.contact_id, count(*) FILTER (WHERE r.direction = $1::VARCHAR AND r.sent_at IS NOT NULL) AS anon_1, count(*) FILTER (WHERE r.direction = $2::VARCHAR AND r.sent_at IS NOT NULL AND r.replied_at IS NOT NULL) AS anon_2, to_char(max(r.sent_at) FILTER (WHERE r.direction = $3::VARCHAR AND r.sent_at IS NOT NULL), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS to_char_1
FROM message AS r
WHERE r.workspace_id = $4::BIGINT AND r.contact_id = any($5::BIGINT[]) GROUP BY r.contact_id;
