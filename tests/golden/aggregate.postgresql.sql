-- { contactsAggregate(
-- filter: {score: {gte: 10}}, groupBy: [STATUS, CREATED_AT_WEEK, COMPANY], first: 20
-- ) { count key { status createdAtWeek company { name } } sum { score } average { score } max { score } } }

SELECT page.n, page.g0, page.g1, t0.id, t0.name, page.sum_score, page.average_score, page.max_score
FROM (SELECT count(*) AS n, r.status AS g0, to_char(date_trunc('week', r.created_at), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS g1, s_company.id AS g2, sum(CAST(r.score AS FLOAT(53))) AS sum_score, avg(CAST(r.score AS FLOAT(53))) AS average_score, max(r.score) AS max_score
FROM contact AS r LEFT OUTER JOIN company AS s_company ON s_company.id = r.company_id AND s_company.workspace_id = $1::BIGINT
WHERE r.workspace_id = $1::BIGINT AND r.score >= $2::INTEGER AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = $3::BIGINT AND guard_workspace.version = $4::INTEGER)) AND ($5::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = $5::BIGINT AND guard_api_key.version = $6::INTEGER))) AND ($7::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM "user" AS guard_user
WHERE guard_user.id = $7::BIGINT AND guard_user.version = $8::INTEGER))) GROUP BY g0, g1, g2 ORDER BY n DESC, g0 ASC NULLS LAST, g1 ASC NULLS LAST, g2 ASC NULLS LAST
 LIMIT 20) AS page LEFT OUTER JOIN company AS t0 ON t0.id = page.g2 AND t0.workspace_id = $1::BIGINT ORDER BY page.n DESC, page.g0 ASC NULLS LAST, page.g1 ASC NULLS LAST, page.g2 ASC NULLS LAST;
