-- The voice agent's own user, and a row for every account that was there before.

DO $$
DECLARE
    clara   uuid := md5('align:users:clara@trendtialcrm.ai')::uuid;
    columns text;
    vals    text;
BEGIN
    IF align.has_accounts() THEN
        IF NOT EXISTS (SELECT FROM auth.users AS a WHERE lower(a.email) = 'clara@trendtialcrm.ai') THEN
            -- An account nobody can sign in to: no password. Which columns there are differs between versions;
            -- those that the auth server reads as text must not be NULL.
            SELECT string_agg(quote_ident(wanted.col), ', '), string_agg(wanted.val, ', ')
            INTO columns, vals
            FROM (VALUES ('id', quote_literal(clara)), ('email', quote_literal('clara@trendtialcrm.ai')),
                         ('instance_id', quote_literal('00000000-0000-0000-0000-000000000000')),
                         ('aud', quote_literal('authenticated')), ('role', quote_literal('authenticated')),
                         ('encrypted_password', ''''''), ('confirmation_token', ''''''), ('recovery_token', ''''''),
                         ('email_change', ''''''), ('email_change_token_new', ''''''),
                         ('email_confirmed_at', 'now()'), ('created_at', 'now()'), ('updated_at', 'now()'),
                         ('raw_app_meta_data', quote_literal('{"provider": "email", "providers": ["email"]}')),
                         ('raw_user_meta_data', quote_literal('{"full_name": "Clara"}')))
                AS wanted (col, val)
            JOIN pg_attribute AS a
                ON a.attrelid = 'auth.users'::regclass AND a.attname = wanted.col AND NOT a.attisdropped;
            EXECUTE format('INSERT INTO auth.users (%s) VALUES (%s)', columns, vals);
            INSERT INTO align.filled (table_name, key, column_name, value)
            VALUES ('auth.users', jsonb_build_object('id', clara), '*', to_jsonb(clara))
            ON CONFLICT DO NOTHING;
        END IF;

        INSERT INTO public.users (id, full_name, email, avatar_url)
        SELECT a.id, a.raw_user_meta_data ->> 'full_name', a.email, a.raw_user_meta_data ->> 'avatar_url'
        FROM auth.users AS a
        WHERE a.email IS NOT NULL
        ORDER BY a.created_at, a.id
        ON CONFLICT DO NOTHING;
    ELSIF NOT EXISTS (SELECT FROM public.users AS u WHERE u.email = 'clara@trendtialcrm.ai') THEN
        INSERT INTO public.users (id, full_name, email) VALUES (clara, 'Clara', 'clara@trendtialcrm.ai');
    END IF;
END
$$;
