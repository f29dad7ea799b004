-- { contacts(filter: {
-- tags: {some: {id: {eq: "d55226d80e839c06"}}}, stage: {is: {id: {eq: "29944b8f03032ccb"}}}
-- company: {isNot: {id: {eq: "07c1a7b6974aa1c0"}}}
-- }) { totalCount } }

SELECT count(*) AS count_1
FROM contact AS r
WHERE r.workspace_id = $1::BIGINT AND NOT coalesce(r.company_id = $2::BIGINT AND (EXISTS (SELECT 1
FROM company AS f1
WHERE f1.workspace_id = $1::BIGINT AND f1.id = $3::BIGINT)), false) AND r.stage_id = $4::BIGINT AND (EXISTS (SELECT 1
FROM stage AS f2
WHERE f2.workspace_id = $1::BIGINT AND f2.id = $5::BIGINT)) AND (EXISTS (SELECT 1
FROM contact_tag AS j3
WHERE j3.contact_id = r.id AND j3.tag_id = $6::BIGINT)) AND (EXISTS (SELECT 1
FROM tag AS f3
WHERE f3.workspace_id = $1::BIGINT AND f3.id = $7::BIGINT)) AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = $8::BIGINT AND guard_workspace.version = $9::INTEGER)) AND ($10::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = $10::BIGINT AND guard_api_key.version = $11::INTEGER))) AND ($12::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM "user" AS guard_user
WHERE guard_user.id = $12::BIGINT AND guard_user.version = $13::INTEGER)));
