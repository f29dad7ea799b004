-- { contacts(
-- last: 20, before: "4cDM6wnJWNm4yNonWyIyMDI2LTAxLTAxVDAwOjAwOjAwLjAwMFoiLCI1ZTVmNjI4ZWM1OGNlODkzIl0"
-- ) { nodes { id } } }

SELECT r.id
FROM contact AS r
WHERE r.workspace_id = $1::BIGINT AND (r.created_at, r.id) > (CAST($2::VARCHAR AS TIMESTAMP WITH TIME ZONE), $3::BIGINT) AND (EXISTS (SELECT 1
FROM workspace AS guarded
WHERE guarded.id = (SELECT guard.workspace_id
FROM api_key AS guard
WHERE guard.id = $4::BIGINT AND guard.version = $5::INTEGER AND guard.state = 'active') AND guarded.api_enabled IS true)) ORDER BY r.created_at ASC, r.id ASC
 LIMIT 20;
