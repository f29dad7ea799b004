-- { contacts(first: 50) { nodes { id email company { name } } pageInfo { hasNextPage } totalCount } }

SELECT page.id, page.email, t0.id AS id_1, t0.name
FROM (SELECT r.id AS id, r.email AS email, r.company_id AS company_id, r.created_at AS created_at
FROM contact AS r
WHERE r.workspace_id = ? AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = ? AND guard_workspace.version = ?)) AND (? IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = ? AND guard_api_key.version = ?))) AND (? IS NULL OR (EXISTS (SELECT 1
FROM user AS guard_user
WHERE guard_user.id = ? AND guard_user.version = ?))) ORDER BY r.created_at DESC, r.id DESC
 LIMIT 51 OFFSET ?) AS page LEFT OUTER JOIN company AS t0 ON t0.id = page.company_id AND t0.workspace_id = ? ORDER BY page.created_at DESC, page.id DESC;

SELECT count(*) AS count_1
FROM contact AS r
WHERE r.workspace_id = ? AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = ? AND guard_workspace.version = ?)) AND (? IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = ? AND guard_api_key.version = ?))) AND (? IS NULL OR (EXISTS (SELECT 1
FROM user AS guard_user
WHERE guard_user.id = ? AND guard_user.version = ?)));
