//! Filling an empty database fast, by the owner's login: for measuring. Triggers, keys and indexes are laid aside and made anew
//! when the rows are there; all of it is one transaction, so that a load that breaks off leaves the database as it was.

use super::{migrate::Fault, roles};
use futures_util::SinkExt;
use std::io::Cursor;
use tokio_postgres::{Client, CopyInSink};
use uuid::Uuid;

/// An open load.
pub struct Load {
    client: Client,
    tables: Vec<String>,
    /// How to make anew what was laid aside, in order.
    restore: Vec<String>,
}

/// Keys before what refers to them; the roll-up is filled last and is laid aside too.
const LAID_ASIDE: &str = "
    select format('alter table %s drop constraint %I', c.conrelid::regclass, c.conname),
      format('alter table %s add constraint %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)),
      case c.contype when 'f' then 0 else 1 end
    from pg_constraint c where c.contype in ('f', 'p', 'u') and (c.conrelid = any($1::text[]::regclass[]) or c.confrelid = any($1::text[]::regclass[]))
    union all
    select format('drop index %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid), 2
    from pg_index i where i.indrelid = any($1::text[]::regclass[]) and not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u'))
    order by 3, 1";

impl Load {
    /// Begins to fill tables of a database that holds no organisation; `None` where it holds one. `url` logs in as the owner.
    pub async fn begin(url: &str, tables: &[&str]) -> Result<Option<Self>, Fault> {
        let client = roles::connect(url).await?;
        client
            .batch_execute(
                "begin; set local maintenance_work_mem = '512MB'; set local work_mem = '256MB'; lock table organization",
            )
            .await?;
        if client.query_one("select exists (select from organization)", &[]).await?.get(0) {
            return Ok(None);
        }
        let tables: Vec<String> = tables.iter().map(|name| (*name).to_owned()).collect();
        let mut restore = Vec::new();
        let mut aside = tables.clone();
        aside.push("tally".to_owned());
        for row in client.query(LAID_ASIDE, &[&aside]).await? {
            client.batch_execute(row.get(0)).await?;
            restore.push(row.get(1));
        }
        restore.reverse();
        for name in &tables {
            // COPY knows no row-level security, which binds the owner too.
            client
                .batch_execute(&format!(
                    "alter table {name} disable trigger user; alter table {name} no force row level security"
                ))
                .await?;
            restore.push(format!("alter table {name} enable trigger user"));
            restore.push(format!("alter table {name} force row level security"));
        }
        Ok(Some(Self { client, tables, restore }))
    }

    /// Writes lines of COPY's text into a table; returns how many rows there were.
    pub async fn copy(&self, table: &str, columns: &str, blocks: impl Iterator<Item = String>) -> Result<u64, Fault> {
        let sink: CopyInSink<Cursor<Vec<u8>>> = self.client.copy_in(&format!("copy {table} ({columns}) from stdin")).await?;
        let mut sink = std::pin::pin!(sink);
        for block in blocks {
            sink.send(Cursor::new(block.into_bytes())).await?;
        }
        Ok(sink.finish().await?)
    }

    /// Counts the roll-up, makes anew what was laid aside, and lets the planner look. Returns how many entries the roll-up has.
    pub async fn end(self) -> Result<i64, Fault> {
        let entries = self.client.query_one("select mistok.rebuild_tally()", &[]).await?.get(0);
        for sql in &self.restore {
            self.client.batch_execute(sql).await?;
        }
        self.client.batch_execute("commit").await?;
        for name in self.tables.iter().map(String::as_str).chain(["tally"]) {
            self.client.batch_execute(&format!("vacuum analyze {name}")).await?;
        }
        Ok(entries)
    }
}

/// What the codifier and the classifier say, for rows that refer to them.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// Code and name of each hromada, and of each city that is one.
    pub hromadas: Vec<(String, String)>,
    pub services: Vec<Uuid>,
}

impl Ground {
    pub async fn read(url: &str) -> Result<Self, Fault> {
        let client = roles::connect(url).await?;
        let hromadas = "select code, name from territory where level in ('HROMADA', 'SPECIAL_CITY') order by code";
        let services = "select id::text from service_type order by code";
        Ok(Self {
            hromadas: client.query(hromadas, &[]).await?.iter().map(|row| (row.get(0), row.get(1))).collect(),
            services: client.query(services, &[]).await?.iter().filter_map(|row| row.get::<_, &str>(0).parse().ok()).collect(),
        })
    }
}
