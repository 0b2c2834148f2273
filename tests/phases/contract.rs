//! What `contract` refuses before it takes anything away.

use super::cluster::Cluster;
use super::{
    OWNER, Surroundings, apply, as_role, as_scripts, awkward, clara, dump, everything, files, run,
};

/// What stands in the way, the words of the refusal, and what clears the way.
const IN_THE_WAY: &[[&str; 3]] = &[
    [
        "SET session_replication_role = replica;
         UPDATE public.clients SET name = 'Other' WHERE id = md5('client1')::uuid",
        "1 rows of `clients` differ in name and client_name and are not on the list",
        "SET session_replication_role = replica;
         UPDATE public.clients SET name = client_name WHERE id = md5('client1')::uuid",
    ],
    [
        "SET session_replication_role = replica;
         UPDATE public.leads SET source = 'Other' WHERE id IN (md5('lead1')::uuid, md5('lead2')::uuid)",
        "2 rows of `leads` differ in their old and new names",
        "SET session_replication_role = replica;
         UPDATE public.leads SET source = lead_source WHERE source = 'Other'",
    ],
    [
        "CREATE VIEW public.report AS SELECT name FROM public.clients",
        "the old names are still read by `report`",
        "DROP VIEW public.report",
    ],
    [
        "CREATE MATERIALIZED VIEW public.report AS SELECT source FROM public.leads GROUP BY source",
        "the old names are still read by `report`",
        "DROP MATERIALIZED VIEW public.report",
    ],
    [
        "CREATE POLICY theirs ON public.leads FOR SELECT USING (name = 'x')",
        "the old names are still read by `theirs on leads`",
        "DROP POLICY theirs ON public.leads",
    ],
    [
        "CREATE POLICY theirs ON public.users FOR SELECT
         USING (EXISTS (SELECT FROM public.clients AS c WHERE c.name = full_name))",
        "the old names are still read by `theirs on users`",
        "DROP POLICY theirs ON public.users",
    ],
    [
        "CREATE VIEW public.report AS SELECT email FROM public.clients",
        "columns that become text are still read by `report`",
        "DROP VIEW public.report",
    ],
    [
        "CREATE POLICY theirs ON public.leads FOR SELECT USING (qualification_status = 'opportunity')",
        "columns that become text are still read by `theirs on leads`",
        "DROP POLICY theirs ON public.leads",
    ],
    [
        "SET application_name = 'legacy'; INSERT INTO public.clients (name) VALUES ('Old Writer')",
        "the old form was written within the last 1 day: `legacy`",
        "DELETE FROM public.clients WHERE name = 'Old Writer'; DELETE FROM align.old_writers",
    ],
    ["SELECT 1", "no backup of the last day is confirmed", "SELECT 1"],
    [
        "INSERT INTO align.original (kind, name, definition)
         VALUES ('backup', (now() - interval '2 days')::text, 'old')",
        "no backup of the last day is confirmed",
        "SELECT 1",
    ],
];

#[test]
fn contract_waits_for_everybody() {
    let db = clara(Cluster::shared(), "contract", Surroundings::Supabase);
    awkward(&db);
    let files_of_tables = "SELECT relname, pg_relation_filenode(oid) FROM pg_class
        WHERE relname IN ('clients', 'leads', 'activities', 'conversations')
          AND relnamespace = 'public'::regnamespace ORDER BY relname";
    let never_rewritten = db.psql(files_of_tables);
    for phase in ["phase1", "phase2", "phase3"] {
        apply(&db, phase);
    }
    let before = dump(&db);
    let first = &files("contract")[0];
    for [arrange, expected, arrange_back] in IN_THE_WAY {
        db.psql(arrange);
        let refused = run(&db, first).unwrap_err();
        assert!(refused.contains(expected), "{expected}: {refused}");
        db.psql(arrange_back);
        assert_eq!(dump(&db), before, "{arrange}");
    }
    let nowhere = as_role(&db, OWNER, "SELECT align.confirm_backup('')").unwrap_err();
    assert!(nowhere.contains("no place"), "{nowhere}");
    as_role(&db, OWNER, "SELECT align.confirm_backup('s3://clara')").unwrap();

    apply(&db, "contract");
    assert_eq!(db.psql(files_of_tables), never_rewritten);
    let after = everything(&db);
    for phase in ["contract", "phase2", "phase3"] {
        as_scripts(&db, phase);
        assert_eq!(everything(&db), after, "{phase} once more");
    }
    let refused = run(&db, &files("phase1")[0]).unwrap_err();
    assert!(
        refused.contains("`public.clients` has no column `name`"),
        "{refused}"
    );
}
