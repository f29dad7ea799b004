-- { contacts(first: 10) { nodes { id stats { sent replied lastContactedAt } } } }

SELECT r.id
FROM contact AS r
WHERE r.workspace_id = ? AND (EXISTS (SELECT 1
FROM workspace AS guarded
WHERE guarded.id = (SELECT guard.workspace_id
FROM api_key AS guard
WHERE guard.id = ? AND guard.version = ? AND guard.state = 'active') AND guarded.api_enabled IS 1)) ORDER BY r.created_at DESC, r.id DESC
 LIMIT 10 OFFSET ?;

SELECT r.contact_id, count(*) FILTER (WHERE r.direction = ? AND r.sent_at IS NOT NULL) AS anon_1, count(*) FILTER (WHERE r.direction = ? AND r.sent_at IS NOT NULL AND r.replied_at IS NOT NULL) AS anon_2, max(r.sent_at) FILTER (WHERE r.direction = ? AND r.sent_at IS NOT NULL) AS anon_3
FROM message AS r
WHERE r.workspace_id = ? AND r.contact_id IN (SELECT items.value
FROM json_each(?) AS items) GROUP BY r.contact_id;
