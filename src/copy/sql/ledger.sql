-- Beside a value that could not be converted, a row that could not go where it should.
ALTER TABLE align.quarantine
    ADD COLUMN IF NOT EXISTS message text,
    ADD COLUMN IF NOT EXISTS row_data jsonb,
    ADD COLUMN IF NOT EXISTS resolution text;
ALTER TABLE align.quarantine ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    CREATE POLICY nobody ON align.quarantine USING (false);
EXCEPTION WHEN duplicate_object THEN
    NULL;
END
$$;

-- One line a copy.
CREATE TABLE IF NOT EXISTS align.copies (
    run         uuid PRIMARY KEY,
    pair        text NOT NULL,
    source      text NOT NULL,
    digest      text NOT NULL,
    state       text NOT NULL CHECK (state IN ('under way', 'done', 'failed', 'abandoned')),
    began_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at    timestamptz
);

-- How far each table of a copy has come. Rows of the source that are younger than `since` were not seen,
-- nor those for which `only_where` does not hold.
CREATE TABLE IF NOT EXISTS align.copy_tables (
    run         uuid NOT NULL,
    table_name  text NOT NULL,
    target      text NOT NULL,
    since       text NOT NULL,
    filenode    bigint,
    rows        bigint NOT NULL,
    copied      bigint NOT NULL,
    matched     bigint NOT NULL,
    updated     bigint NOT NULL,
    quarantined bigint NOT NULL,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run, table_name)
);
ALTER TABLE align.copy_tables ADD COLUMN IF NOT EXISTS only_where text;

-- What is staged. Not logged, as the stages are not: a crash of the server empties them together.
CREATE UNLOGGED TABLE IF NOT EXISTS align.copy_windows (
    run        uuid NOT NULL,
    table_name text NOT NULL,
    page       bigint NOT NULL,
    to_page    bigint,
    filenode   bigint,
    since      text NOT NULL,
    rows       bigint NOT NULL,
    PRIMARY KEY (run, table_name, page)
);

-- Under which key a row is on this side that has another one on the from side.
CREATE TABLE IF NOT EXISTS align.matched (
    pair        text NOT NULL,
    table_name  text NOT NULL,
    column_name text NOT NULL,
    from_value  text NOT NULL,
    to_value    text NOT NULL,
    PRIMARY KEY (pair, table_name, column_name, from_value)
);

-- Whole keys of rows that were on this side before the first copy of their table, which left them as they
-- were; and of rows that are here under another key of several columns.
CREATE TABLE IF NOT EXISTS align.kept (
    pair        text NOT NULL,
    table_name  text NOT NULL,
    -- Half a table may be written down here, and the order of bytes is sorted soonest.
    from_key    text[] COLLATE "C" NOT NULL,
    to_key      text[] COLLATE "C" NOT NULL,
    PRIMARY KEY (pair, table_name, from_key)
);
