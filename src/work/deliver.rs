//! Brings changes to webhooks. Two loops of each server: one reads on in the feed, the other sends what is due. Several servers work side
//! by side; what one has claimed and not settled within a minute is taken over by another.
//!
//! The database says what is due. That something may be due for an endpoint is told from loop to loop, so that nobody asks for all of
//! them all the time; once a second one does, for what other servers have left.

use super::post::Post;
use crate::{
    base::Result,
    db::Db,
    webhook::{
        delivering::{self, Sent},
        model::Job,
        schedule::Answer,
    },
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, task::JoinSet, time::Instant};
use uuid::Uuid;

/// Without a ring one looks all the same: the table is the truth.
const PAUSE: Duration = Duration::from_secs(1);
/// Before one looks again for what an older transaction keeps back, and after how many times of nothing at the latest.
const SOON: Duration = Duration::from_millis(2);
const LATER: Duration = Duration::from_millis(128);
/// Requests of one server at a time: a hundred endpoints that hang take as many as they may and leave something to the others.
const MOST: usize = 1_024;
/// Results that are written down at a time.
const BATCH: usize = 500;

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

/// Works until it is dropped. A fault is logged and tried again: nothing is lost, since what is due stays due.
pub async fn run(db: Db, post: Post) {
    let (due, post) = (Due::default(), Arc::new(post));
    tokio::join!(read(&db, &due), send(&db, &post, &due));
}

/// Makes deliveries of what is new.
async fn read(db: &Db, due: &Due) {
    let mut bell = db.bell().listen();
    let mut pause = SOON;
    loop {
        bell.mark_unchanged();
        match step(db, due).await {
            Ok((true, _)) => continue,
            Ok((false, true)) => {
                let _ = tokio::time::timeout(pause, bell.changed()).await;
                pause = (pause * 2).min(LATER);
                continue;
            }
            Ok((false, false)) => {}
            Err(fault) => {
                tracing::warn!(?fault, "changes cannot be read for webhooks");
                tokio::time::sleep(PAUSE).await;
            }
        }
        pause = SOON;
        let _ = tokio::time::timeout(PAUSE, bell.changed()).await;
    }
}

/// Reads on once; whether there is more, and whether something is kept back.
async fn step(db: &Db, due: &Due) -> Result<(bool, bool)> {
    let read = delivering::fan_out(db).await?;
    due.tell(read.due);
    if read.answers_changed {
        delivering::disable_orphans(db).await?;
    }
    Ok((read.more, read.waiting))
}

/// Sends what is due.
async fn send(db: &Db, post: &Arc<Post>, due: &Due) {
    let mut under_way: JoinSet<(Job, Answer)> = JoinSet::new();
    let mut results: Vec<Sent> = Vec::new();
    let mut sweep = Instant::now();
    loop {
        while results.len() < BATCH
            && let Some(ended) = under_way.try_join_next()
        {
            results.extend(ended.ok().map(|(job, answer)| sent(db, job, answer)));
        }
        if let Err(fault) = turn(db, post, due, &mut under_way, &mut results, &mut sweep).await {
            tracing::warn!(?fault, "webhooks cannot be sent");
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        let room = under_way.len() < MOST;
        tokio::select! {
            Some(ended) = under_way.join_next() => results.extend(ended.ok().map(|(job, answer)| sent(db, job, answer))),
            () = due.told.notified(), if room => {}
            () = tokio::time::sleep_until(sweep), if room => {}
        }
    }
}

/// Writes down what has ended, and takes what is due.
async fn turn(
    db: &Db,
    post: &Arc<Post>,
    due: &Due,
    under_way: &mut JoinSet<(Job, Answer)>,
    results: &mut Vec<Sent>,
    sweep: &mut Instant,
) -> Result<()> {
    if !results.is_empty() {
        delivering::settle(db, results).await?;
        // Where something has ended there is room for more.
        due.tell(results.drain(..).map(|one| one.job.endpoint_id));
    }
    let free = MOST.saturating_sub(under_way.len());
    if free == 0 {
        return Ok(());
    }
    let all = Instant::now() >= *sweep;
    if all {
        *sweep = Instant::now() + PAUSE;
        delivering::reclaim(db).await?;
    }
    let among = due.take();
    if !all && among.is_empty() {
        return Ok(());
    }
    let claimed = delivering::claim(db, (!all).then_some(&among[..]), free as i64).await;
    if claimed.is_err() {
        due.tell(among.iter().copied());
    }
    let jobs = claimed?;
    if jobs.len() == free {
        // Not all that is due was taken.
        due.tell(among);
        *sweep = Instant::now();
    }
    for job in jobs {
        let post = post.clone();
        under_way.spawn(async move {
            let answer = post.send(&job).await;
            (job, answer)
        });
    }
    Ok(())
}

fn sent(db: &Db, job: Job, answer: Answer) -> Sent {
    // Any random bits will do.
    let jitter =
        f64::from(u32::from_be_bytes(Uuid::new_v4().as_bytes()[..4].try_into().unwrap_or_default())) / f64::from(u32::MAX);
    Sent { job, at: db.clock().now(), answer, jitter }
}

/// Everything that is due now, once and to its end; gives how many requests that were.
pub async fn round(db: &Db, post: &Arc<Post>) -> Result<usize> {
    let due = Due::default();
    loop {
        let (more, waiting) = step(db, &due).await?;
        if waiting {
            tokio::time::sleep(SOON).await;
        } else if !more {
            break;
        }
    }
    delivering::reclaim(db).await?;
    let mut done = 0;
    loop {
        let jobs = delivering::claim(db, None, MOST as i64).await?;
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
