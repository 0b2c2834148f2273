//! The live reader against a real server.

mod cluster;

#[test]
fn the_cluster_takes_databases_roles_and_the_shim() {
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                let db = cluster::database("shim");
                db.load_shim();
                db.reset_default_privileges();
                db.psql("SELECT count(*) FROM pg_default_acl")
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().expect("each loads the shim"), "0");
    }
}
