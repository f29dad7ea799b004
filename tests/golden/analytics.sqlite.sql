-- { messageAnalytics(
-- from: "2026-01-01T00:00:00Z", groupBy: [CHANNEL, AUTOMATION, CREATED_AT_QUARTER]
-- ) { count sent replied key { channel createdAtQuarter automation { name } } } }

SELECT page.n, page.m_sent, page.m_replied, page.g0, page.g2, t0.id, t0.name
FROM (SELECT count(*) AS n, r.channel AS g0, r.automation_id AS g1, (substr(r.created_at, ?, ?) || CASE WHEN (substr(r.created_at, ?, ?) <= '03') THEN '01' WHEN (substr(r.created_at, ?, ?) <= '06') THEN '04' WHEN (substr(r.created_at, ?, ?) <= '09') THEN '07' WHEN (substr(r.created_at, ?, ?) <= '12') THEN '10' END) || '-01T00:00:00.000Z' AS g2, count(*) FILTER (WHERE r.direction = ? AND r.sent_at IS NOT NULL) AS m_sent, count(*) FILTER (WHERE r.direction = ? AND r.sent_at IS NOT NULL AND r.replied_at IS NOT NULL) AS m_replied
FROM message AS r
WHERE r.workspace_id = ? AND r.created_at >= ? AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = ? AND guard_workspace.version = ?)) AND (? IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = ? AND guard_api_key.version = ?))) AND (? IS NULL OR (EXISTS (SELECT 1
FROM user AS guard_user
WHERE guard_user.id = ? AND guard_user.version = ?))) GROUP BY g0, g1, g2 ORDER BY n DESC, g0 ASC NULLS LAST, g1 ASC NULLS LAST, g2 ASC NULLS LAST
 LIMIT 100 OFFSET ?) AS page LEFT OUTER JOIN automation AS t0 ON t0.id = page.g1 AND t0.workspace_id = ? ORDER BY page.n DESC, page.g0 ASC NULLS LAST, page.g1 ASC NULLS LAST, page.g2 ASC NULLS LAST;
