//! Who writes meanwhile. Rows that two of them write are never in one transaction with others, so that
//! without a migration they would never wait for each other for long.

use std::time::Duration;

use super::statement::{Client, Report, Who};
use super::{Scene, Stage};
use crate::clara::Surroundings;
use crate::cluster::Database;
use crate::ground::size;

/// A program that uses Clara's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Application {
    /// Knows the old form alone, and reaches it as the schema `clara`.
    Old,
    /// The same, with a key of the service.
    OldService,
    /// Knows the tables themselves, and of a client's names only `name`.
    Base,
    /// Knows the old form, and thinks long before it commits.
    Slow,
    /// Knows the new form, and uses as much of it as there is.
    New,
}

/// Versions of phase 1 from which the new form is there.
const NAMES: i64 = 18;
const NAMES_UNIQUE: i64 = 24;
const SIZES: i64 = 30;
const LEADS: i64 = 33;

const PAUSE: Duration = Duration::from_millis(4);
/// Longer than a statement of a migration waits.
const THOUGHT: Duration = Duration::from_millis(3500);
const WRITTEN: [&str; 5] = ["50-200", "10k", "about three", "", "1,000-5,000"];

impl Application {
    pub(super) const ALL: [Self; 5] = [
        Self::Old,
        Self::OldService,
        Self::Base,
        Self::Slow,
        Self::New,
    ];

    /// Works until the drill is over, or something fails.
    pub(super) fn work(
        self,
        db: &Database<'_>,
        scene: &Scene,
        surroundings: Surroundings,
    ) -> Report {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let who = match self {
                Self::OldService => Who::Service,
                Self::New => Who::Crm,
                Self::Old | Self::Base | Self::Slow => Who::App,
            };
            let mut client = Client::connect(db, scene, who, surroundings).await.unwrap();
            client.report.wrote.new_form = self == Self::New;
            let mut n = 0;
            while scene.stage() != Stage::Over {
                n += 1;
                let done = match self {
                    Self::Old => old(&mut client, n, "old").await,
                    Self::OldService => old(&mut client, n, "service").await,
                    Self::Base => base(&mut client, n).await,
                    Self::Slow => slow(&mut client, n).await,
                    Self::New => new(&mut client, scene.version(), n).await,
                };
                if let Err(error) = done {
                    let failed = &mut client.report.failed;
                    failed.get_or_insert_with(|| error.to_string());
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
            client.report
        })
    }
}

/// A row of those that were there before, another one each time.
fn existing(table: &str, n: usize) -> String {
    let all = match table {
        "client" => size().clients,
        _ => size().leads,
    };
    // The first is the slow one's.
    let number = n.wrapping_mul(7919) % usize::try_from(all - 1).unwrap() + 2;
    format!("{table}{number}")
}

