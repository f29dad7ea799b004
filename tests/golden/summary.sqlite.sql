-- { contacts(first: 10) { nodes { id stats { sent replied lastContactedAt } } } }

SELECT r.id
FROM contact AS r
WHERE r.workspace_id = ? AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = ? AND guard_workspace.version = ?)) AND (? IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = ? AND guard_api_key.version = ?))) AND (? IS NULL OR (EXISTS (SELECT 1
FROM user AS guard_user
WHERE guard_user.id = ? AND guard_user.version = ?))) ORDER BY r.created_at DESC, r.id DESC
 LIMIT 10 OFFSET ?;

SELECT r.contact_id, count(*) FILTER (WHERE r.direction = ? AND r.sent_at IS NOT NULL) AS anon_1, count(*) FILTER (WHERE r.direction = ? AND r.sent_at IS NOT NULL AND r.replied_at IS NOT NULL) AS anon_2, max(r.sent_at) FILTER (WHERE r.direction = ? AND r.sent_at IS NOT NULL) AS anon_3
FROM message AS r
WHERE r.workspace_id = ? AND r.contact_id IN (SELECT items.value
FROM json_each(?) AS items) GROUP BY r.contact_id;
