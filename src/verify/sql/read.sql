BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL row_security = off;
SET LOCAL search_path = pg_catalog;
SET LOCAL jit = off;
