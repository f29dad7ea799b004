-- { messageAnalytics(
-- from: "2026-01-01T00:00:00Z", groupBy: [CHANNEL, AUTOMATION, CREATED_AT_QUARTER]
-- ) { count sent replied key { channel createdAtQuarter automation { name } } } }

SELECT page.n, page.m_sent, page.m_replied, page.g0, page.g2, t0.id, t0.name
FROM (SELECT count(*) AS n, r.channel AS g0, r.automation_id AS g1, to_char(date_trunc('quarter', r.created_at), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS g2, count(*) FILTER (WHERE r.direction = $1::VARCHAR AND r.sent_at IS NOT NULL) AS m_sent, count(*) FILTER (WHERE r.direction = $2::VARCHAR AND r.sent_at IS NOT NULL AND r.replied_at IS NOT NULL) AS m_replied
FROM message AS r
WHERE r.workspace_id = $3::BIGINT AND r.created_at >= CAST($4::VARCHAR AS TIMESTAMP WITH TIME ZONE) AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = $5::BIGINT AND guard_workspace.version = $6::INTEGER)) AND ($7::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = $7::BIGINT AND guard_api_key.version = $8::INTEGER))) AND ($9::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM "user" AS guard_user
WHERE guard_user.id = $9::BIGINT AND guard_user.version = $10::INTEGER))) GROUP BY g0, g1, g2 ORDER BY n DESC, g0 ASC NULLS LAST, g1 ASC NULLS LAST, g2 ASC NULLS LAST
 LIMIT 100) AS page LEFT OUTER JOIN automation AS t0 ON t0.id = page.g1 AND t0.workspace_id = $3::BIGINT ORDER BY page.n DESC, page.g0 ASC NULLS LAST, page.g1 ASC NULLS LAST, page.g2 ASC NULLS LAST;
