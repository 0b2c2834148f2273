SELECT asked.name,
       quote_ident(current_user) AS role,
       has_table_privilege(to_regclass(asked.name), $2) AS may,
       row_security_active(to_regclass(asked.name)) AS hides_rows
FROM unnest($1::text[]) AS asked (name)
WHERE to_regclass(asked.name) IS NOT NULL
