//! Wakes those who follow the feed at this server, whichever server has written what is new.

use crate::{
    application::Roster,
    base::Result,
    db::{Db, Errand},
    journal::{
        ObjectType,
        feed::{self, Place},
        news::News,
    },
};
use std::time::Duration;

/// Without a ring one looks all the same: the table is the truth.
const PAUSE: Duration = Duration::from_secs(1);
/// Before one looks again for what an older transaction keeps back, and after how many times of nothing at the latest.
const SOON: Duration = Duration::from_millis(2);
const LATER: Duration = Duration::from_millis(128);
/// Entries that are looked at in one statement.
const MOST: usize = 2_000;

/// Works until it is dropped. A fault is logged and tried again; meanwhile nobody is woken, and nothing is lost.
pub async fn run(db: Db, news: &News, roster: &Roster) {
    let mut bell = db.bell().listen();
    let (mut place, mut pause) = (None, SOON);
    loop {
        bell.mark_unchanged();
        // Who begins to wait looks by itself first: while nobody waits there is nothing to do.
        let looked = if news.is_quiet() { Ok(None) } else { look(&db, news, roster, place.take()).await };
        match looked {
            Ok(Some(seen)) => {
                place = Some(seen.end);
                if seen.more {
                    continue;
                }
                if seen.waiting {
                    let _ = tokio::time::timeout(pause, bell.changed()).await;
                    pause = (pause * 2).min(LATER);
                    continue;
                }
            }
            Ok(None) => place = None,
            Err(fault) => tracing::warn!(?fault, "the feed cannot be followed"),
        }
        pause = SOON;
        let _ = tokio::time::timeout(PAUSE, bell.changed()).await;
    }
}

struct Seen {
    end: Place,
    more: bool,
    waiting: bool,
}

/// One look. Without a place it begins at the end, and wakes everybody: what came before is theirs to see.
async fn look(db: &Db, news: &News, roster: &Roster, place: Option<Place>) -> Result<Option<Seen>> {
    let tx = db.errand(Errand::Follow).await?;
    let seen = match place {
        None => {
            let end = feed::head(tx.link(), tx.now()).await?;
            news.tell([None]);
            Seen { end, more: true, waiting: false }
        }
        Some(place) => {
            let across = feed::across(tx.link(), &place, MOST).await?;
            // Who was revoked at another server is believed no longer at this one.
            let changed = across.told.iter().map(|told| &told.entry).filter(|entry| entry.object == ObjectType::Application);
            changed.for_each(|entry| roster.forget(entry.object_id));
            news.tell(across.told.iter().map(|told| told.organization));
            Seen { end: across.end, more: across.more, waiting: across.waiting }
        }
    };
    tx.commit().await?;
    Ok(Some(seen))
}
