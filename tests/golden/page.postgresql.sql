-- { contacts(first: 50) { nodes { id email company { name } } pageInfo { hasNextPage } totalCount } }

SELECT page.id, page.email, t0.id AS id_1, t0.name
FROM (SELECT r.id AS id, r.email AS email, r.company_id AS company_id, r.created_at AS created_at
FROM contact AS r
WHERE r.workspace_id = $1::BIGINT AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = $2::BIGINT AND guard_workspace.version = $3::INTEGER)) AND ($4::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = $4::BIGINT AND guard_api_key.version = $5::INTEGER))) AND ($6::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM "user" AS guard_user
WHERE guard_user.id = $6::BIGINT AND guard_user.version = $7::INTEGER))) ORDER BY r.created_at DESC, r.id DESC
 LIMIT 51) AS page LEFT OUTER JOIN company AS t0 ON t0.id = page.company_id AND t0.workspace_id = $1::BIGINT ORDER BY page.created_at DESC, page.id DESC;

SELECT count(*) AS count_1
FROM contact AS r
WHERE r.workspace_id = $1::BIGINT AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = $2::BIGINT AND guard_workspace.version = $3::INTEGER)) AND ($4::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = $4::BIGINT AND guard_api_key.version = $5::INTEGER))) AND ($6::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM "user" AS guard_user
WHERE guard_user.id = $6::BIGINT AND guard_user.version = $7::INTEGER)));
