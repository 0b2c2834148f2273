-- Rows that could not be converted; migrations that list rows of their own make the same table.
CREATE TABLE IF NOT EXISTS align.quarantine (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run         text DEFAULT current_setting('align.run', true),
    at          timestamptz NOT NULL DEFAULT now(),
    table_name  text NOT NULL,
    key         jsonb NOT NULL,
    column_name text NOT NULL,
    value       text,
    code        text NOT NULL,
    resolved_at timestamptz,
    UNIQUE (table_name, key, column_name)
)
