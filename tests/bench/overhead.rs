//! What each guard takes of a page with persons, by itself. Limits, audit and encryption are called here as a request calls them, again and
//! again, without anything around them; what row-level security takes is what PostgreSQL saves for a login that passes it.

use super::{
    Outcome, account,
    drive::Run,
    floor::Floor,
    ground::{Ground, told},
    question::{self, Question, To},
    server::Server,
};
use async_graphql::{Value, Variables, parser::types::DocumentOperations};
use mistok::{
    access::{Actor, Scopes, bucket::Buckets},
    base::{
        message::Language,
        words::{access::AccessPurpose, organization::OrganizationKind},
    },
    case::sealed::{Dossier, Piece},
    config::Rate,
    db::Db,
    graphql::{
        completion::Plan,
        cost,
        limits::{self, Bounds},
        rate, schema,
        shape::Shape,
    },
    journal::{ObjectType, access, access::Read},
    seal::Seal,
};
use std::{collections::BTreeSet, hint::black_box, time::Duration};
use uuid::Uuid;

/// How often each part is called.
const TIMES: u32 = 2_000;

/// Of one page of 50: processor time in microseconds. A difference of two runs may be below zero, where it is less than their noise.
pub struct Overhead {
    pub of: &'static str,
    pub server: i64,
    pub postgres: i64,
}

impl Overhead {
    /// What is less without it; without the two runs, what it takes.
    fn between(of: &'static str, with: (Duration, Duration), without: (Duration, Duration)) -> Self {
        let less = |with: Duration, without: Duration| with.as_micros() as i64 - without.as_micros() as i64;
        Self { of, server: less(with.0, without.0), postgres: less(with.1, without.1) }
    }
}

/// Of nothing.
const NONE: (Duration, Duration) = (Duration::ZERO, Duration::ZERO);

/// All four, for the page of an organisation.
pub async fn all(ground: &Ground, many: usize, span: Duration) -> Outcome<Vec<Overhead>> {
    let (db, seal) = ground.doors(2).await?;
    let (document, organization_id, answer) = answer(ground).await?;
    let page = Page { ground, db, seal, organization_id };
    let limits = page.limits(document, &answer)?;
    Ok(vec![limits, page.audit().await?, page.encryption().await?, walls(ground, many, span).await?])
}

/// The page, with tokens of this server.
async fn page(ground: &Ground, server: &Server) -> Outcome<Question> {
    let questions = question::all(ground, &server.url).await?;
    Ok(questions.into_iter().find(|question| question.name == "Q2").ok_or("no page")?)
}

/// The question, who asks it, and the data of the answer.
async fn answer(ground: &Ground) -> Outcome<(&'static str, Uuid, Value)> {
    let server = Server::start(ground).await?;
    let question = page(ground, &server).await?;
    let organization_id = question.asks.first().ok_or("nobody asks")?.organization_id;
    let asked = question.askings(To::Mistok).asked.into_iter().next().ok_or("nobody asks")?;
    let mut request = reqwest::Client::new().post(format!("{}/graphql", server.url)).header("content-type", "application/json");
    for (name, value) in asked.headers {
        request = request.header(name, value);
    }
    let answer: serde_json::Value = request.body(asked.body).send().await?.json().await?;
    Ok((question.document, organization_id, Value::from_json(answer["data"].clone())?))
}

struct Page<'a> {
    ground: &'a Ground,
    db: Db,
    seal: Seal,
    organization_id: Uuid,
}

/// Processor time of this process.
fn spent() -> Duration {
    account::with_children(std::process::id())
}

/// What a call takes, on the average.
fn each(mut call: impl FnMut()) -> Duration {
    let before = spent();
    (0..TIMES).for_each(|_| call());
    (spent() - before) / TIMES
}

