CREATE SCHEMA IF NOT EXISTS align;

-- Which database this ledger is of, and which form it has.
CREATE TABLE align.ledger (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    format integer NOT NULL,
    system_identifier text,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What was done, in the order in which it was done.
CREATE TABLE align.events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    run uuid NOT NULL,
    pair text NOT NULL,
    phase text,
    version bigint,
    name text,
    event text NOT NULL
        CHECK (event IN ('run', 'start', 'ok', 'failed', 'stopped', 'accepted', 'adopted')),
    duration_ms bigint,
    sqlstate text,
    checksum text,
    tool_version text NOT NULL,
    database_user text NOT NULL DEFAULT session_user,
    operator text,
    host text,
    consents text[],
    reason text,
    fingerprint text,
    lsn pg_lsn
);

-- How far a step has come that commits more than once.
CREATE TABLE align.progress (
    pair text NOT NULL,
    phase text NOT NULL,
    step text NOT NULL,
    checksum text NOT NULL,
    run uuid NOT NULL,
    statements_done integer NOT NULL DEFAULT 0,
    position text,
    upper_end text,
    passes integer NOT NULL DEFAULT 0,
    pass integer NOT NULL DEFAULT 0,
    rows_done bigint NOT NULL DEFAULT 0,
    keys_done bigint NOT NULL DEFAULT 0,
    keys_total bigint,
    quarantined bigint NOT NULL DEFAULT 0,
    windows_done bigint NOT NULL DEFAULT 0,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (pair, phase, step)
);
