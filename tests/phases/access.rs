//! Who sees and changes what.

use super::cluster::{Cluster, Settings};
use super::{OWNER, Surroundings, apply, as_role, awkward, clara, files};

/// What the API roles see of a project.
fn people_see_what_is_theirs(cluster: &Cluster) {
    let db = clara(cluster, "people", Surroundings::Supabase);
    as_role(
        &db,
        OWNER,
        "INSERT INTO public.clients (id, name) VALUES ('aaaaaaaa-0000-0000-0000-000000000000', 'Firm');
         INSERT INTO public.leads (client_id, name, assigned_agent) VALUES
             ('aaaaaaaa-0000-0000-0000-000000000000', 'Of Ann', 'ann@x.io'),
             ('aaaaaaaa-0000-0000-0000-000000000000', 'Of Clara', 'sales_agent');
         INSERT INTO public.conversations (session_id, lead_id) SELECT name, id FROM public.leads;",
    )
    .unwrap();
    for phase in ["phase1", "phase2"] {
        apply(&db, phase);
    }
    let ann = "SET ROLE authenticated;
        SET request.jwt.claims = '{\"role\": \"authenticated\", \"sub\": \"11111111-1111-1111-1111-111111111111\"}';\n";
    let seen = db.psql(&format!(
        "{ann} SELECT string_agg(contact_person, ',') FROM public.leads;
         SELECT string_agg(session_id, ',') FROM public.calls;
         SELECT string_agg(session_id, ',') FROM public.conversations;
         SELECT string_agg(client_name, ',') FROM public.clients;"
    ));
    assert_eq!(seen, "Of Ann\nOf Ann\nOf Ann\nFirm");
    let promoted = db.try_psql(&format!(
        "{ann} UPDATE public.users SET role = 'super_admin' WHERE id = auth.uid()"
    ));
    assert!(promoted.unwrap_err().contains("changed by a super_admin"));
    for (role, statement) in [
        ("anon", "SELECT count(*) FROM public.clients"),
        ("anon", "SELECT count(*) FROM public.calls"),
        ("authenticated", "SELECT count(*) FROM clara.clients"),
        ("service_role", "SELECT count(*) FROM align.quarantine"),
        ("service_role", "SELECT align.uid()"),
    ] {
        let denied = db
            .try_psql(&format!("SET ROLE {role}; {statement}"))
            .unwrap_err();
        assert!(
            denied.contains("permission denied"),
            "{role}: {statement}: {denied}"
        );
    }
    // Clara's account cannot sign in, and a new account gets a profile.
    let accounts = db.psql(
        "INSERT INTO auth.users (id, email) VALUES ('44444444-4444-4444-4444-444444444444', 'new@x.io');
         SELECT u.full_name, u.role, a.encrypted_password = '' FROM public.users AS u JOIN auth.users AS a USING (id)
         WHERE u.email IN ('clara@trendtialcrm.ai', 'new@x.io') ORDER BY u.email",
    );
    assert_eq!(accounts, "Clara|agent|t\n|agent|");
    // The functions of the voice flow.
    let call = db.psql(
        "SET ROLE service_role; SET request.jwt.claims = '{\"role\": \"service_role\"}';
         SELECT public.call_start('x');
         SELECT public.call_start('x', (SELECT id FROM public.leads WHERE name = 'Of Ann')) IS NOT NULL;
         SELECT public.call_end('x', 'not_interested', 'No.', '[{\"role\": \"user\", \"content\": \"no\"}]') IS NOT NULL;
         SELECT outcome, notes, transcript, duration, ai_session_id FROM public.calls WHERE session_id = 'x';",
    );
    assert_eq!(call, "\nt\nt\nnot_interested|No.|USER: no|0|x");
}

#[test]
fn with_supabase_people_see_what_is_theirs() {
    people_see_what_is_theirs(Cluster::shared());
}

/// Without the API's roles policies are for everybody: whoever is granted every table still sees no row
/// and writes none as long as nobody says who is asking.
#[test]
fn without_api_roles_nobody_sees_anything_without_claims() {
    let cluster = Cluster::start(&Settings::default());
    let db = clara(&cluster, "stranger", Surroundings::Plain);
    awkward(&db);
    assert!(
        files("phase1")[0].sql.contains("policies are for PUBLIC"),
        "the first file says so"
    );
    for phase in ["phase1", "phase2", "phase3"] {
        apply(&db, phase);
    }
    let granted = db.psql(
        "SELECT c.relname, g.grantee::regrole FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS g
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND g.grantee <> c.relowner
           AND c.relname NOT IN ('clients', 'leads', 'activities', 'conversations')",
    );
    assert_eq!(granted, "", "nobody is granted a new table");

    cluster.role("stranger", "LOGIN");
    db.psql(
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO stranger;
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO stranger;
         INSERT INTO public.todos (user_id, assigned_by, title) SELECT id, id, 'x' FROM public.users LIMIT 1;
         INSERT INTO public.notifications (user_id, type, title, message)
             SELECT id, 'system_alert', 'x', 'x' FROM public.users LIMIT 1;
         INSERT INTO public.user_links (email) VALUES ('a@b.c')",
    );
    let tables = db.psql(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname",
    );
    let tables: Vec<&str> = tables.lines().collect();
    assert!(tables.len() >= 21, "{tables:?}");
    let as_stranger = |claims: &str, sql: &str| {
        db.try_psql(&format!(
            "SET SESSION AUTHORIZATION stranger; SET request.jwt.claims = '{claims}'; {sql}"
        ))
    };
    for claims in [
        "",
        "{}",
        r#"{"role": "anon"}"#,
        r#"{"sub": "00000000-0000-0000-0000-000000000001"}"#,
    ] {
        let each: String = tables
            .iter()
            .map(|table| {
                format!(
                    "SELECT '{table}' WHERE EXISTS (SELECT FROM public.{table});
                     WITH gone AS (DELETE FROM public.{table} RETURNING 1) SELECT '{table}' FROM gone;"
                )
            })
            .collect();
        assert_eq!(as_stranger(claims, &each).as_deref(), Ok(""), "{claims}");
    }
    for insert in [
        "INSERT INTO public.clients (client_name) VALUES ('Stranger')",
        "INSERT INTO public.leads (contact_person) VALUES ('Stranger')",
        "INSERT INTO public.users (full_name, role) VALUES ('Stranger', 'super_admin')",
        "INSERT INTO public.pipeline_stages (name, order_position) VALUES ('x', 99)",
        "INSERT INTO public.activities (activity_type) VALUES ('x')",
        "INSERT INTO public.conversations (session_id) VALUES ('x')",
        "INSERT INTO public.user_links (email) VALUES ('nothing like one')",
    ] {
        let refused = as_stranger("", insert).unwrap_err();
        assert!(
            refused.contains("row-level security"),
            "{insert}: {refused}"
        );
    }
    // With claims it is who they say.
    let clara = db.psql("SELECT id FROM public.users WHERE full_name = 'Clara'");
    let theirs = as_stranger(
        &format!(r#"{{"sub": "{clara}", "role": "authenticated"}}"#),
        "SELECT count(*) > 0, bool_and(agent_id::text = current_setting('request.jwt.claims')::json ->> 'sub')
         FROM public.leads",
    );
    assert_eq!(theirs.as_deref(), Ok("t|t"));
}
