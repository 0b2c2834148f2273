//! A standby that does not keep up.

use std::thread::sleep;
use std::time::Duration;

use crate::cluster::{Cluster, Settings};
use crate::{Shop, output, read_until};

const WINDOWS: &str = "SELECT coalesce(max(windows_done), 0) FROM align.progress";

/// Writes for longer than a second.
const SLOW: &str = "-- align: batch table=clients key=id size=20
WITH pause AS MATERIALIZED (SELECT pg_sleep(0.05))
UPDATE public.clients AS c
SET client_name = c.name, touched = c.touched + 1
FROM pause
WHERE true /* align:window */;
";

#[test]
fn a_batch_waits_for_a_standby_that_is_too_far_behind() {
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::start(&Settings::default())));
    let standby = cluster.standby("follower");
    let shop = Shop::with(cluster.database("lag"));
    shop.write("migrations/one/V2__fill_names.sql", SLOW);
    standby.psql("SELECT pg_wal_replay_pause()");

    let mut child = shop.start(&["--phase", "one", "--max-lag", "1s"]);
    let said = read_until(child.stderr.as_mut().unwrap(), " behind (--max-lag 1.0 s)");
    assert!(
        said.contains("waiting for standby `follower`, which is "),
        "{said}"
    );
    let windows = shop.db.psql(WINDOWS);
    assert!(windows.parse::<u32>().unwrap() < 50, "{windows} windows");
    sleep(Duration::from_millis(1500));
    assert_eq!(shop.db.psql(WINDOWS), windows, "it waits");
    let idle = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'align migrate%' AND state <> 'idle'";
    // It holds nothing meanwhile, though it asks how far the standby is.
    shop.wait_for(idle, "0");
    standby.psql("SELECT pg_wal_replay_resume()");
    output(child).ends_with(0);
    let done = "SELECT min(touched), max(touched) FROM clients";
    assert_eq!(shop.db.psql(done), "1|1");

    // Who may not see it is told, and is not held up.
    standby.psql("SELECT pg_wal_replay_pause()");
    cluster.role("plain_owner", "LOGIN");
    let mut shop = Shop::with(cluster.database("blind"));
    shop.db.psql(&format!(
        "ALTER DATABASE \"{}\" OWNER TO plain_owner; ALTER TABLE clients OWNER TO plain_owner;
         GRANT CREATE ON SCHEMA public TO plain_owner",
        shop.db.name
    ));
    shop.url = shop.db.url_as("plain_owner");
    shop.migrate(&["--phase", "one", "--max-lag", "0s"])
        .ends_with(0)
        .says(&["cannot see how far 1 standby is behind", "`pg_monitor`"]);
}
