-- { contacts(search: "ada lo", first: 10) { nodes { id } } }

SELECT r.id
FROM contact AS r
WHERE r.workspace_id = ? AND r.id IN (SELECT contact_search.rowid
FROM contact_search
WHERE contact_search.contact_search MATCH ?) AND r.id IN (SELECT contact_search.rowid
FROM contact_search
WHERE contact_search.contact_search MATCH ?) AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = ? AND guard_workspace.version = ?)) AND (? IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = ? AND guard_api_key.version = ?))) AND (? IS NULL OR (EXISTS (SELECT 1
FROM user AS guard_user
WHERE guard_user.id = ? AND guard_user.version = ?))) ORDER BY r.created_at DESC, r.id DESC
 LIMIT 10 OFFSET ?;
