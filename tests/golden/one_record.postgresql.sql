-- { contact(id: "5e5f628ec58ce893") { id email company { name } stage { name pipeline { name } } } }

SELECT r.id, r.email, t0.id AS id_1, t0.name, t1.id AS id_2, t1.name AS name_1, t2.id AS id_3, t2.name AS name_2
FROM contact AS r LEFT OUTER JOIN company AS t0 ON t0.id = r.company_id AND t0.workspace_id = $1::BIGINT LEFT OUTER JOIN stage AS t1 ON t1.id = r.stage_id AND t1.workspace_id = $1::BIGINT LEFT OUTER JOIN pipeline AS t2 ON t2.id = t1.pipeline_id AND t2.workspace_id = $1::BIGINT
WHERE r.id = $2::BIGINT AND r.workspace_id = $1::BIGINT AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = $3::BIGINT AND guard_workspace.version = $4::INTEGER)) AND ($5::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = $5::BIGINT AND guard_api_key.version = $6::INTEGER))) AND ($7::BIGINT IS NULL OR (EXISTS (SELECT 1
FROM "user" AS guard_user
WHERE guard_user.id = $7::BIGINT AND guard_user.version = $8::INTEGER)));

SELECT gone.old_id, gone.new_id
FROM merged_record AS gone
WHERE gone.old_id = any($1::BIGINT[]) AND gone.workspace_id = $2::BIGINT;
