//! Where drills take place: a server a kind of surroundings, with a filled database to copy from.

use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::clara::{self, Roles, Surroundings};
use crate::cluster::{Cluster, Database, Settings};

/// How much of everything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) clients: u32,
    pub(crate) leads: u32,
    pub(crate) activities: u32,
    pub(crate) conversations: u32,
    pub(crate) kills: u32,
}

const FULL: Size = Size {
    clients: 200_000,
    leads: 300_000,
    activities: 200_000,
    conversations: 100_000,
    kills: 50,
};
const ORDINARY: Size = Size {
    clients: FULL.clients / 20,
    leads: FULL.leads / 20,
    activities: FULL.activities / 20,
    conversations: FULL.conversations / 20,
    kills: 5,
};

pub(crate) fn size() -> Size {
    match std::env::var("ALIGN_DRILL").as_deref() {
        Ok("full") => FULL,
        Ok(other) => panic!("ALIGN_DRILL is `{other}`; it is `full` or not set"),
        Err(_) => ORDINARY,
    }
}

/// The rights of a hosted project's `postgres`: a good many, but not a superuser's.
const HOSTED: Roles = Roles {
    owner: "drill_owner",
    attributes: "LOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS",
    app: "drill_app",
};
/// The owner of a plain database, and nothing more.
const OWNER: Roles = Roles {
    attributes: "LOGIN",
    ..HOSTED
};

/// Everything that the road asks consent for.
pub(crate) const CONSENT: [&str; 3] = ["--yes", "--allow", "breaks-clients"];
pub(crate) const CONSENT_BACK: [&str; 3] = [
    "--yes",
    "--allow",
    "breaks-clients,deletes-data,blocks-writes,not-reversible",
];
const ROAD: [&str; 6] = [
    "--phase", "phase1", "--phase", "phase2", "--phase", "phase3",
];

/// A server with a filled database, which is never changed itself.
pub(crate) struct Ground {
    pub(crate) cluster: Cluster,
    template: String,
    /// The schema before anything happened.
    pub(crate) schema: String,
    /// The rows before anything happened.
    pub(crate) rows: String,
}

pub(crate) fn ground(surroundings: Surroundings) -> &'static Ground {
    static SUPABASE: OnceLock<Ground> = OnceLock::new();
    static PLAIN: OnceLock<Ground> = OnceLock::new();
    let place = match surroundings {
        Surroundings::Supabase => &SUPABASE,
        Surroundings::Plain => &PLAIN,
    };
    place.get_or_init(|| Ground::lay(surroundings))
}

/// Drills take turns: they measure how long things take.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ground {
    fn lay(surroundings: Surroundings) -> Self {
        let cluster = Cluster::start(&Settings {
            // A live server has both, and statistics with them.
            configuration: &[
                "autovacuum = on",
                "shared_buffers = 256MB",
                "max_wal_size = 1GB",
            ],
            ..Settings::default()
        });
        let roles = match surroundings {
            Surroundings::Supabase => HOSTED,
            Surroundings::Plain => OWNER,
        };
        let db = clara::make(&cluster, "drill", &roles, surroundings);
        if surroundings == Surroundings::Supabase {
            cluster.role("supabase_auth_admin", "NOINHERIT");
            db.psql(&format!(
                "ALTER SCHEMA auth OWNER TO supabase_auth_admin;
                 ALTER TABLE auth.users OWNER TO supabase_auth_admin;
                 GRANT anon, authenticated, service_role TO {owner};
                 CREATE PUBLICATION supabase_realtime;
                 ALTER PUBLICATION supabase_realtime OWNER TO {owner};",
                owner = roles.owner
            ));
        }
        let Size {
            clients,
            leads,
            activities,
            conversations,
            ..
        } = size();
        let rows = include_str!("../fixtures/drills/rows.sql");
        let began = Instant::now();
        db.psql(&format!(
            "\\set clients {clients}\n\\set leads {leads}\n\\set activities {activities}\n\\set conversations {conversations}\n{rows}"
        ));
        eprintln!(
            "{surroundings:?}: {clients} clients, {leads} leads, {activities} activities, {conversations} conversations made in {:.1} s",
            began.elapsed().as_secs_f64()
        );
        let (schema, rows) = (clara::dump(&db, "public"), clara::rows(&db));
        let template = db.name;
        Self {
            cluster,
            template,
            schema,
            rows,
        }
    }

    /// A database to work on.
    pub(crate) fn copy(&self, name: &str) -> Database<'_> {
        let db = self.cluster.copy(&self.template, name);
        db.psql(&format!(
            "ALTER DATABASE \"{}\" OWNER TO {}",
            db.name, HOSTED.owner
        ));
        db
    }
}

/// `align` with these, as the owner.
fn command(db: &Database<'_>, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
    command
        .args(["migrate", "--map", "mappings/clara-to-trendtialcrm"])
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .env("HOME", db.cluster.socket())
        .env("LC_ALL", "C.UTF-8")
        .env("USER", "dora")
        .env("DATABASE_URL", db.url_as(HOSTED.owner))
        .stdin(Stdio::null());
    command
}

/// What the application of Clara's signs in as.
pub(crate) fn app() -> &'static str {
    HOSTED.app
}

/// What the owner signs in as.
pub(crate) fn owner() -> &'static str {
    HOSTED.owner
}

/// Starts `align migrate` over all three phases.
pub(crate) fn start(db: &Database<'_>) -> Child {
    let mut command = command(db, &[&ROAD[..], &CONSENT[..]].concat());
    // Nobody reads while it runs, and a pipe that is full would hold it up.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// `align migrate` over all three phases; gives what it said and how long it took.
#[track_caller]
pub(crate) fn migrate(db: &Database<'_>) -> (String, Duration) {
    run(db, &[&ROAD[..], &CONSENT[..]].concat())
}

/// Takes all three phases back.
#[track_caller]
pub(crate) fn take_back(db: &Database<'_>) -> Duration {
    let mut took = Duration::ZERO;
    for phase in ["phase3", "phase2", "phase1"] {
        took += run(db, &[&["--undo", phase], &CONSENT_BACK[..]].concat()).1;
    }
    took
}

#[track_caller]
fn run(db: &Database<'_>, args: &[&str]) -> (String, Duration) {
    let began = Instant::now();
    let Output {
        status,
        stdout,
        stderr,
    } = command(db, args).output().unwrap();
    let said = String::from_utf8_lossy(&stdout).into_owned();
    assert!(
        status.success(),
        "{args:?} ends with {status}\n{said}{}",
        String::from_utf8_lossy(&stderr)
    );
    (said, began.elapsed())
}
