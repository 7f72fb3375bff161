//! Checks exports of the audit, line by line: needs neither database nor network, and trusts nothing but keys.

use super::{
    Entry, Hash, Root,
    export::{Head, Key, Line, Told, VERSION},
    key::PublicKey,
    root::BEGINNING,
    tree,
};
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    io::{self, BufRead},
};
use uuid::Uuid;

/// Faults that are told; the first says what matters.
const TOLD: usize = 1_000;

/// A line of one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    file: usize,
    line: usize,
}

/// What is wrong, and where.
#[derive(Clone, Debug)]
pub struct Fault {
    pub file: String,
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: {}", self.file, self.line, self.what)
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// In the order of the files.
    pub faults: Vec<Fault>,
    pub told: Told,
    /// Number, time and hash of the newest root: to be held against proofs that others keep, since a file may end early.
    pub newest: Option<(i64, DateTime<Utc>, Hash)>,
    /// Which keys have signed.
    pub keys: Vec<String>,
}

/// Whom one believes.
#[derive(Clone, Debug)]
pub enum Trust {
    Key(PublicKey),
    /// The key of the export that has this id.
    Id(String),
}

/// The end of a chain as far as it was read, or an entry that waits for the one before it.
type Place = (String, Mark);

/// Id and kind.
type Object = (Uuid, String);

/// An entry since the last root.
struct Fresh {
    hash: Hash,
    place: String,
    mark: Mark,
    name: String,
    /// Of a change.
    object: Option<Object>,
}

/// Reads exports, in their order in time.
#[derive(Default)]
pub struct Verifier {
    trust: Vec<Trust>,
    files: Vec<String>,
    faults: BTreeMap<Mark, String>,
    keys: HashMap<String, PublicKey>,
    signed_by: Vec<String>,
    told: Told,
    before: Told,
    fresh: Vec<Fresh>,
    last: Option<Root>,
    /// Whether the first export says that it begins with the first root.
    whole: bool,
    from_the_beginning: bool,
    /// Hashes of each object after which nothing was read yet.
    ends: HashMap<Object, HashMap<Hash, Place>>,
    /// Objects whose first change was read.
    begun: HashSet<Object>,
    /// Objects of which a row was named by itself.
    named: HashSet<Object>,
    /// Hashes that roots cover and no entry has.
    gone: HashSet<Hash>,
    /// Changes by the hash of the one before them, which was not read yet: it may have been committed first and stand later.
    waiting: HashMap<Hash, (Object, Place)>,
}

impl Verifier {
    /// Without anybody to trust, the keys that the export names are taken for the server's.
    pub fn new(trust: Vec<Trust>) -> Self {
        let mut keys = HashMap::new();
        for one in &trust {
            if let Trust::Key(key) = one {
                keys.insert(key.id(), key.clone());
            }
        }
        Self { trust, keys, ..Self::default() }
    }

    /// Reads one export.
    pub fn file(&mut self, name: &str, from: impl BufRead) -> io::Result<()> {
        self.files.push(name.to_owned());
        self.before = self.told;
        let (mut line, mut ended) = (0, false);
        for text in from.lines() {
            let text = text?;
            line += 1;
            let mark = Mark { file: self.files.len() - 1, line };
            match serde_json::from_str::<Line>(&text) {
                Ok(_) if ended => self.fault(mark, "stands after the end of the export"),
                Ok(Line::Export(head)) if line == 1 => self.head(mark, &head),
                _ if line == 1 => self.fault(mark, "this is not the first line of an export of the audit"),
                Ok(Line::Export(_)) => self.fault(mark, "an export begins within an export"),
                Ok(Line::Key(key)) => self.key(mark, key),
                Ok(Line::Change(change)) => self.entry(mark, &Entry::Change(change)),
                Ok(Line::Read(read)) => self.entry(mark, &Entry::Read(read)),
                Ok(Line::Root(root)) => self.root(mark, root),
                Ok(Line::End(told)) => {
                    ended = true;
                    self.end_of_file(mark, told);
                }
                Err(fault) => self.fault(mark, format!("this is no line of an export: {fault}")),
            }
        }
        if !ended {
            self.fault(Mark { file: self.files.len() - 1, line: line + 1 }, "the export was cut off: it has no last line");
        }
        Ok(())
    }

    /// What was found in all of them.
    pub fn end(mut self) -> Report {
        self.chains();
        let name = |mark: Mark| self.files.get(mark.file).cloned().unwrap_or_default();
        let faults = self.faults.iter().take(TOLD);
        let faults = faults.map(|(mark, what)| Fault { file: name(*mark), line: mark.line, what: what.clone() }).collect();
        let newest = self.last.map(|root| (root.number, root.at, root.hash()));
        Report { faults, told: self.told, newest, keys: self.signed_by }
    }

