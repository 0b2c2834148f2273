-- Rows that `align verify` tries the rules of `minimal` on, in a transaction that is always rolled back.

DO $$
DECLARE
    agent   constant uuid := 'a11a0000-0000-4000-8000-000000000001';
    client  constant uuid := 'a11a0000-0000-4000-8000-000000000011';
    lead    constant uuid := 'a11a0000-0000-4000-8000-000000000012';
    people  constant jsonb := '[
        {"id": "a11a0000-0000-4000-8000-000000000005", "role": "super_admin"},
        {"id": "a11a0000-0000-4000-8000-000000000003", "role": "manager"},
        {"id": "a11a0000-0000-4000-8000-000000000001", "role": "agent", "manager": "a11a0000-0000-4000-8000-000000000003"},
        {"id": "a11a0000-0000-4000-8000-000000000002", "role": "agent"}]';
BEGIN
    IF to_regclass('auth.users') IS NOT NULL THEN
        INSERT INTO auth.users (id, email)
        SELECT (p ->> 'id')::uuid, (p ->> 'id') || '@align.invalid' FROM jsonb_array_elements(people) AS p;
    END IF;
    -- the sign-up trigger has made profiles, and only of agents
    DELETE FROM public.users WHERE id IN (SELECT (p ->> 'id')::uuid FROM jsonb_array_elements(people) AS p);
    INSERT INTO public.users (id, full_name, email, role, manager_id)
    SELECT (p ->> 'id')::uuid, 'align ' || (p ->> 'role'), (p ->> 'id') || '@align.invalid', p ->> 'role', (p ->> 'manager')::uuid
    FROM jsonb_array_elements(people) AS p;

    INSERT INTO public.clients (id, name) VALUES (client, 'align verify');
    INSERT INTO public.leads (id, client_id, name, assigned_agent)
    VALUES (lead, client, 'align verify', agent || '@align.invalid');
    INSERT INTO public.activities (id, lead_id, activity_type)
    VALUES ('a11a0000-0000-4000-8000-000000000013', lead, 'note');
    INSERT INTO public.calls (id, lead_id, user_id, call_type, outcome, call_start_time)
    VALUES ('a11a0000-0000-4000-8000-000000000019', lead, agent, 'outbound', 'completed', now());
END
$$;
