-- { contacts(filter: {
-- tags: {some: {id: {eq: "d55226d80e839c06"}}}, stage: {is: {id: {eq: "29944b8f03032ccb"}}}
-- company: {isNot: {id: {eq: "07c1a7b6974aa1c0"}}}
-- }) { totalCount } }

SELECT count(*) AS count_1
FROM contact AS r
WHERE r.workspace_id = ? AND coalesce(r.company_id = ? AND (EXISTS (SELECT 1
FROM company AS f1
WHERE f1.workspace_id = ? AND f1.id = ?)), 0) = 0 AND r.stage_id = ? AND (EXISTS (SELECT 1
FROM stage AS f2
WHERE f2.workspace_id = ? AND f2.id = ?)) AND (EXISTS (SELECT 1
FROM contact_tag AS j3
WHERE j3.contact_id = r.id AND j3.tag_id = ?)) AND (EXISTS (SELECT 1
FROM tag AS f3
WHERE f3.workspace_id = ? AND f3.id = ?)) AND (EXISTS (SELECT 1
FROM workspace AS guard_workspace
WHERE guard_workspace.id = ? AND guard_workspace.version = ?)) AND (? IS NULL OR (EXISTS (SELECT 1
FROM api_key AS guard_api_key
WHERE guard_api_key.id = ? AND guard_api_key.version = ?))) AND (? IS NULL OR (EXISTS (SELECT 1
FROM user AS guard_user
WHERE guard_user.id = ? AND guard_user.version = ?)));
