-- { contact(id: "5e5f628ec58ce893") { id email company { name } stage { name pipeline { name } } } }

SELECT r.id, r.email, t0.id AS id_1, t0.name, t1.id AS id_2, t1.name AS name_1, t2.id AS id_3, t2.name AS name_2
FROM contact AS r LEFT OUTER JOIN company AS t0 ON t0.id = r.company_id AND t0.workspace_id = ? LEFT OUTER JOIN stage AS t1 ON t1.id = r.stage_id AND t1.workspace_id = ? LEFT OUTER JOIN pipeline AS t2 ON t2.id = t1.pipeline_id AND t2.workspace_id = ?
WHERE r.id = ? AND r.workspace_id = ? AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = ? AND guard_workspace.version = ?)) AND (? IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = ? AND guard_api_key.version = ?))) AND (? IS NULL OR (EXISTS (SELECT 1
FROM user AS guard_user
WHERE guard_user.id = ? AND guard_user.version = ?)));

SELECT gone.old_id, gone.new_id
FROM merged_record AS gone
WHERE gone.old_id IN (SELECT items.value
FROM json_each(?) AS items) AND gone.workspace_id = ?;
