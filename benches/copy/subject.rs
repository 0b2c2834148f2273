//! What is copied: leads as one application keeps them into the table of another one.

use std::process::Command;

use crate::Before;
use crate::cluster::{Cluster, Database};

/// What both sides have, and refer to.
const AROUND: &str = "
    CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL UNIQUE);
    INSERT INTO users SELECT md5('user ' || n)::uuid, 'user' || n || '@example.com' FROM generate_series(1, 100) AS n;
    CREATE TABLE clients (id uuid PRIMARY KEY, client_name text NOT NULL);
    INSERT INTO clients SELECT md5('client ' || n)::uuid, 'Client ' || n FROM generate_series(1, 50000) AS n;";
/// As the other application has them.
const LEADS: &str = "
    CREATE TABLE leads (
        id uuid PRIMARY KEY,
        client_id uuid NOT NULL REFERENCES clients,
        lead_name text NOT NULL,
        email text,
        source text NOT NULL DEFAULT 'clara',
        team_size integer CHECK (team_size >= 0),
        agent_id uuid REFERENCES users,
        remarks text,
        created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX leads_client_id_idx ON leads (client_id);
    CREATE INDEX leads_agent_id_idx ON leads (agent_id);
    CREATE INDEX leads_created_at_idx ON leads (created_at);
    CREATE INDEX leads_email_idx ON leads (lower(email));";
/// As the first one has them.
const OURS: &str = "
    CREATE TABLE leads (
        id uuid PRIMARY KEY,
        client_id uuid NOT NULL,
        name text NOT NULL,
        email text,
        source text NOT NULL,
        company_size text,
        agent text,
        notes text,
        added_at timestamptz NOT NULL
    );
    INSERT INTO leads
    SELECT md5('lead ' || n)::uuid, md5('client ' || 1 + n % 50000)::uuid, 'Lead number ' || n, 'lead' || n || '@example.com',
           (ARRAY['web', 'phone', 'fair'])[1 + n % 3],
           (ARRAY['1-10', '11-50', '50-200', '201-500', '500+', '75', '1,000-5,000', NULL])[1 + n % 8],
           'user' || 1 + n % 100 || '@example.com', repeat('note ', (n % 12)::integer),
           '2024-01-01'::timestamptz + n * interval '1 minute'
    FROM generate_series(1, :rows) AS n;";
const MAPPING: &str = r#"format = 1
[[table]]
from = "leads"
to = "leads"
[[column]]
from = "leads.name"
to = "leads.lead_name"
[[column]]
from = "leads.notes"
to = "leads.remarks"
[[column]]
from = "leads.added_at"
to = "leads.created_at"
[[column]]
from = "leads.company_size"
to = "leads.team_size"
range = { rule = "lower", open = "end" }
[[column]]
from = "leads.agent"
to = "leads.agent_id"
lookup = { table = "users", match = "email", take = "id" }
"#;

/// Both sides.
pub(crate) struct Subject<'c> {
    pub(crate) rows: u64,
    pub(crate) port: u16,
    /// Rows that need the mapping.
    pub(crate) from: Database<'c>,
    /// The same rows as the target keeps them, for those that do not map.
    pub(crate) plain: Database<'c>,
    /// What a target is made from: with an empty table, with half of the rows, without the table.
    targets: [Database<'c>; 3],
    pub(crate) folder: tempfile::TempDir,
    sum: String,
}

impl<'c> Subject<'c> {
    pub(crate) fn fill(cluster: &'c Cluster, rows: u64) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pair = folder.path().join("leads");
        std::fs::create_dir(&pair).expect("it is writable");
        std::fs::write(pair.join("mapping.toml"), MAPPING).expect("it is writable");
        let from = cluster.database("from");
        from.psql(&OURS.replace(":rows", &rows.to_string()));
        from.psql("VACUUM (FREEZE, ANALYZE)");
        let targets = ["empty", "half", "nothing"].map(|name| cluster.database(name));
        for target in &targets {
            target.psql(AROUND);
        }
        let [empty, half, _] = &targets;
        empty.psql(LEADS);
        let plain = cluster.copy(&empty.name, "plain");
        let mut subject = Self {
            rows,
            port: cluster.port(),
            from,
            plain,
            targets: [
                cluster.named(&empty.name),
                cluster.named(&half.name),
                cluster.named(&targets[2].name),
            ],
            folder,
            sum: String::new(),
        };
        crate::finish(subject.align(&subject.plain));
        subject
            .plain
            .psql("DROP SCHEMA align CASCADE; VACUUM (FREEZE, ANALYZE)");
        subject.sum = subject.plain.psql(SUM);
        let half = &subject.targets[1];
        half.psql(LEADS);
        half.psql(&format!(
            "INSERT INTO leads SELECT md5('lead ' || n)::uuid, md5('client ' || 1 + n % 50000)::uuid, 'Their lead ' || n
             FROM generate_series(2, {rows}, 2) AS n"
        ));
        for target in &subject.targets {
            target.psql("VACUUM (FREEZE, ANALYZE)");
        }
        subject
    }

    /// A fresh one.
    pub(crate) fn target(&self, cluster: &'c Cluster, before: Before) -> Database<'c> {
        let base = match before {
            Before::Empty => &self.targets[0],
            Before::Half => &self.targets[1],
            Before::Nothing => &self.targets[2],
        };
        cluster.copy(&base.name, "to")
    }

    /// Whether everything is there that should be.
    pub(crate) fn check(&self, title: &str, to: &Database<'_>, before: Before) {
        let counts = to.psql(
            "SELECT count(*), count(*) FILTER (WHERE lead_name LIKE 'Their %'),
                (SELECT count(*) FROM pg_index WHERE indrelid = 'leads'::regclass AND indisvalid),
                (SELECT count(*) FROM pg_constraint WHERE conrelid = 'leads'::regclass AND contype = 'f' AND convalidated)
             FROM leads",
        );
        let kept = if before == Before::Half {
            self.rows / 2
        } else {
            0
        };
        assert_eq!(counts, format!("{}|{kept}|5|2", self.rows), "{title}");
        if before != Before::Half {
            assert_eq!(to.psql(SUM), self.sum, "{title}");
        }
    }

    /// `align copy` into that database.
    pub(crate) fn align(&self, to: &Database<'_>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
        command
            .args(["copy", "--yes", "--map"])
            .arg(self.folder.path().join("leads"))
            .args(["--from", "env:FROM", "--to", "env:TO"])
            .env("FROM", self.from.url())
            .env("TO", to.url());
        command
    }
}

/// Of all values, whatever the order.
const SUM: &str = "SELECT count(*), sum(hashtextextended(l::text, 0)::numeric) FROM leads AS l";
