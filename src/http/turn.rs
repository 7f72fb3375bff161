//! How many long answers of one organisation go on at once: each holds something of the server for as long as its client takes.

use crate::base::Error;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// Long answers of one kind.
pub struct Turns {
    taken: Mutex<HashMap<Uuid, usize>>,
    /// Of one organisation, and of all together.
    each: usize,
    all: usize,
    /// When to try again while they go on, in seconds.
    later: u64,
}

impl Turns {
    pub fn new(each: usize, all: usize, later: u64) -> Arc<Self> {
        Arc::new(Self { taken: Mutex::default(), each, all, later })
    }

    /// How many go on.
    pub fn taken(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// # Errors
    /// RATE_LIMITED while as many as may go on do.
    pub fn take(self: &Arc<Self>, organization_id: Uuid) -> Result<Turn, Error> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(&organization_id).copied().unwrap_or(0);
        if own >= self.each || taken.values().sum::<usize>() >= self.all {
            return Err(Error::Limited { retry_after: self.later });
        }
        taken.insert(organization_id, own + 1);
        Ok(Turn { turns: self.clone(), organization_id })
    }
}

/// The turn of one answer; it ends with the answer, also with one whose client has gone away.
pub struct Turn {
    turns: Arc<Turns>,
    organization_id: Uuid,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut taken = self.turns.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.organization_id) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(taken.remove(&self.organization_id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_back() {
        let turns = Turns::new(2, 3, 30);
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (first, _second) = (turns.take(one).expect("a turn"), turns.take(one).expect("a turn"));
        assert!(matches!(turns.take(one), Err(Error::Limited { retry_after: 30 })));
        let _third = turns.take(two).expect("a turn of another");
        assert!(turns.take(two).is_err(), "all together");
        drop(first);
        assert!(turns.take(one).is_ok());
    }
}