impl Page<'_> {
    fn actor(&self) -> Actor {
        Actor {
            application_id: Uuid::nil(),
            organization_id: self.organization_id,
            kind: OrganizationKind::Charity,
            scopes: Scopes::of_kind(OrganizationKind::Charity),
            purpose: Some(AccessPurpose::CaseWork),
            acting_for: None,
            language: Language::default(),
        }
    }

    /// The bounds of its document and its cost before and after, and the bucket. A known document is not parsed again: it counts as if it were.
    fn limits(&self, text: &str, answer: &Value) -> Outcome<Overhead> {
        let shape = Shape::of(&schema::builder().finish().sdl())?;
        let buckets = Buckets::new(Rate { most: u64::from(u32::MAX), refill: u64::from(u32::MAX) });
        let document = limits::parse(text, &Bounds::default()).map_err(|fault| fault.message)?;
        let (DocumentOperations::Multiple(operations), fragments) = (&document.operations, &document.fragments) else {
            return Err("an operation has a name".into());
        };
        let operation = &operations.values().next().ok_or("no operation")?.node;
        let variables = Variables::default();
        let plan = Plan::of(&shape, operation, fragments, &variables);
        let server = each(|| {
            let _ = black_box(limits::parse(text, &Bounds::default()));
            let points = cost::of(&shape, operation, fragments, &variables).unwrap_or_default();
            let _ = black_box(buckets.take(Uuid::nil(), points));
            let actual = cost::REQUEST + plan.points(answer);
            let bucket = buckets.give_back(Uuid::nil(), points.saturating_sub(actual));
            black_box(rate::shown(points, actual, bucket));
        });
        Ok(Overhead::between("limits", (server, Duration::ZERO), NONE))
    }

    /// An entry with the ids of a page, in a transaction that is there anyway: with it, less without it.
    async fn audit(&self) -> Outcome<Overhead> {
        let ids: BTreeSet<Uuid> = (0..50).map(|_| Uuid::new_v4()).collect();
        let fields = BTreeSet::from(["subject.ageBand", "subject.familyName", "subject.givenName", "subject.phone"]);
        let reads = [Read { object: ObjectType::Referral, ids, fields }];
        let actor = self.actor();
        let mut taken = [NONE; 2];
        for (taken, reads) in taken.iter_mut().zip([&reads[..], &[]]) {
            let before = (spent(), self.ground.spent());
            for _ in 0..TIMES {
                let tx = self.db.begin(&actor).await.map_err(told)?;
                access::record(&tx, &actor, AccessPurpose::CaseWork, "bench", reads).await.map_err(told)?;
                tx.commit().await.map_err(told)?;
            }
            *taken = ((spent() - before.0) / TIMES, (self.ground.spent() - before.1) / TIMES);
        }
        let [with, without] = taken;
        Ok(Overhead::between("audit", with, without))
    }

    /// The keys of 50 persons unwrapped and what is said about them opened.
    async fn encryption(&self) -> Outcome<Overhead> {
        let sql = "select r.id, s.person_id, k.wrapped, s.object_id, s.content from referral r join sealed s on s.person_id = r.person_id and s.slot = 'PERSON' \
                   join vault.person_key k on k.person_id = r.person_id where r.receiver_id = $1 limit 50";
        let rows = self.ground.superuser().await?.query(sql, &[&self.organization_id]).await?;
        let pieces: Vec<Piece> = rows
            .iter()
            .map(|row| Piece {
                of: row.get(0),
                person_id: row.get(1),
                wrapped: row.get(2),
                object_id: row.get(3),
                slot: mistok::base::words::case::Slot::Person,
                content: row.get(4),
            })
            .collect();
        if pieces.len() != 50 {
            return Err(format!("{} persons in the place of 50", pieces.len()).into());
        }
        let opened = |dossier: &Dossier| dossier.person().ok().flatten().is_some();
        let server = each(|| {
            let dossiers = Dossier::gather(&self.seal, pieces.clone()).unwrap_or_default();
            assert_eq!(dossiers.values().filter(|dossier| opened(dossier)).count(), 50);
        });
        Ok(Overhead::between("encryption", (server, Duration::ZERO), NONE))
    }
}

/// The page's rows asked of PostgreSQL alone, in turns under the policies and past them by the same statements. Functions that look for
/// themselves stay. To let the server itself past them would tell nothing: what its statements leave to the policies they would then read.
async fn walls(ground: &Ground, many: usize, span: Duration) -> Outcome<Overhead> {
    let server = Server::start(ground).await?;
    let question = page(ground, &server).await?;
    drop(server);
    let mut taken = [(Duration::ZERO, 0); 2];
    for _ in 0..3 {
        for (taken, url) in taken.iter_mut().zip([ground.app_url(), ground.superuser_url()]) {
            let floor = Floor::of(&url, &question, many).await?.ok_or("it has a floor")?;
            floor.turn(Duration::from_secs(1)).await?;
            let run = Run::of(|| (Duration::ZERO, ground.spent()), floor.turn(span)).await?;
            *taken = (taken.0 + run.postgres, taken.1 + u32::try_from(run.took.len())?);
        }
    }
    let [with, without] = taken.map(|(postgres, count)| (Duration::ZERO, postgres / count.max(1)));
    Ok(Overhead::between("row-level security", with, without))
}