async fn old(client: &mut Client<'_>, n: usize, me: &str) -> Result<(), sqlx::Error> {
    let written = WRITTEN[n % WRITTEN.len()];
    match n % 9 {
        0 | 1 => {
            let email = format!("{me}{}@drill.io", n / 9 % 40);
            let name = if n.is_multiple_of(2) {
                "John Smith".to_owned()
            } else {
                format!("{me} {n}")
            };
            let sql = "INSERT INTO clients (name, email, company, company_size) VALUES ($1, $2, 'Acme', $3)
                ON CONFLICT (email) DO UPDATE SET name = EXCLUDED.name, company_size = EXCLUDED.company_size RETURNING id::text";
            let query = sqlx::query(sql)
                .bind(name.clone())
                .bind(email)
                .bind(written);
            let id = client.run("old upsert by e-mail", query).await?;
            client.report.wrote.wrote(id, &name, Some(written));
        }
        2 => {
            let Some(id) = client.report.wrote.any(n) else {
                return Ok(());
            };
            let name = format!("{me} again {n}");
            let sql = "UPDATE clients SET company_size = $2, name = $3 WHERE id = $1::uuid";
            let query = sqlx::query(sql)
                .bind(id.clone())
                .bind(written)
                .bind(name.clone());
            client.run("old update of its own client", query).await?;
            client.report.wrote.wrote(Some(id), &name, Some(written));
        }
        3 => {
            let sql = "UPDATE clients SET company_size = $2, name = $3 WHERE id = md5($1)::uuid";
            let query = sqlx::query(sql)
                .bind(existing("client", n))
                .bind(written)
                .bind(format!("{me} there {n}"));
            client.run("old update of any client", query).await?;
        }
        4 if me == "old" => {
            let some: Vec<String> = (0..20).map(|k| existing("client", n * 31 + k)).collect();
            let sql = "UPDATE clients SET status = 'seen' WHERE id IN (SELECT md5(k)::uuid FROM unnest($1::text[]) AS k)";
            client
                .run("old update of many clients", sqlx::query(sql).bind(some))
                .await?;
        }
        4 => {
            let sql = "SELECT name, clients.* FROM clients WHERE email = $1";
            client
                .run(
                    "old select of all columns",
                    sqlx::query(sql).bind("client4@x.io"),
                )
                .await?;
        }
        5 => {
            let sql = "INSERT INTO leads (name, email, company, qualification_status, lead_score, assigned_agent, created_at)
                VALUES ($1, $2, $3, 'Red hot', 90, 'sales_agent', NULL)";
            let query = sqlx::query(sql)
                .bind(format!("Lead {n}"))
                .bind(format!("lead{n}@{me}.drill.io"))
                .bind(format!("Firm {}", n % 50));
            client
                .run("old insert of a lead without a client", query)
                .await?;
        }
        6 => {
            let sql = "UPDATE leads SET name = $2, assigned_agent = 'sales_agent', qualification_status = 'sales_qualified' WHERE id = md5($1)::uuid";
            let query = sqlx::query(sql)
                .bind(existing("lead", n))
                .bind(format!("{me} {n}"));
            client.run("old update of any lead", query).await?;
        }
        7 => {
            let session = format!("{me} {n}");
            let sql = "INSERT INTO conversations (session_id) VALUES ($1)";
            client
                .run(
                    "old insert of a session",
                    sqlx::query(sql).bind(session.clone()),
                )
                .await?;
            let sql = "UPDATE conversations SET lead_id = md5($2)::uuid, messages = '[{\"role\": \"user\", \"content\": \"hi\"}]',
                status = 'completed', ended_at = started_at + interval '90 seconds' WHERE session_id = $1";
            let query = sqlx::query(sql)
                .bind(session.clone())
                .bind(existing("lead", n));
            client.run("old end of a session", query).await?;
            let sql = "INSERT INTO activities (lead_id, activity_type, session_id) VALUES (md5($2)::uuid, 'carrier_pigeon', $1)";
            let query = sqlx::query(sql).bind(session).bind(existing("lead", n));
            client.run("old insert of an activity", query).await?;
        }
        _ => {
            client.run("begin", sqlx::query("BEGIN")).await?;
            let sql = "INSERT INTO clients (name, company_size) VALUES ('John Smith', $1), ('John Smith', '7') RETURNING id::text";
            let id = client
                .run(
                    "old insert of two in a transaction",
                    sqlx::query(sql).bind(written),
                )
                .await?;
            let sql = "INSERT INTO leads (client_id, name) VALUES ($1::uuid, 'John Smith')";
            client
                .run(
                    "old insert of a lead in a transaction",
                    sqlx::query(sql).bind(id.clone()),
                )
                .await?;
            client.run("commit", sqlx::query("COMMIT")).await?;
            client.report.wrote.wrote(id, "John Smith", Some(written));
        }
    }
    Ok(())
}

async fn base(client: &mut Client<'_>, n: usize) -> Result<(), sqlx::Error> {
    let name = if n.is_multiple_of(5) {
        "John Smith".to_owned()
    } else {
        format!("base {n}")
    };
    match n % 3 {
        0 => {
            let sql = "INSERT INTO public.clients (name) VALUES ($1) RETURNING id::text";
            let id = client
                .run("base insert", sqlx::query(sql).bind(name.clone()))
                .await?;
            client.report.wrote.wrote(id, &name, None);
        }
        1 => {
            let Some(id) = client.report.wrote.any(n) else {
                return Ok(());
            };
            let sql = "UPDATE public.clients SET name = $2 WHERE id = $1::uuid";
            let query = sqlx::query(sql).bind(id.clone()).bind(name.clone());
            client.run("base update", query).await?;
            client.report.wrote.wrote(Some(id), &name, None);
        }
        _ => {
            let sql = "INSERT INTO public.clients (name, email) VALUES ($1, $2)
                ON CONFLICT (email) DO UPDATE SET name = EXCLUDED.name RETURNING id::text";
            let query = sqlx::query(sql)
                .bind(name.clone())
                .bind(format!("base{}@drill.io", n / 3 % 30));
            let id = client.run("base upsert by e-mail", query).await?;
            client.report.wrote.wrote(id, &name, None);
        }
    }
    Ok(())
}

