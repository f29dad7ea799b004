-- { contacts(filter: {
-- or: [{status: {eq: NEW}}, {tags: {some: {name: {in: ["VIP", "hot"]}}}}],
-- not: {company: {is: {name: {startsWith: "A"}}}}, createdAt: {gte: "2026-01-01T00:00:00Z"}
-- customFields: [{key: "budget", number: {gt: 1000}}, {key: "plan", text: {ne: "free"}}]
-- messages: {every: {status: {ne: BOUNCED}}}, stage: {isNull: false}, email: {contains: "@"}
-- }) { totalCount } }

SELECT count(*) AS count_1
FROM contact AS r
WHERE r.workspace_id = ? AND r.created_at >= ? AND (SELECT CAST(members.value AS FLOAT) AS value
FROM json_each(r.custom_fields) AS members
WHERE members."key" = ? AND members.type IN ('integer', 'real')
 LIMIT 1 OFFSET ?) > ? AND (SELECT members.value
FROM json_each(r.custom_fields) AS members
WHERE members."key" = ? AND members.type IN ('text')
 LIMIT 1 OFFSET ?) IS NOT ? AND instr(r.email, ?) > 0 AND NOT (EXISTS (SELECT 1
FROM message AS f1
WHERE f1.workspace_id = ? AND coalesce(f1.status IS NOT ?, 0) = 0 AND f1.contact_id = r.id)) AND coalesce(EXISTS (SELECT 1
FROM company AS f2
WHERE f2.workspace_id = ? AND substr(f2.name, ?, length(?)) = ? AND f2.id = r.company_id), 0) = 0 AND (r.status = ? OR (EXISTS (SELECT 1
FROM contact_tag AS j3 JOIN tag AS f3 ON f3.id = j3.tag_id
WHERE f3.workspace_id = ? AND f3.name IN (SELECT items.value
FROM json_each(?) AS items) AND j3.contact_id = r.id))) AND NOT (NOT (EXISTS (SELECT 1
FROM stage AS f4
WHERE f4.workspace_id = ? AND 1 = 1 AND f4.id = r.stage_id))) AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = ? AND guard_workspace.version = ?)) AND (? IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = ? AND guard_api_key.version = ?))) AND (? IS NULL OR (EXISTS (SELECT 1
FROM user AS guard_user
WHERE guard_user.id = ? AND guard_user.version = ?)));
