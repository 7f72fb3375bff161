//! The token endpoint under those who ask too often: nobody takes without end, nobody is locked out, few are asked about at once.

use crate::{
    served::{Answer, Served},
    stage::connect,
};
use mistok::base::words::organization::OrganizationKind::Ngo;
use serde_json::json;
use std::time::Duration;

impl Served {
    async fn take(&self, id: &str, secret: &str) -> Answer {
        let asked = self.http.post(format!("{}/oauth/token", self.url)).basic_auth(id, Some(secret));
        Answer::of(asked.form(&[("grant_type", "client_credentials")]).send().await.unwrap()).await
    }

    /// The first answer that is another one, and after how many.
    async fn until(&self, status: u16, most: usize, name: impl Fn(usize) -> String, secret: &str) -> (usize, Answer) {
        for n in 0..most {
            let answer = self.take(&name(n), secret).await;
            if answer.status != status {
                return (n, answer);
            }
        }
        panic!("{most} times {status}");
    }
}

/// In the shape of RFC 6749, with a time to wait.
fn too_often(answer: &Answer) -> u64 {
    assert_eq!((answer.status, &answer.body["error"]), (429, &json!("temporarily_unavailable")), "{answer:?}");
    assert!(answer.body["access_token"].is_null() && answer.body["error_description"].as_str().is_some(), "{answer:?}");
    let wait = answer.header("retry-after").parse().unwrap();
    assert!((1..=2).contains(&wait), "{answer:?}");
    wait
}

#[tokio::test]
async fn a_client_takes_no_more_tokens_than_it_can_need() {
    let served = Served::new().await;
    let (eager, other) = (served.partner(Ngo).await, served.partner(Ngo).await);
    let name = |_| eager.client_id.clone();
    let (taken, refused) = served.until(200, 90, name, &eager.secret).await;
    assert!(taken >= 30, "{taken}");
    too_often(&refused);
    // Nothing is written then, not even that it was there.
    let owner = served.stage.owner().await;
    let id = &eager.client_id;
    owner.batch_execute(&format!("update application set last_used_at = null where client_id = '{id}'")).await.unwrap();
    let used = async || {
        let row = owner.query_one("select last_used_at is not null from application where client_id = $1", &[id]).await;
        row.unwrap().get::<_, bool>(0)
    };
    let wait = loop {
        let answer = served.take(id, &eager.secret).await;
        if answer.status == 429 {
            break too_often(&answer);
        }
        owner.batch_execute("update application set last_used_at = null").await.unwrap();
    };
    assert!(!used().await);
    // Nobody else notices, and who waits as long as it is told gets its token.
    assert_eq!((served.take(&other.client_id, &other.secret).await.status, served.take(id, "wrong").await.status), (200, 401));
    tokio::time::sleep(Duration::from_secs(wait)).await;
    assert_eq!((served.take(id, &eager.secret).await.status, used().await), (200, true));
}

#[tokio::test]
async fn who_fails_under_a_name_locks_nobody_out() {
    let served = Served::new().await;
    let (victim, other) = (served.partner(Ngo).await, served.partner(Ngo).await);
    let (failed, refused) = served.until(401, 90, |_| victim.client_id.clone(), "wrong").await;
    assert!(failed >= 30, "{failed}");
    too_often(&refused);
    assert_eq!(served.take(&victim.client_id, &victim.secret).await.status, 200);
    // A name that nobody has is answered likewise, and one of another is not touched.
    let (failed, unknown) = served.until(401, 90, |_| "nobody".to_owned(), "wrong").await;
    assert!(failed >= 30 && unknown.text == refused.text, "{failed}: {unknown:?}");
    assert_eq!(served.take(&other.client_id, "wrong").await.status, 401);
    // Who invents names has an address all the same; whoever shares it and knows its secret is let in.
    let (failed, refused) = served.until(401, 2_000, |n| format!("invented-{n}"), "wrong").await;
    assert!(failed > 200, "{failed}");
    too_often(&refused);
    for partner in [&victim, &other] {
        assert_eq!(served.take(&partner.client_id, &partner.secret).await.status, 200);
    }
}

/// However many ask who they are, the others keep their connections to the database.
#[tokio::test]
async fn few_are_asked_about_at_once() {
    let first = Served::new().await;
    let mut config = first.config.clone();
    config.database.pool = 10;
    let served = Served::configured(&first, config).await;
    let partner = served.partner(Ngo).await;
    let (owner, superuser) = (served.stage.owner().await, connect(&served.stage.superuser_url()).await);
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%mistok.login(%'";
    let waiting = async || superuser.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0);
    owner.batch_execute("begin; lock table application in access exclusive mode").await.unwrap();
    let all = futures_util::future::join_all((0..20).map(|_| served.take(&partner.client_id, &partner.secret)));
    let watched = async {
        while waiting().await < 4 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(waiting().await, 4);
        let ready = served.http.get(format!("{}/health/ready", served.url)).send().await.unwrap();
        assert_eq!(ready.status(), 200, "the others have connections");
        owner.batch_execute("commit").await.unwrap();
    };
    let (answers, ()) = futures_util::future::join(all, watched).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "each in its turn: {answers:?}");
}
