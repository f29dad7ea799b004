-- { contactsAggregate(
-- filter: {score: {gte: 10}}, groupBy: [STATUS, CREATED_AT_WEEK, COMPANY], first: 20
-- ) { count key { status createdAtWeek company { name } } sum { score } average { score } max { score } } }

SELECT page.n, page.g0, page.g1, t0.id, t0.name, page.sum_score, page.average_score, page.max_score
FROM (SELECT count(*) AS n, r.status AS g0, date(r.created_at, 'weekday 0', '-6 days') || 'T00:00:00.000Z' AS g1, s_company.id AS g2, sum(CAST(r.score AS FLOAT)) AS sum_score, avg(CAST(r.score AS FLOAT)) AS average_score, max(r.score) AS max_score
FROM contact AS r LEFT OUTER JOIN company AS s_company ON s_company.id = r.company_id AND s_company.workspace_id = ?
WHERE r.workspace_id = ? AND r.score >= ? AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = ? AND guard_workspace.version = ?)) AND (? IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = ? AND guard_api_key.version = ?))) AND (? IS NULL OR (EXISTS (SELECT 1
FROM user AS guard_user
WHERE guard_user.id = ? AND guard_user.version = ?))) GROUP BY g0, g1, g2 ORDER BY n DESC, g0 ASC NULLS LAST, g1 ASC NULLS LAST, g2 ASC NULLS LAST
 LIMIT 20 OFFSET ?) AS page LEFT OUTER JOIN company AS t0 ON t0.id = page.g2 AND t0.workspace_id = ? ORDER BY page.n DESC, page.g0 ASC NULLS LAST, page.g1 ASC NULLS LAST, page.g2 ASC NULLS LAST;
