-- { contacts(
-- first: 20, orderBy: [{field: LAST_NAME}, {field: SCORE, direction: DESC}],
-- after: "73zCy8_LqahclT_6WyJMb3ZlbGFjZSIsOTAsIjVlNWY2MjhlYzU4Y2U4OTMiXQ"
-- ) { edges { cursor } } }

SELECT r.last_name, r.score, r.id
FROM contact AS r
WHERE r.workspace_id = ? AND (r.last_name > ? OR r.last_name IS NULL OR r.last_name = ? AND r.score < ? OR r.last_name = ? AND r.score = ? AND r.id < ?) AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = ? AND guard_workspace.version = ?)) AND (? IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = ? AND guard_api_key.version = ?))) AND (? IS NULL OR (EXISTS (SELECT 1
FROM user AS guard_user
WHERE guard_user.id = ? AND guard_user.version = ?))) ORDER BY r.last_name ASC NULLS LAST, r.score DESC, r.id DESC
 LIMIT 20 OFFSET ?;
