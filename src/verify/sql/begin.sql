BEGIN;
SET LOCAL lock_timeout = '2s';
SET LOCAL idle_in_transaction_session_timeout = '5min';
SET LOCAL client_min_messages = error;
