//! Merkle trees as in RFC 9162, section 2.1: an entry's hash is what a leaf holds.
//!
//! Two things keep a proof from telling how much everybody else writes: leaves stand in the order of their hashes, not of time, and each tree
//! is filled up to the same size with what only the operator can tell from entries.

use super::Hash;

/// Leaves of every tree.
pub const SIZE: usize = 4_096;

/// The tree over some leaves (section 2.1.1).
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(&[]),
        [one] => leaf(*one),
        many => {
            let (left, right) = many.split_at(half(many.len()));
            node(root(left), root(right))
        }
    }
}

/// What leads from one leaf to the root, from below (section 2.1.3.1). None: there is no such leaf.
pub fn path(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let middle = half(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut below, beside) =
        if index < middle { (path(left, index)?, root(right)) } else { (path(right, index - middle)?, root(left)) };
    below.push(beside);
    Some(below)
}

/// The root to which a path leads (section 2.1.3.2). None: it is not the path of this leaf in a tree of this size.
pub fn climb(entry: Hash, index: usize, size: usize, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut place, mut last, mut reached) = (index, size - 1, leaf(entry));
    for beside in path {
        if last == 0 {
            return None;
        }
        if place % 2 == 1 || place == last {
            reached = node(*beside, reached);
            while place % 2 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            reached = node(reached, *beside);
        }
        place >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(reached)
}

/// The leaves of a tree: hashes of entries, and what they are filled up with, in their order. None: they are too many.
pub fn filled(entries: &[Hash], filling: Hash) -> Option<Vec<Hash>> {
    let missing = SIZE.checked_sub(entries.len())?;
    let more = (0..u32::try_from(missing).ok()?).map(|n| Hash::of(&[b"mistok filling 1\n", &filling.0, &n.to_be_bytes()]));
    let mut leaves: Vec<_> = entries.iter().copied().chain(more).collect();
    leaves.sort_unstable();
    Some(leaves)
}

fn leaf(entry: Hash) -> Hash {
    Hash::of(&[&[0], &entry.0])
}

fn node(left: Hash, right: Hash) -> Hash {
    Hash::of(&[&[1], &left.0, &right.0])
}

/// The largest power of two below a size.
fn half(size: usize) -> usize {
    size.next_power_of_two() / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|n| Hash::of(&[&n.to_be_bytes()])).collect()
    }

    /// By the definition, written another way: level by level.
    fn by_levels(mut level: Vec<Hash>) -> Hash {
        while level.len() > 1 {
            level = level
                .chunks(2)
                .map(|pair| match pair {
                    [left, right] => node(*left, *right),
                    single => single[0],
                })
                .collect();
        }
        level[0]
    }

    #[test]
    fn every_leaf_of_every_tree_is_proven_and_nothing_else() {
        for size in 1..=70 {
            let all = leaves(size);
            let whole = root(&all);
            assert_eq!(whole, by_levels(all.iter().map(|one| leaf(*one)).collect()), "{size}");
            for (index, entry) in all.iter().enumerate() {
                let path = path(&all, index).expect("a leaf");
                assert_eq!(climb(*entry, index, size, &path), Some(whole), "{index} of {size}");
                for other in (0..size).filter(|other| *other != index) {
                    assert_ne!(climb(*entry, other, size, &path), Some(whole), "{index} of {size} is not {other}");
                    assert_ne!(climb(all[other], index, size, &path), Some(whole));
                }
                for wrong in 0..path.len() {
                    let mut touched = path.clone();
                    touched[wrong].0[7] ^= 1;
                    assert_ne!(climb(*entry, index, size, &touched), Some(whole));
                    assert_ne!(climb(*entry, index, size, &path[..wrong]), Some(whole));
                }
                assert_eq!(climb(*entry, index, size, &[&path[..], &[whole]].concat()), None, "longer than the tree is high");
            }
            assert_eq!((path(&all, size), climb(whole, size, size, &[])), (None, None));
        }
        assert_eq!(root(&[]).to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn every_tree_looks_alike() {
        let filling = Hash([7; 32]);
        for count in [0, 1, 3, SIZE - 1, SIZE] {
            let entries = leaves(count);
            let all = filled(&entries, filling).expect("they fit");
            assert!(all.len() == SIZE && all.is_sorted() && entries.iter().all(|entry| all.binary_search(entry).is_ok()));
            assert_eq!(path(&all, 0).map(|path| path.len()), Some(12));
        }
        assert!(filled(&leaves(SIZE + 1), filling).is_none());
        assert_ne!(filled(&[], filling), filled(&[], Hash([8; 32])));
    }
}