    /// Of one line the first fault is told.
    fn fault(&mut self, mark: Mark, what: impl Into<String>) {
        self.faults.entry(mark).or_insert_with(|| what.into());
    }

    fn head(&mut self, mark: Mark, head: &Head) {
        if head.version != VERSION {
            self.fault(mark, format!("an export of version {}: this program reads version {VERSION}", head.version));
        }
        if mark.file == 0 {
            self.whole = head.from.is_none();
        }
    }

    fn key(&mut self, mark: Mark, key: Key) {
        match PublicKey::read(&key.public_key) {
            Some(public) if public.id() == key.id => drop(self.keys.insert(key.id, public)),
            _ => self.fault(mark, format!("key {}: the id is not that of the key: it was exchanged", key.id)),
        }
    }

    fn entry(&mut self, mark: Mark, entry: &Entry) {
        let (name, place) = (entry.to_string(), entry.place());
        if !entry.is_sound() {
            self.fault(mark, format!("{name}: it was changed: its content does not have the hash that it names"));
        }
        if self.fresh.last().is_some_and(|before| before.place > place) {
            self.fault(mark, format!("{name}: it stands behind a later one: entries were reordered"));
        }
        let mut of = None;
        match entry {
            Entry::Change(change) => {
                self.told.changes += 1;
                let object = (change.object_id, change.object_type.clone());
                if !entry.is_sound() {
                    self.named.insert(object.clone());
                }
                of = Some(object.clone());
                self.chain(object, change.previous_hash, change.hash, (name.clone(), mark));
            }
            Entry::Read(_) => self.told.reads += 1,
        }
        self.fresh.push(Fresh { hash: entry.hash(), place, mark, name, object: of });
    }

    /// Joins a change to its chain.
    fn chain(&mut self, object: Object, previous: Option<Hash>, hash: Hash, place: Place) {
        let (name, mark) = place.clone();
        match previous {
            None if !self.begun.insert(object.clone()) => {
                self.fault(mark, format!("{name}: a second beginning of the chain of its object"));
            }
            None => {}
            Some(previous) => {
                let follows = self.ends.get_mut(&object).is_some_and(|ends| ends.remove(&previous).is_some());
                if !follows && self.waiting.insert(previous, (object.clone(), place.clone())).is_some() {
                    self.fault(mark, format!("{name}: another change follows the same one: the chain of its object forks"));
                }
            }
        }
        // One that stands earlier and was waiting for this one.
        if self.waiting.get(&hash).is_some_and(|(of, _)| *of == object) {
            self.waiting.remove(&hash);
        } else {
            self.ends.entry(object).or_default().insert(hash, place);
        }
    }

