-- { nodes(ids: ["5e5f628ec58ce893", "ebb2e7e4c8cedce6"]) { id ... on Contact { email } } }

SELECT r.id, r.email
FROM contact AS r
WHERE r.id IN (SELECT items.value
FROM json_each(?) AS items) AND r.workspace_id = ? AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = ? AND guard_workspace.version = ?)) AND (? IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = ? AND guard_api_key.version = ?))) AND (? IS NULL OR (EXISTS (SELECT 1
FROM user AS guard_user
WHERE guard_user.id = ? AND guard_user.version = ?)));

SELECT gone.old_id, gone.new_id
FROM merged_record AS gone
WHERE gone.old_id IN (SELECT items.value
FROM json_each(?) AS items) AND gone.workspace_id = ?;

SELECT r.id
FROM company AS r
WHERE r.id IN (SELECT items.value
FROM json_each(?) AS items) AND r.workspace_id = ? AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = ? AND guard_workspace.version = ?)) AND (? IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = ? AND guard_api_key.version = ?))) AND (? IS NULL OR (EXISTS (SELECT 1
FROM user AS guard_user
WHERE guard_user.id = ? AND guard_user.version = ?)));
