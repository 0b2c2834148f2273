-- What has no home on this side; migrations that archive rows of their own make the same table.
CREATE TABLE IF NOT EXISTS align.archive (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run        text DEFAULT current_setting('align.run', true),
    at         timestamptz NOT NULL DEFAULT now(),
    phase      text NOT NULL,
    table_name text NOT NULL,
    key        jsonb NOT NULL,
    row_data   jsonb NOT NULL
);
ALTER TABLE align.archive ENABLE ROW LEVEL SECURITY;
