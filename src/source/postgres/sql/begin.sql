BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
-- Compiling these queries takes longer than running them.
SET LOCAL jit = off;
-- The server then prints every name outside pg_catalog with its namespace.
SET LOCAL search_path = '';
-- A session behind a pooler, or a role with settings of its own, may print constants otherwise.
SET LOCAL "TimeZone" = 'UTC';
SET LOCAL "DateStyle" = 'ISO, MDY';
SET LOCAL "IntervalStyle" = 'postgres';
SET LOCAL bytea_output = 'hex';
SET LOCAL extra_float_digits = 1;
SET LOCAL quote_all_identifiers = off;
-- Printing an expression takes a light lock on its table, which waits for a running ALTER TABLE.
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '2min';
