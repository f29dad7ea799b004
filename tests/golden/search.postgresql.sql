-- { contacts(search: "ada lo", first: 10) { nodes { id } } }

SELECT r.id
FROM contact AS r
WHERE r.workspace_id = $1::BIGINT AND r.search_text LIKE $2::VARCHAR AND r.search_text LIKE $3::VARCHAR AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = $4::BIGINT AND guard_workspace.version = $5::INTEGER)) AND ($6::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = $6::BIGINT AND guard_api_key.version = $7::INTEGER))) AND ($8::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM "user" AS guard_user
WHERE guard_user.id = $8::BIGINT AND guard_user.version = $9::INTEGER))) ORDER BY r.created_at DESC, r.id DESC
 LIMIT 10;
