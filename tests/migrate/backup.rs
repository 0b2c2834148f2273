//! `contract` has no way back but a backup, and runs when somebody has said where that is.

use crate::clara::{Clara, Surroundings};
use crate::cluster::{Cluster, Settings};
use crate::{Run, Shop};

const CONTRACT: [&str; 2] = ["--phase", "contract"];
const NOTED: &str =
    "SELECT coalesce(string_agg(definition, ','), '') FROM align.original WHERE kind = 'backup'";

fn contract(clara: &Clara<'_>, place: &str) -> Run {
    clara.migrate(
        "postgres",
        &[&CONTRACT[..], &["--confirm-backup", place]].concat(),
    )
}

#[test]
fn contract_runs_when_somebody_says_where_the_backup_is() {
    let cluster = Cluster::start(&Settings::default());
    let clara = Clara::new(&cluster, "backup", Surroundings::Plain, "backup_owner");
    let fresh = clara.dump();
    contract(&clara, "s3://clara").ends_with(3).says(&[
        "the database has no `align.confirm_backup`",
        "run the phases before `contract` first",
    ]);
    assert!(clara.dump() == fresh, "something was written");

    let phases = ["phase1", "phase2", "phase3"].map(|phase| ["--phase", phase]);
    clara.migrate("postgres", &phases.concat()).ends_with(0);
    clara.migrate("postgres", &CONTRACT).ends_with(2).says(&[
        "no backup of the last day is confirmed",
        "`--confirm-backup 'where it is'`",
    ]);
    let before = clara.dump();
    let nowhere = contract(&clara, "  ").ends_with(2);
    nowhere.says(&["say where the backup is"]);
    // Without the other consents nothing is noted either.
    let unasked = [
        &["migrate", "--confirm-backup", "s3://clara"],
        &CONTRACT[..],
    ]
    .concat();
    clara
        .align("postgres", &unasked)
        .ends_with(3)
        .says(&["consent to"]);
    assert_eq!(clara.db.psql(NOTED), "");
    assert!(clara.dump() == before, "something was written");

    contract(&clara, " s3://clara/it's ").ends_with(0);
    assert_eq!(clara.db.psql(NOTED), "s3://clara/it's");
    let kept = "SELECT DISTINCT 'backup: s3://clara/it''s' = ANY (consents) FROM align.events
        WHERE event = 'ok' AND phase = 'contract'";
    assert_eq!(clara.db.psql(kept), "t");
    let columns = "SELECT count(*) FROM pg_attribute WHERE attname = 'name' AND NOT attisdropped
        AND attrelid IN ('public.clients'::regclass, 'public.leads'::regclass)";
    assert_eq!(clara.db.psql(columns), "0");
    // The same command once more has nothing to do, and nothing to note.
    let again = contract(&clara, "elsewhere").ends_with(0);
    assert_eq!(again.stdout, "nothing is pending\n");
    assert_eq!(clara.db.psql(NOTED), "s3://clara/it's");
}

#[test]
fn a_backup_is_no_question_of_another_phase() {
    let shop = Shop::new("no_backup");
    let before = shop.everything();
    shop.migrate(&["--confirm-backup", "s3://shop"])
        .ends_with(2)
        .says(&[
            "`--confirm-backup` is about `contract`",
            "leave the flag out",
        ]);
    for other in [&["--dry-run"][..], &["--undo", "one"], &["--adopt", "1"]] {
        let args = [&["--confirm-backup", "s3://shop"], other].concat();
        shop.migrate(&args)
            .ends_with(2)
            .says(&["cannot be used with"]);
    }
    assert_eq!(shop.everything(), before);
}
