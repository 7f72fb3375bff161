//! The database: PostgreSQL of our own with a country's data, which stays for the next run of the same size.

use super::{
    Outcome, account,
    town::{self, Plan, Town},
};
use mistok::{
    application::operator::{self, Register},
    base::{clock::Clock, min_cell::MinCells},
    config::MasterKeys,
    db::{
        Db, Errand,
        embedded::{self, Cluster, Durability},
        load::{Ground as Known, Load},
        migrate, roles, vault,
    },
    demo::country::{self, Country, Hromada, Table},
    indicator::release,
    seal::Seal,
};
use secrecy::SecretString;
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

pub const DATABASE: &str = "mistok";
/// Those with the most that came in, as far as it fills a page of 50.
const RECEIVERS: i64 = 20;
const SECRET: &str = "bench-bench-bench-bench-bench-bench-bench";

pub struct Ground {
    cluster: Cluster,
    dir: PathBuf,
    /// Organisations that ask, those with the most that came in first.
    pub receivers: Vec<Uuid>,
    pub ministry: Uuid,
}

impl Ground {
    pub async fn prepare(dir: &Path, plan: Plan) -> Outcome<Self> {
        let stamp = dir.join("plan");
        let wanted = format!("{plan:?}");
        if fs::read_to_string(&stamp).ok().as_deref() != Some(&wanted) {
            embedded::erase(dir)?;
        }
        let cluster = Cluster::start(dir, Durability::Kept)?;
        let superuser = cluster.url(embedded::SUPERUSER, "postgres");
        roles::make(&superuser, &roles::Passwords::default()).await?;
        roles::make_database(&superuser, DATABASE).await?;
        let mut ground = Self { cluster, dir: dir.to_owned(), receivers: Vec::new(), ministry: town::id(0, 1) };
        migrate::up(&ground.owner_url()).await?;
        let made = Command::new(env!("CARGO_BIN_EXE_mistok")).arg("keys").arg(ground.keys()).output()?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).into());
        }
        if !stamp.exists() {
            eprintln!("making the data of {} (once)", dir.display());
            ground.fill(plan).await?;
            fs::write(&stamp, wanted)?;
        }
        ground.again().await?;
        Ok(ground)
    }

    pub fn keys(&self) -> PathBuf {
        self.dir.join("keys")
    }

    pub fn app_url(&self) -> String {
        self.cluster.url(roles::APP, DATABASE)
    }

    fn owner_url(&self) -> String {
        self.cluster.url(roles::OWNER, DATABASE)
    }

    /// Past all walls.
    pub fn superuser_url(&self) -> String {
        self.cluster.url(embedded::SUPERUSER, DATABASE)
    }

    pub async fn superuser(&self) -> Outcome<Client> {
        connect(&self.superuser_url()).await
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where its socket lies.
    pub fn socket(&self) -> PathBuf {
        self.dir.join("run")
    }

    /// Processor time of all of PostgreSQL.
    pub fn spent(&self) -> Duration {
        account::number(&self.dir.join("cluster/postmaster.pid")).map_or(Duration::ZERO, account::with_children)
    }

    /// The id and the secret of an organisation's application.
    pub fn client(organization_id: Uuid) -> (String, &'static str) {
        (format!("bench-{organization_id}"), SECRET)
    }

    /// As the server has them.
    pub async fn doors(&self, size: usize) -> Outcome<(Db, Seal)> {
        let db = Db::new(&self.app_url(), size, Clock::default()).map_err(told)?;
        let masters = MasterKeys::read(&SecretString::from(fs::read_to_string(self.keys().join("master-key"))?));
        let seal = vault::open(&db, masters.ok_or("no master key")?.all()).await.map_err(told)?;
        Ok((db, seal))
    }

    async fn fill(&self, plan: Plan) -> Outcome {
        let url = self.owner_url();
        let (db, seal) = self.doors(2).await?;
        let regions: HashMap<String, String> = {
            let client = self.superuser().await?;
            let rows = client.query("select code, region_code from territory where region_code is not null", &[]).await?;
            rows.iter().map(|row| (row.get(0), row.get(1))).collect()
        };
        let known = Known::read(&url).await?;
        let hromadas: Vec<Hromada> = known.hromadas.into_iter().map(|(code, name)| Hromada { code, name }).collect();
        let year = 2025;
        let size = country::Plan { hromadas: hromadas.len(), cases: plan.cases, services: plan.services, year, seed: 1 };
        let country = Country::new(size, &hromadas, &known.services).ok_or("no country")?;
        let services = &known.services[..6];
        let town = Town::new(plan, &seal, services, country.blocks(Table::Case), |code| regions[code].clone());

        let tables = Table::ALL.iter().map(|table| table.target().0).chain(town::TABLES[1..].iter().map(|(name, _)| *name));
        let load = Load::begin(&url, &tables.collect::<Vec<_>>()).await?.ok_or("the database is not empty")?;
        for table in Table::ALL {
            let (name, columns) = table.target();
            eprintln!("{name}: {}", load.copy(name, columns, country.blocks(table)).await?);
        }
        let (keys, sealed) = town.persons();
        for (name, columns) in town::TABLES {
            let rows = match name {
                "vault.person_key" => load.copy(name, columns, keys.iter().cloned()).await?,
                "sealed" => load.copy(name, columns, sealed.iter().cloned()).await?,
                _ => load.copy(name, columns, town.blocks(name)).await?,
            };
            eprintln!("{name}: {rows}");
        }
        eprintln!("counted: {}", load.end().await?);

        let client = self.superuser().await?;
        let ministry = format!(
            "insert into organization (id, kind, name, search, created_at, updated_at) values ('{}', 'MINISTRY', 'Міністерство', 'міністерство', now(), now())",
            self.ministry
        );
        client.batch_execute(&ministry).await?;
        for organization_id in self.largest(&client).await?.into_iter().chain([self.ministry]) {
            let (client_id, secret) = Self::client(organization_id);
            let wish = Register {
                organization_id,
                name: "bench".into(),
                client_id: Some(client_id),
                secret: Some(secret.into()),
                ..Register::default()
            };
            operator::register(&db, &seal, Errand::Demo, wish).await.map_err(told)?;
        }
        eprintln!("published: {} months", release::publish_due(&db, MinCells::default()).await.map_err(told)?);
        Ok(())
    }

    async fn largest(&self, client: &Client) -> Outcome<Vec<Uuid>> {
        let sql = "select receiver_id from referral where sent_at is not null group by 1 having count(*) >= 50 order by count(*) desc, 1 limit $1";
        Ok(client.query(sql, &[&RECEIVERS]).await?.iter().map(|row| row.get(0)).collect())
    }

    /// What the last run has accepted is sent again, and the planner looks.
    async fn again(&mut self) -> Outcome {
        let client = self.superuser().await?;
        self.receivers = self.largest(&client).await?;
        client
            .batch_execute(
                "set session_replication_role = replica;
                 create temporary table touched as select object_id as id from change where object_type = 'REFERRAL';
                 update referral set status = 'SENT', version = 2, accepted_at = null, shared_groups = null where id in (select id from touched);
                 update referral_party p set status = 'SENT', due_at = r.respond_by, version = 2 from referral r where r.id = p.referral_id and r.id in (select id from touched);
                 delete from referral_event where referral_id in (select id from touched) and version > 2;
                 delete from referral_clock where referral_id in (select id from touched) and phase <> 'RESPOND';
                 update referral_clock set stopped_at = null where referral_id in (select id from touched);
                 truncate change, change_audience, change_head, access, idempotency;",
            )
            .await?;
        for then in ["reset session_replication_role", "vacuum analyze"] {
            client.batch_execute(then).await?;
        }
        Ok(())
    }

    /// Before each measurement: the first change of a page after a checkpoint costs most, and nobody is to find that another one has paid it.
    pub async fn settle(&self) -> Outcome {
        Ok(self.superuser().await?.batch_execute("checkpoint").await?)
    }
}

/// A connection that lives in the runtime.
pub async fn connect(url: &str) -> Outcome<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

pub fn told(fault: mistok::base::Error) -> String {
    format!("{fault:?}")
}
