//! Who waits for news: an entry of the feed wakes those alone who may know of it. What it was they read from the table.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;
use uuid::Uuid;

/// Everybody who waits at one server.
#[derive(Debug, Default)]
pub struct News {
    everyone: watch::Sender<()>,
    of: Mutex<HashMap<Uuid, watch::Sender<()>>>,
}

impl News {
    /// From now on one hears of what is new for an organisation.
    pub fn wait_for(self: &Arc<Self>, organization_id: Uuid) -> Waiter {
        let own = self.of().entry(organization_id).or_default().subscribe();
        Waiter { news: self.clone(), organization_id, own, everyone: self.everyone.subscribe() }
    }

    /// Something is new for these; none: for everyone.
    pub fn tell(&self, organizations: impl IntoIterator<Item = Option<Uuid>>) {
        let of = self.of();
        for organization in organizations {
            match organization {
                Some(id) => {
                    if let Some(own) = of.get(&id) {
                        own.send_replace(());
                    }
                }
                None => {
                    self.everyone.send_replace(());
                }
            }
        }
    }

    /// Whether nobody waits.
    pub fn is_quiet(&self) -> bool {
        self.of().is_empty()
    }

    fn of(&self) -> MutexGuard<'_, HashMap<Uuid, watch::Sender<()>>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits.
#[derive(Debug)]
pub struct Waiter {
    news: Arc<News>,
    organization_id: Uuid,
    own: watch::Receiver<()>,
    everyone: watch::Receiver<()>,
}

impl Waiter {
    /// Returns once something is new since the last call, or since the beginning.
    pub async fn news(&mut self) {
        tokio::select! {
            _ = self.own.changed() => {}
            _ = self.everyone.changed() => {}
        }
        self.own.mark_unchanged();
        self.everyone.mark_unchanged();
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut of = self.news.of();
        // This one's receiver is still there.
        if of.get(&self.organization_id).is_some_and(|own| own.receiver_count() <= 1) {
            of.remove(&self.organization_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn news_wake_those_who_may_know() {
        let (news, own, other) = (Arc::new(News::default()), Uuid::from_u128(1), Uuid::from_u128(2));
        assert!(news.is_quiet());
        let (mut one, mut two, mut stranger) = (news.wait_for(own), news.wait_for(own), news.wait_for(other));
        let woken = |waiter: &mut Waiter| waiter.news().now_or_never().is_some();
        assert!(!woken(&mut one));
        news.tell([Some(own), Some(Uuid::from_u128(3))]);
        assert!(woken(&mut one) && woken(&mut two) && !woken(&mut stranger));
        assert!(!woken(&mut one), "once");
        news.tell([None, None]);
        assert!(woken(&mut one) && woken(&mut stranger));
        drop(one);
        news.tell([Some(own)]);
        assert!(woken(&mut two), "one who goes takes nobody along");
        drop((two, stranger));
        assert!(news.is_quiet());
    }
}
