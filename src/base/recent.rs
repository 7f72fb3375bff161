//! A memory of what was asked for lately, bounded by the length of its keys: two generations, of which the older one is
//! forgotten when the younger one is full. Nothing is counted and nothing is sorted.

use std::collections::HashMap;

/// Values by their texts. The map's hash is keyed anew in each process: nobody can aim at it.
pub struct Recent<V> {
    young: HashMap<Box<str>, V>,
    old: HashMap<Box<str>, V>,
    bytes: usize,
    most: usize,
}

impl<V: Clone> Recent<V> {
    /// Keeps at most twice so many bytes of keys.
    pub fn new(most: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), bytes: 0, most }
    }

    pub fn get(&mut self, key: &str) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let value = self.old.remove(key)?;
        self.keep(key, value.clone());
        Some(value)
    }

    /// A key that would fill a large part of the memory is not kept.
    pub fn keep(&mut self, key: &str, value: V) {
        if key.len() > self.most / 16 {
            return;
        }
        if self.bytes + key.len() > self.most {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        if self.young.insert(key.into(), value).is_none() {
            self.bytes += key.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays() {
        let mut recent = Recent::new(160);
        for n in 0..1000 {
            recent.keep(&format!("key {n:04}"), n);
            recent.keep("key 0000", 0);
            assert_eq!(recent.get("key 0000"), Some(0));
            assert!(recent.young.len() + recent.old.len() <= 40);
        }
        assert_eq!((recent.get("key 0001"), recent.get("key 0999")), (None, Some(999)));
        recent.keep("a key that is long", 1);
        assert_eq!(recent.get("a key that is long"), None);
    }
}
