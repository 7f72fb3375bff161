//! The audit as lines of a file, JSON each: what was signed, with all that is needed to check it. Entries come before the root that covers
//! them; what no root covers yet is left for the next export.

use super::{
    Entry, Root,
    entry::{Change, Read},
    store,
};
use crate::{
    base::{Error, Result},
    db::{Db, Errand},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::io::Write;

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Line {
    /// The first.
    Export(Head),
    Key(Key),
    Change(Change),
    Read(Read),
    Root(Root),
    /// The last.
    End(Told),
}

/// What the file is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Head {
    pub version: u32,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

/// A public key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Key {
    pub id: String,
    pub public_key: String,
    pub since: DateTime<Utc>,
    pub until: Option<DateTime<Utc>>,
}

/// How much there was of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Told {
    pub changes: u64,
    pub reads: u64,
    pub roots: u64,
}

/// Of which shape the lines are.
pub const VERSION: u32 = 1;

/// Writes what roots of a stretch of time cover, root by root: nothing grows with the length of the stretch.
pub async fn write(db: &Db, from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>, out: &mut impl Write) -> Result<Told> {
    let mut told = Told::default();
    line(out, &Line::Export(Head { version: VERSION, from, to }))?;
    let tx = db.errand(Errand::Audit).await?;
    for key in store::keys(tx.link()).await? {
        line(out, &Line::Key(Key { id: key.id, public_key: key.public_key, since: key.since, until: key.until }))?;
    }
    tx.commit().await?;
    let mut number = 0;
    loop {
        let tx = db.errand(Errand::Audit).await?;
        let Some(root) = store::root_between(tx.link(), number, from, to).await? else { break };
        let entries = store::entries(tx.link(), &root.from_place, &root.until_place).await?;
        tx.commit().await?;
        for entry in entries {
            match entry {
                Entry::Change(change) => {
                    told.changes += 1;
                    line(out, &Line::Change(change))?;
                }
                Entry::Read(read) => {
                    told.reads += 1;
                    line(out, &Line::Read(read))?;
                }
            }
        }
        (number, told.roots) = (root.number, told.roots + 1);
        line(out, &Line::Root(root))?;
    }
    line(out, &Line::End(told))?;
    out.flush().map_err(Error::internal)?;
    Ok(told)
}

fn line(out: &mut impl Write, line: &Line) -> Result<()> {
    serde_json::to_writer(&mut *out, line).map_err(Error::internal)?;
    out.write_all(b"\n").map_err(Error::internal)
}
