-- What sessions of this database begin with, where somebody has set it.
SELECT r.rolname::text AS role,
       d.datname::text AS database,
       split_part(c.setting, '=', 1) AS name,
       substr(c.setting, strpos(c.setting, '=') + 1) AS value
FROM pg_db_role_setting s
CROSS JOIN unnest(s.setconfig) AS c (setting)
LEFT JOIN pg_roles r ON r.oid = s.setrole
LEFT JOIN pg_database d ON d.oid = s.setdatabase
WHERE (s.setdatabase = 0 OR d.datname = current_database())
  AND split_part(c.setting, '=', 1) IN ('search_path', 'pgrst.db_schemas')
ORDER BY role NULLS FIRST, database NULLS FIRST, name
