-- { contacts(search: "ada lo", first: 10) { nodes { id } } }

SELECT r.id
FROM contact AS r
WHERE r.workspace_id = $1::BIGINT AND r.search_text LIKE $2::VARCHAR AND r.search_text LIKE $3::VARCHAR AND (EXISTS (SELECT 1
FROM workspace AS guarded
WHERE guarded.id = (SELECT guard.workspace_id
FROM api_key AS guard
WHERE guard.id = $4::BIGINT AND guard.version = $5::INTEGER AND guard.state = 'active') AND guarded.api_enabled IS true)) ORDER BY r.created_at DESC, r.id DESC
 LIMIT 10;
