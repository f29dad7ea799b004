-- { contacts(
-- last: 20, before: "4cDM6wnJWNm4yNonWyIyMDI2LTAxLTAxVDAwOjAwOjAwLjAwMFoiLCI1ZTVmNjI4ZWM1OGNlODkzIl0"
-- ) { nodes { id } } }

SELECT r.id
FROM contact AS r
WHERE r.workspace_id = ? AND (r.created_at, r.id) > (?, ?) AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = ? AND guard_workspace.version = ?)) AND (? IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = ? AND guard_api_key.version = ?))) AND (? IS NULL OR (EXISTS (SELECT 1
FROM user AS guard_user
WHERE guard_user.id = ? AND guard_user.version = ?))) ORDER BY r.created_at ASC, r.id ASC
 LIMIT 20 OFFSET ?;
