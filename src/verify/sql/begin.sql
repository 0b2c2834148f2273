BEGIN;
-- Who writes a row with a sequence may keep it for long: then it is left to move.
SET LOCAL lock_timeout = '500ms';
SET LOCAL idle_in_transaction_session_timeout = '5min';
SET LOCAL client_min_messages = error;
