//! The feed of changes (стрічка змін): everything since the cursor that you keep, once, in order, without a gap.

pub use crate::operations::changes::{ChangeType, ChangesChangesEntries as Change};
use crate::{
    client::{Client, Error},
    operations::{Changes, ChangesHead, changes, changes_head},
};
use std::collections::VecDeque;

pub struct Feed<'a, K> {
    client: &'a Client,
    cursor: String,
    keep: K,
    read: VecDeque<Change>,
    /// The end of the page that is being read, and whether there is another one.
    end: Option<(String, bool)>,
}

impl<'a, K: FnMut(&str)> Feed<'a, K> {
    /// `keep` stores the cursor where it survives a restart: in the transaction that stores what was learnt, if there is one.
    pub fn new(client: &'a Client, cursor: String, keep: K) -> Self {
        Self { client, cursor, keep, read: VecDeque::new(), end: None }
    }

    /// From the end of now on: keep it first, then list what you need.
    pub async fn begin(client: &'a Client, mut keep: K) -> Result<Self, Error> {
        let head = client.ask::<ChangesHead>(changes_head::Variables).await?.changes_head;
        keep(&head);
        Ok(Self::new(client, head, keep))
    }

    /// What has happened since, one after the other; `None`: that is all, ask again later. A page counts as read when the next one is
    /// asked for, so after a crash some come again: compare `object_version` with what you have. A type that is `Other` is a new one:
    /// pass it over. `lost` tells of an error whether to begin again.
    pub async fn next(&mut self) -> Result<Option<Change>, Error> {
        loop {
            if let Some(change) = self.read.pop_front() {
                return Ok(Some(change));
            }
            if let Some((end, more)) = self.end.take() {
                (self.keep)(&end);
                self.cursor = end;
                if !more {
                    return Ok(None);
                }
            }
            let asked = changes::Variables { after: Some(self.cursor.clone()), types: None };
            let page = self.client.ask::<Changes>(asked).await?.changes;
            self.read = page.entries.into();
            self.end = Some((page.end_cursor, page.has_more));
        }
    }
}

/// The cursor is too old, or of a database that was restored: `Feed::begin`, list everything anew, go on from there.
pub fn lost(fault: &Error) -> bool {
    matches!(fault.code(), "CURSOR_EXPIRED" | "INVALID_CURSOR")
}
