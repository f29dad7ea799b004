-- { contacts(search: "ada lo", first: 10) { nodes { id } } }

SELECT r.id
FROM contact AS r
WHERE r.workspace_id = ? AND r.id IN (SELECT contact_search.rowid
FROM contact_search
WHERE contact_search.contact_search MATCH ?) AND r.id IN (SELECT contact_search.rowid
FROM contact_search
WHERE contact_search.contact_search MATCH ?) AND (EXISTS (SELECT 1
FROM workspace AS guarded
WHERE guarded.id = (SELECT guard.workspace_id
FROM api_key AS guard
WHERE guard.id = ? AND guard.version = ? AND guard.state = 'active') AND guarded.api_enabled IS 1)) ORDER BY r.created_at DESC, r.id DESC
 LIMIT 10 OFFSET ?;
