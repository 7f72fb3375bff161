//! Wakes those who follow the feed at this server, whichever server has written what is new.

use super::pace::{Found, Pace};
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

/// Entries that are looked at in one statement.
const MOST: usize = 2_000;

/// Works until it is dropped. While it fails nobody is woken, and nothing is lost.
pub async fn run(db: Db, news: &News, roster: &Roster) {
    let (mut pace, mut place) = (Pace::of(&db), None);
    loop {
        pace.begin();
        // Who begins to wait looks by itself first: while nobody waits there is nothing to do.
        let found = if news.is_quiet() {
            place = None;
            Ok(Found::Nothing)
        } else {
            look(&db, news, roster, &mut place).await
        };
        pace.after(found, "the feed cannot be followed").await;
    }
}

/// One look. Without a place it begins at the end, and wakes everybody: what came before is theirs to see.
async fn look(db: &Db, news: &News, roster: &Roster, place: &mut Option<Place>) -> Result<Found> {
    let tx = db.errand(Errand::Follow).await?;
    let Some(from) = place else {
        *place = Some(feed::head(tx.link(), tx.now()).await?);
        tx.commit().await?;
        news.tell([None]);
        return Ok(Found::More);
    };
    let across = feed::across(tx.link(), from, MOST).await?;
    tx.commit().await?;
    // Who was revoked at another server is believed no longer at this one.
    let changed = across.told.iter().map(|told| &told.entry).filter(|entry| entry.object == ObjectType::Application);
    changed.for_each(|entry| roster.forget(entry.object_id));
    news.tell(across.told.iter().map(|told| told.organization));
    *place = Some(across.end);
    Ok(match (across.more, across.waiting) {
        (true, _) => Found::More,
        (false, true) => Found::Waiting,
        (false, false) => Found::Nothing,
    })
}
