//! Brings changes to webhooks. Two loops of each server: one reads on in the feed, the other sends what is due. Several servers work side
//! by side; what one has claimed and not settled within a minute is taken over by another.
//!
//! The database says what is due. That something may be due for an endpoint is told from loop to loop, so that nobody asks for all of
//! them all the time; once a second one does, for what other servers have left.

use super::{
    pace::{Found, LATER, PAUSE, Pace, SOON},
    post::Post,
};
use crate::{
    base::Result as Checked,
    db::Db,
    webhook::{
        delivering::{self, Sent},
        model::Job,
        schedule::{Answer, REQUESTS, Room},
    },
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    task::{JoinError, JoinSet},
    time::Instant,
};
use uuid::Uuid;

/// Results that are written down at a time.
const BATCH: usize = 500;
/// How long requests may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(3);

/// For which endpoints something may be due.
#[derive(Default)]
struct Due {
    endpoints: Mutex<BTreeSet<Uuid>>,
    told: Notify,
}

impl Due {
    fn tell(&self, endpoints: impl IntoIterator<Item = Uuid>) {
        let mut all = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.len();
        all.extend(endpoints);
        if all.len() > before {
            self.told.notify_one();
        }
    }

    fn take(&self) -> Vec<Uuid> {
        std::mem::take(&mut *self.endpoints.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }
}

/// Works until it is told to stop, or dropped. A fault is logged and tried again: nothing is lost, since what is due stays due.
pub async fn run(db: Db, post: Post, mut stop: watch::Receiver<bool>) {
    let (due, mut sender) = (Due::default(), Sender::new(&db, Arc::new(post)));
    let stopped = async {
        // Nobody is left to say it: then it ends by being dropped.
        if stop.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = read(&db, &due) => {}
        () = sender.run(&due) => {}
        () = stopped => {}
    }
    sender.end().await;
}

/// Makes deliveries of what is new.
async fn read(db: &Db, due: &Due) {
    let mut pace = Pace::of(db);
    loop {
        pace.begin();
        pace.after(step(db, due).await, "changes cannot be read for webhooks").await;
    }
}

/// Reads on once.
async fn step(db: &Db, due: &Due) -> Checked<Found> {
    let read = delivering::fan_out(db).await?;
    due.tell(read.due);
    if read.answers_changed {
        delivering::disable_orphans(db).await?;
    }
    Ok(match (read.more, read.waiting) {
        (true, _) => Found::More,
        (false, true) => Found::Waiting,
        (false, false) => Found::Nothing,
    })
}

/// What a server has under way.
struct Sender<'a> {
    db: &'a Db,
    post: Arc<Post>,
    under_way: JoinSet<(Job, Answer)>,
    /// Ids and claims of what is under way.
    claims: HashMap<Uuid, Uuid>,
    results: Vec<Sent>,
    /// When all endpoints are asked for the next time.
    sweep: Instant,
}

impl<'a> Sender<'a> {
    fn new(db: &'a Db, post: Arc<Post>) -> Self {
        let (under_way, claims, results) = Default::default();
        Self { db, post, under_way, claims, results, sweep: Instant::now() }
    }

    /// Sends what is due.
    async fn run(&mut self, due: &Due) {
        let mut rest = LATER;
        loop {
            while self.results.len() < BATCH
                && let Some(ended) = self.under_way.try_join_next()
            {
                self.note(ended);
            }
            if let Err(fault) = self.turn(due).await {
                tracing::warn!(?fault, "webhooks cannot be sent");
                tokio::time::sleep(rest).await;
                rest = (rest * 2).min(PAUSE);
                continue;
            }
            rest = LATER;
            let room = self.under_way.len() < REQUESTS;
            tokio::select! {
                Some(ended) = self.under_way.join_next() => self.note(ended),
                () = due.told.notified(), if room => {}
                () = tokio::time::sleep_until(self.sweep), if room => {}
            }
        }
    }

    fn note(&mut self, ended: Result<(Job, Answer), JoinError>) {
        if let Ok((job, answer)) = ended {
            self.results.push(sent(self.db, job, answer));
        }
    }

    async fn settle(&mut self, due: &Due) -> Checked<()> {
        if self.results.is_empty() {
            return Ok(());
        }
        delivering::settle(self.db, &self.results).await?;
        for one in &self.results {
            self.claims.remove(&one.job.id);
        }
        // Where something has ended there is room for more.
        due.tell(self.results.drain(..).map(|one| one.job.endpoint_id));
        Ok(())
    }

    /// Writes down what has ended, and takes what is due.
    async fn turn(&mut self, due: &Due) -> Checked<()> {
        self.settle(due).await?;
        let room = Room::beside(self.under_way.len());
        if room.requests == 0 {
            return Ok(());
        }
        let all = Instant::now() >= self.sweep;
        if all {
            self.sweep = Instant::now() + PAUSE;
            delivering::reclaim(self.db).await?;
        }
        let among = due.take();
        if !all && among.is_empty() {
            return Ok(());
        }
        let claimed = delivering::claim(self.db, (!all).then_some(&among[..]), room).await;
        if claimed.is_err() {
            due.tell(among.iter().copied());
        }
        let jobs = claimed?;
        if jobs.len() == room.requests {
            // Not all that is due was taken.
            due.tell(among);
            self.sweep = Instant::now();
        }
        for job in jobs {
            self.claims.insert(job.id, job.claim);
            let post = self.post.clone();
            self.under_way.spawn(async move {
                let answer = post.send(&job).await;
                (job, answer)
            });
        }
        Ok(())
    }

    /// What can end ends, the rest goes back: another server need not wait for the end of its claim.
    async fn end(&mut self) {
        let last = tokio::time::sleep(GRACE);
        let mut last = std::pin::pin!(last);
        loop {
            tokio::select! {
                ended = self.under_way.join_next() => match ended {
                    Some(ended) => self.note(ended),
                    None => break,
                },
                () = &mut last => break,
            }
        }
        let settled = self.settle(&Due::default()).await;
        let left = delivering::let_go(self.db, self.claims.drain()).await;
        for fault in [settled, left].into_iter().filter_map(Checked::err) {
            tracing::warn!(?fault, "what was sent to webhooks at the end could not be written down: some may come twice");
        }
    }
}

fn sent(db: &Db, job: Job, answer: Answer) -> Sent {
    // Any random bits will do.
    let jitter =
        f64::from(u32::from_be_bytes(Uuid::new_v4().as_bytes()[..4].try_into().unwrap_or_default())) / f64::from(u32::MAX);
    Sent { job, at: db.clock().now(), answer, jitter }
}

/// Everything that is due now, once and to its end; gives how many requests that were.
pub async fn round(db: &Db, post: &Arc<Post>) -> Checked<usize> {
    let due = Due::default();
    loop {
        match step(db, &due).await? {
            Found::More => {}
            Found::Waiting => tokio::time::sleep(SOON).await,
            Found::Nothing => break,
        }
    }
    delivering::reclaim(db).await?;
    let mut done = 0;
    loop {
        let jobs = delivering::claim(db, None, Room::beside(0)).await?;
        if jobs.is_empty() {
            return Ok(done);
        }
        let one = |job: Job| async move {
            let answer = post.send(&job).await;
            sent(db, job, answer)
        };
        let results = futures_util::future::join_all(jobs.into_iter().map(one)).await;
        done += results.len();
        delivering::settle(db, &results).await?;
    }
}
