//! The throw-away server itself.

use crate::cluster::{self, Cluster, Settings};

#[test]
fn a_second_server_stands_beside_the_first_and_goes_away() {
    let folder = {
        let own = Cluster::start(&Settings {
            configuration: &["wal_level = logical"],
            ..Settings::default()
        });
        assert_eq!(own.database("x").psql("SHOW wal_level"), "logical");
        own.socket().to_path_buf()
    };
    assert!(!folder.exists());
}

#[test]
fn many_tests_may_load_the_shim_at_once() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let db = cluster::database("shim");
                db.load_shim();
                assert_ne!(db.psql("SELECT count(*) FROM pg_default_acl"), "0");
                db.reset_default_privileges();
                db.psql("CREATE TABLE t (id int)");
                assert_eq!(
                    db.psql("SELECT relacl FROM pg_class WHERE relname = 't'"),
                    ""
                );
            });
        }
    });
}
