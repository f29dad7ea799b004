-- { companies(first: 10) { nodes { id contacts(first: 5, orderBy: {field: LAST_NAME}) {
-- nodes { email tags { nodes { name } } stage { name } } totalCount } } } }

SELECT r.id
FROM company AS r
WHERE r.workspace_id = $1::BIGINT AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = $2::BIGINT AND guard_workspace.version = $3::INTEGER)) AND ($4::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = $4::BIGINT AND guard_api_key.version = $5::INTEGER))) AND ($6::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM "user" AS guard_user
WHERE guard_user.id = $6::BIGINT AND guard_user.version = $7::INTEGER))) ORDER BY r.created_at DESC, r.id DESC
 LIMIT 10;

SELECT anon_1.id, page.email, page.id AS id_1, t0.id AS id_2, t0.name
FROM unnest($1::BIGINT[]) AS anon_1(id) JOIN LATERAL (SELECT r.email AS email, r.id AS id, r.stage_id AS stage_id, r.last_name AS last_name
FROM contact AS r
WHERE r.workspace_id = $2::BIGINT AND r.company_id = anon_1.id ORDER BY r.last_name ASC NULLS LAST, r.id ASC
 LIMIT 5) AS page ON true LEFT OUTER JOIN stage AS t0 ON t0.id = page.stage_id AND t0.workspace_id = $2::BIGINT ORDER BY anon_1.id, page.last_name ASC NULLS LAST, page.id ASC;

SELECT r.company_id, count(*) AS count_1
FROM contact AS r
WHERE r.workspace_id = $1::BIGINT AND r.company_id = any($2::BIGINT[]) GROUP BY r.company_id;

SELECT pairs.contact_id, r.name
FROM tag AS r JOIN contact_tag AS pairs ON pairs.tag_id = r.id
WHERE r.workspace_id = $1::BIGINT AND pairs.contact_id = any($2::BIGINT[]) ORDER BY pairs.contact_id, r.name ASC, r.id ASC
 LIMIT 10001;

SELECT anon_1.id, page.name
FROM unnest($1::BIGINT[]) AS anon_1(id) JOIN LATERAL (SELECT r.name AS name, r.id AS id
FROM tag AS r JOIN contact_tag AS pairs ON pairs.tag_id = r.id
WHERE r.workspace_id = $2::BIGINT AND pairs.contact_id = anon_1.id ORDER BY r.name ASC, r.id ASC
 LIMIT 25) AS page ON true;