    /// What is left over of the chains: a change whose predecessor is not there, and ends after which it should have come.
    fn chains(&mut self) {
        let (waiting, mut ends) = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.ends));
        let mut of: HashMap<Object, Vec<(Place, Hash)>> = HashMap::new();
        for (previous, (object, place)) in waiting {
            of.entry(object).or_default().push((place, previous));
        }
        // Of an object with a row that was named already a broken chain tells nothing more.
        of.retain(|object, _| !self.named.contains(object));
        ends.retain(|object, ends| ends.len() > 1 && !self.named.contains(object));
        for (object, mut places) in of {
            places.sort_by_key(|((_, mark), _)| *mark);
            // An export that begins later does not hold the beginnings of chains.
            let before = usize::from(!self.from_the_beginning && !self.begun.contains(&object));
            for ((name, mark), previous) in places.into_iter().skip(before) {
                let open = ends.get_mut(&object);
                let last = open.and_then(|open| {
                    let earlier = open.iter().filter(|(_, (_, end))| *end < mark).max_by_key(|(_, (_, end))| *end);
                    let hash = *earlier?.0;
                    open.remove(&hash)
                });
                let what = match last {
                    _ if self.gone.contains(&previous) => {
                        format!("the change of its object before it was taken out: a root covers it, its hash is {previous}")
                    }
                    Some((last, end)) => format!(
                        "it does not follow the change of its object before it: {last}, line {}, was changed and hashed anew, or one between them was taken out",
                        end.line
                    ),
                    None => "the change of its object before it was taken out, or changed and hashed anew".to_owned(),
                };
                self.fault(mark, format!("{name}: {what}"));
            }
        }
        for ends in ends.into_values().filter(|ends| ends.len() > 1) {
            let mut places: Vec<_> = ends.into_values().collect();
            places.sort_by_key(|(_, mark)| *mark);
            places.pop();
            for (name, mark) in places {
                self.fault(mark, format!("{name}: it was put in: the next change of its object does not follow it"));
            }
        }
    }

    fn root(&mut self, mark: Mark, root: Root) {
        self.told.roots += 1;
        let fresh = std::mem::take(&mut self.fresh);
        let name = format!("root {} ({})", root.number, root.at.format("%Y-%m-%dT%H:%M:%S%.6fZ"));
        let mut wrong = self.order(&root).or_else(|| self.signature(&root)).map(str::to_owned);
        let leaves = root.filled();
        if leaves.as_ref().is_none_or(|leaves| tree::root(leaves) != root.tree) {
            wrong = wrong.or(Some("it was changed: its tree is not the one over its entries".to_owned()));
        }
        match wrong {
            // What a touched root says of entries is worth nothing.
            Some(wrong) => self.fault(mark, format!("{name}: {wrong}")),
            None => self.covers(mark, &name, &root, &fresh),
        }
        self.last = Some(root);
    }

    /// What is wrong with its place among roots.
    fn order(&mut self, root: &Root) -> Option<&'static str> {
        match &self.last {
            None => {
                self.from_the_beginning = root.number == 1;
                if self.whole && !self.from_the_beginning {
                    return Some("roots before it were taken out: the export says that it holds all of them");
                }
                let first = root.previous_hash.is_none() && root.from_place == BEGINNING;
                (self.from_the_beginning && !first)
                    .then_some("it was changed: the first root follows none and begins before all entries")
            }
            Some(last) if last.number.checked_add(1) != Some(root.number) => {
                Some("it does not follow the one before it: roots were taken out, put in or reordered")
            }
            Some(last) if root.previous_hash != Some(last.hash()) => {
                Some("the root before it, or what it says of that, was changed")
            }
            Some(last) if root.from_place != last.until_place => {
                Some("it was changed: it does not begin where the one before it ends")
            }
            Some(_) => None,
        }
    }

    fn signature(&mut self, root: &Root) -> Option<&'static str> {
        let named = |one: &Trust| match one {
            Trust::Key(key) => key.id() == root.key_id,
            Trust::Id(id) => *id == root.key_id,
        };
        if !self.trust.is_empty() && !self.trust.iter().any(named) {
            return Some("it is signed with a key that you have not named");
        }
        let Some(key) = self.keys.get(&root.key_id) else {
            return Some("it is signed with a key that the export does not hold");
        };
        if !key.has_signed(&root.statement(), &root.signature) {
            return Some("it was changed: the signature is not over what it says");
        }
        if !self.signed_by.contains(&root.key_id) {
            self.signed_by.push(root.key_id.clone());
        }
        None
    }

    /// Whether the entries before it are those that it covers, all and no others.
    fn covers(&mut self, mark: Mark, name: &str, root: &Root, fresh: &[Fresh]) {
        let covered: HashSet<Hash> = root.entries().into_iter().collect();
        let mut there = HashSet::new();
        let mut strange = 0;
        for one in fresh {
            let within = root.from_place <= one.place && one.place < root.until_place;
            if !covered.contains(&one.hash) || !within {
                strange += 1;
                self.named.extend(one.object.clone());
                let what = "it was put in, or changed and hashed anew, after it was signed";
                self.fault(one.mark, format!("{}: {what}: {name} does not cover it", one.name));
            } else if !there.insert(one.hash) {
                self.fault(one.mark, format!("{}: it stands there twice", one.name));
            }
        }
        let missing: Vec<_> = root.entries().into_iter().filter(|hash| !there.contains(hash)).collect();
        self.gone.extend(missing.iter().copied());
        if let Some(first) = missing.first().filter(|_| missing.len() > strange) {
            let gone = missing.len() - strange;
            let what = format!(
                "{gone} of the {} entries that it covers were taken out; a hash that is missing: {first}",
                root.count()
            );
            self.fault(mark, format!("{name}: {what}"));
        }
    }

    fn end_of_file(&mut self, mark: Mark, told: Told) {
        if let Some(first) = self.fresh.first() {
            let what = format!("{}: no root covers it: one was taken out", first.name);
            self.fault(first.mark, what);
        }
        self.fresh.clear();
        let (here, before) = (self.told, self.before);
        let counted =
            Told { changes: here.changes - before.changes, reads: here.reads - before.reads, roots: here.roots - before.roots };
        if told != counted {
            self.fault(mark, "the export holds another number of entries or roots than its last line says");
        }
    }
}
