-- { companies(first: 10) { nodes { id contacts(first: 5, orderBy: {field: LAST_NAME}) {
-- nodes { email tags { nodes { name } } stage { name } } totalCount } } } }

SELECT r.id
FROM company AS r
WHERE r.workspace_id = ? AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = ? AND guard_workspace.version = ?)) AND (? IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = ? AND guard_api_key.version = ?))) AND (? IS NULL OR (EXISTS (SELECT 1
FROM user AS guard_user
WHERE guard_user.id = ? AND guard_user.version = ?))) ORDER BY r.created_at DESC, r.id DESC
 LIMIT 10 OFFSET ?;

SELECT parents.value, page.email, page.id, t0.id AS id_1, t0.name
FROM json_each(?) AS parents JOIN contact AS page ON page.id IN (SELECT r.id
FROM contact AS r
WHERE r.workspace_id = ? AND r.company_id = parents.value ORDER BY r.last_name ASC NULLS LAST, r.id ASC
 LIMIT 5 OFFSET ?) LEFT OUTER JOIN stage AS t0 ON t0.id = page.stage_id AND t0.workspace_id = ? ORDER BY parents.value, page.last_name ASC NULLS LAST, page.id ASC;

SELECT r.company_id, count(*) AS count_1
FROM contact AS r
WHERE r.workspace_id = ? AND r.company_id IN (SELECT items.value
FROM json_each(?) AS items) GROUP BY r.company_id;

SELECT pairs.contact_id, r.name
FROM tag AS r JOIN contact_tag AS pairs ON pairs.tag_id = r.id
WHERE r.workspace_id = ? AND pairs.contact_id IN (SELECT items.value
FROM json_each(?) AS items) ORDER BY pairs.contact_id, r.name ASC, r.id ASC
 LIMIT 10001 OFFSET ?;

SELECT parents.value, page.name
FROM json_each(?) AS parents JOIN tag AS page ON page.id IN (SELECT r.id
FROM tag AS r JOIN contact_tag AS pairs ON pairs.tag_id = r.id
WHERE r.workspace_id = ? AND pairs.contact_id = parents.value ORDER BY r.name ASC, r.id ASC
 LIMIT 25 OFFSET ?) ORDER BY parents.value, page.name ASC, page.id ASC;
