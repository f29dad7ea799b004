-- { nodes(ids: ["5e5f628ec58ce893", "ebb2e7e4c8cedce6"]) { id ... on Contact { email } } }

SELECT r.id, r.email
FROM contact AS r
WHERE r.id IN (SELECT items.value
FROM json_each(?) AS items) AND r.workspace_id = ? AND (EXISTS (SELECT 1
FROM workspace AS guarded
WHERE guarded.id = (SELECT guard.workspace_id
FROM api_key AS guard
WHERE guard.id = ? AND guard.version = ? AND guard.state = 'active') AND guarded.api_enabled IS 1));

SELECT gone.old_id, gone.new_id
FROM merged_record AS gone
WHERE gone.old_id IN (SELECT items.value
FROM json_each(?) AS items) AND gone.workspace_id = ?;

SELECT r.id
FROM company AS r
WHERE r.id IN (SELECT items.value
FROM json_each(?) AS items) AND r.workspace_id = ? AND (EXISTS (SELECT 1
FROM workspace AS guarded
WHERE guarded.id = (SELECT guard.workspace_id
FROM api_key AS guard
WHERE guard.id = ? AND guard.version = ? AND guard.state = 'active') AND guarded.api_enabled IS 1));
