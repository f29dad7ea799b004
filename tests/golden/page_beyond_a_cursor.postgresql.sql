-- { contacts(
-- first: 20, orderBy: [{field: LAST_NAME}, {field: SCORE, direction: DESC}],
-- after: "73zCy8_LqahclT_6WyJMb3ZlbGFjZSIsOTAsIjVlNWY2MjhlYzU4Y2U4OTMiXQ"
-- ) { edges { cursor } } }

SELECT r.last_name, r.score, r.id
FROM contact AS r
WHERE r.workspace_id = $1::BIGINT AND (r.last_name > $2::VARCHAR OR r.last_name IS NULL OR r.last_name = $3::VARCHAR AND r.score < $4::INTEGER OR r.last_name = $5::VARCHAR AND r.score = $6::INTEGER AND r.id < $7::BIGINT) AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = $8::BIGINT AND guard_workspace.version = $9::INTEGER)) AND ($10::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = $10::BIGINT AND guard_api_key.version = $11::INTEGER))) AND ($12::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM "user" AS guard_user
WHERE guard_user.id = $12::BIGINT AND guard_user.version = $13::INTEGER))) ORDER BY r.last_name ASC NULLS LAST, r.score DESC, r.id DESC
 LIMIT 20;
