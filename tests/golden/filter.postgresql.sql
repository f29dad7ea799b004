-- { contacts(filter: {
-- or: [{status: {eq: NEW}}, {tags: {some: {name: {in: ["VIP", "hot"]}}}}],
-- not: {company: {is: {name: {startsWith: "A"}}}}, createdAt: {gte: "2026-01-01T00:00:00Z"}
-- customFields: [{key: "budget", number: {gt: 1000}}, {key: "plan", text: {ne: "free"}}]
-- messages: {every: {status: {ne: BOUNCED}}}, stage: {isNull: false}, email: {contains: "@"}
-- }) { totalCount } }

SELECT count(*) AS count_1
FROM contact AS r
WHERE r.workspace_id = $1::BIGINT AND r.created_at >= CAST($2::VARCHAR AS TIMESTAMP WITH TIME ZONE) AND CASE WHEN (json_typeof(r.custom_fields -> $3::VARCHAR) = 'number') THEN CAST(r.custom_fields ->> $3::VARCHAR AS FLOAT(53)) END > $4::FLOAT(53) AND CASE WHEN (json_typeof(r.custom_fields -> $5::VARCHAR) = 'string') THEN (r.custom_fields ->> $5::VARCHAR) COLLATE "C" END IS DISTINCT FROM $6::VARCHAR AND strpos(r.email, $7::VARCHAR) > 0 AND NOT (EXISTS (SELECT 1
FROM message AS f1
WHERE f1.workspace_id = $1::BIGINT AND NOT coalesce(f1.status IS DISTINCT FROM $8::VARCHAR, false) AND f1.contact_id = r.id)) AND NOT coalesce(EXISTS (SELECT 1
FROM company AS f2
WHERE f2.workspace_id = $1::BIGINT AND starts_with(f2.name, $9::VARCHAR) AND f2.id = r.company_id), false) AND (r.status = $10::VARCHAR OR (EXISTS (SELECT 1
FROM contact_tag AS j3 JOIN tag AS f3 ON f3.id = j3.tag_id
WHERE f3.workspace_id = $1::BIGINT AND f3.name = any($11::TEXT[]) AND j3.contact_id = r.id))) AND NOT (NOT (EXISTS (SELECT 1
FROM stage AS f4
WHERE f4.workspace_id = $1::BIGINT AND true AND f4.id = r.stage_id))) AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = $12::BIGINT AND guard_workspace.version = $13::INTEGER)) AND ($14::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = $14::BIGINT AND guard_api_key.version = $15::INTEGER))) AND ($16::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM "user" AS guard_user
WHERE guard_user.id = $16::BIGINT AND guard_user.version = $17::INTEGER)));