async fn slow(client: &mut Client<'_>, n: usize) -> Result<(), sqlx::Error> {
    client.run("begin", sqlx::query("BEGIN")).await?;
    let name = if n.is_multiple_of(2) {
        "John Smith".to_owned()
    } else {
        format!("slow {n}")
    };
    let sql = "INSERT INTO clients (name, company_size) VALUES ($1, '3') RETURNING id::text";
    let id = client
        .run("slow insert", sqlx::query(sql).bind(name.clone()))
        .await?;
    let sql = "UPDATE clients SET phone = $1 WHERE id = md5('client1')::uuid";
    client
        .run(
            "slow update of a client",
            sqlx::query(sql).bind(n.to_string()),
        )
        .await?;
    tokio::time::sleep(THOUGHT / 2).await;
    let sql = "INSERT INTO leads (client_id, name) VALUES ($1::uuid, 'slow')";
    client
        .run("slow insert of a lead", sqlx::query(sql).bind(id.clone()))
        .await?;
    let sql = "UPDATE leads SET assigned_agent = 'sales_agent' WHERE id = md5('lead1')::uuid";
    client
        .run("slow update of a lead", sqlx::query(sql))
        .await?;
    tokio::time::sleep(THOUGHT / 2).await;
    client.run("commit", sqlx::query("COMMIT")).await?;
    client.report.wrote.wrote(id, &name, Some("3"));
    tokio::time::sleep(THOUGHT / 2).await;
    Ok(())
}

async fn new(client: &mut Client<'_>, version: i64, n: usize) -> Result<(), sqlx::Error> {
    match n % 5 {
        0 if version >= NAMES => {
            let name = format!("New {n}");
            let sql = "INSERT INTO public.clients (client_name, email, location) VALUES ($1, $2, 'Oslo') RETURNING id::text";
            let query = sqlx::query(sql)
                .bind(name.clone())
                .bind(format!("new{n}@drill.io"));
            let id = client.run("new insert", query).await?;
            client.report.wrote.wrote(id, &name, None);
        }
        1 if version >= SIZES => {
            let Some(id) = client.report.wrote.any(n) else {
                return Ok(());
            };
            let (name, number) = (format!("Newly {n}"), i32::try_from(n % 1000).unwrap());
            let sql =
                "UPDATE public.clients SET company_size = $2, client_name = $3 WHERE id = $1::uuid";
            let query = sqlx::query(sql)
                .bind(id.clone())
                .bind(number)
                .bind(name.clone());
            client.run("new update", query).await?;
            client
                .report
                .wrote
                .wrote(Some(id), &name, Some(&number.to_string()));
        }
        2 if (NAMES..NAMES_UNIQUE).contains(&version) => {
            // Some of these rows wait for the backfill, which must not give them the name as well.
            let number = n * 20 % usize::try_from(size().clients).unwrap() + 14;
            let sql = "INSERT INTO public.clients (client_name) VALUES ($1)";
            let query = sqlx::query(sql).bind(format!("Person {number}"));
            client
                .run_unless_taken("new insert of a name of before", query)
                .await?;
        }
        2 if version >= NAMES_UNIQUE => {
            let name = format!("New upsert {}", n / 5 % 20);
            let sql = "INSERT INTO public.clients (client_name, location) VALUES ($1, 'Rome')
                ON CONFLICT (client_name) DO UPDATE SET location = EXCLUDED.location RETURNING id::text";
            client
                .run("new upsert by name", sqlx::query(sql).bind(name))
                .await?;
        }
        3 if version >= LEADS => {
            let Some(id) = client.report.wrote.any(n) else {
                return Ok(());
            };
            let sql = "INSERT INTO public.leads (client_id, agent_id, status_bucket, lead_source, contact_person, sync_lock)
                SELECT $1::uuid, u.id, 'P3', 'voice_assistant', 'New lead', true FROM public.users AS u WHERE u.email = 'clara@trendtialcrm.ai'";
            client
                .run("new insert of a lead", sqlx::query(sql).bind(id))
                .await?;
        }
        4 if version >= LEADS => {
            let sql = "UPDATE public.leads SET contact_person = $2, status_bucket = 'P1',
                agent_id = (SELECT u.id FROM public.users AS u WHERE u.email = 'clara@trendtialcrm.ai') WHERE id = md5($1)::uuid";
            let query = sqlx::query(sql)
                .bind(existing("lead", n))
                .bind(format!("Newly named {n}"));
            client.run("new update of any lead", query).await?;
        }
        _ => {}
    }
    Ok(())
}
