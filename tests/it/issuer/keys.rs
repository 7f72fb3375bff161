//! The keys of an issuer: fetched, changed, kept while it is away; and nobody makes this server ask more often than it wants to.

use super::{Key, Scene, server::Manner};
use chrono::Duration;
use serde_json::json;

impl Scene {
    /// As the background does it, so much later.
    async fn later(&self, by: Duration) {
        self.advance(by);
        self.served.app.issuers().refresh().await;
    }
}

#[tokio::test]
async fn keys_change_and_old_ones_go() {
    let scene = Scene::new().await;
    let second = Key::new("second");
    let old = scene.token(|_, _| ());
    assert_eq!(scene.status(&old).await, 200);
    // Both for a while: a token by the new one makes this server look at once.
    scene.foreign.shows(&[&second, &scene.key]);
    scene.advance(Duration::seconds(31));
    assert_eq!(scene.status(&scene.token_by(&second)).await, 200);
    assert_eq!(scene.status(&old).await, 200);
    // Then the new one alone: the old one is good no more, though its signature was seen to be good.
    scene.foreign.shows(&[&second]);
    scene.later(Duration::minutes(11)).await;
    let old = scene.token(|_, _| ());
    assert_eq!((scene.status(&old).await, scene.status(&scene.token_by(&second)).await), (401, 200));
    // The same name for another key.
    let third = Key::new("second");
    scene.foreign.shows(&[&third]);
    scene.later(Duration::minutes(11)).await;
    assert_eq!((scene.status(&scene.token_by(&second)).await, scene.status(&scene.token_by(&third)).await), (401, 200));
}

#[tokio::test]
async fn a_remembered_signature_goes_with_its_key() {
    let scene = Scene::new().await;
    let now = scene.served.clock.now().timestamp();
    let token = scene.token(|_, claims| claims["exp"] = json!(now + 3600));
    assert_eq!(scene.status(&token).await, 200);
    scene.foreign.shows(&[&Key::new("second")]);
    scene.later(Duration::minutes(11)).await;
    assert_eq!(scene.status(&token).await, 401);
}

#[tokio::test]
async fn its_last_keys_hold_while_an_issuer_is_away() {
    let scene = Scene::new().await;
    assert_eq!(scene.status(&scene.token(|_, _| ())).await, 200);
    for bad in [
        Manner::Down,
        Manner::Huge,
        Manner::Redirects(format!("{}/elsewhere", scene.foreign.url)),
        Manner::Says("<html>".into()),
        Manner::Says("{}".into()),
        Manner::Says(json!({"keys": vec![json!({}); 51]}).to_string()),
    ] {
        scene.foreign.is(bad.clone());
        scene.later(Duration::hours(5)).await;
        assert_eq!(scene.status(&scene.token(|_, _| ())).await, 200, "{bad:?}");
        assert_eq!(scene.status(&scene.token_by(&Key::new("other"))).await, 401, "{bad:?}");
    }
    assert_eq!(scene.foreign.count("/elsewhere"), 0, "nobody was sent elsewhere");
    // Not for ever: what cannot be asked about for a week is not believed.
    scene.foreign.is(Manner::Down);
    scene.later(Duration::days(7)).await;
    let answer = scene.asked(&scene.token(|_, _| ())).await;
    assert_eq!((answer.status, answer.code()), (503, "UNAVAILABLE"));
    scene.foreign.is(Manner::Works);
    scene.later(Duration::seconds(31)).await;
    assert_eq!(scene.status(&scene.token(|_, _| ())).await, 200);
}

#[tokio::test]
async fn an_issuer_that_was_never_heard_of_is_told_as_such() {
    let scene = Scene::new().await;
    scene.foreign.is(Manner::Down);
    let answer = scene.asked(&scene.token(|_, _| ())).await;
    assert_eq!((answer.status, answer.code()), (503, "UNAVAILABLE"));
    assert!(!answer.header("retry-after").is_empty());
    // What is wrong without any key is told at once, and our own tokens do not wait.
    assert_eq!(scene.status(&scene.token(|_, claims| claims["aud"] = "x".into())).await, 401);
    assert_eq!(scene.status(&scene.own.token(&scene.partner).await).await, 200);
    scene.foreign.is(Manner::Works);
    assert_eq!(scene.status(&scene.token(|_, _| ())).await, 503, "not asked again at once");
    scene.advance(Duration::seconds(31));
    assert_eq!(scene.status(&scene.token(|_, _| ())).await, 200);
}

#[tokio::test]
async fn invented_keys_make_nobody_ask() {
    let scene = Scene::new().await;
    assert_eq!(scene.status(&scene.token(|_, _| ())).await, 200);
    assert_eq!(scene.foreign.keys_asked(), 1);
    let flood = async || {
        let tokens: Vec<_> =
            (0..100).map(|n| scene.token(|header, _| header["kid"] = format!("invented {n}").into())).collect();
        let all = futures_util::future::join_all(tokens.iter().map(|token| scene.status(token))).await;
        assert!(all.iter().all(|status| *status == 401), "{all:?}");
    };
    flood().await;
    assert_eq!(scene.foreign.keys_asked(), 1, "it was asked a moment ago");
    scene.advance(Duration::seconds(31));
    flood().await;
    flood().await;
    assert_eq!(scene.foreign.keys_asked(), 2, "twice a minute at the most");
    // Neither does an issuer that is away get more.
    scene.foreign.is(Manner::Down);
    scene.advance(Duration::seconds(31));
    flood().await;
    assert_eq!(scene.foreign.count("/.well-known/openid-configuration"), 3);
    // What is genuine is answered meanwhile.
    assert_eq!(scene.status(&scene.token(|_, _| ())).await, 200);
    // Junk that no key can mend asks for nothing.
    scene.foreign.is(Manner::Works);
    scene.advance(Duration::seconds(31));
    let junk = scene.token(|header, claims| {
        header["kid"] = "x".into();
        claims["client_id"] = "nobody".into();
    });
    assert_eq!((scene.status(&junk).await, scene.foreign.keys_asked()), (401, 2));
}

#[tokio::test]
async fn the_background_asks_every_ten_minutes() {
    let scene = Scene::new().await;
    for (by, asked) in [(0, 1), (60, 1), (8 * 60, 1), (61, 2), (30, 2), (10 * 60, 3)] {
        scene.later(Duration::seconds(by)).await;
        assert_eq!(scene.foreign.keys_asked(), asked);
    }
    // A bad answer is tried again with the next look.
    scene.foreign.is(Manner::Down);
    scene.later(Duration::minutes(10)).await;
    scene.foreign.is(Manner::Works);
    scene.later(Duration::seconds(30)).await;
    assert_eq!(scene.foreign.keys_asked(), 4);
}

#[tokio::test]
async fn an_issuer_leads_nowhere_else() {
    let scene = Scene::new().await;
    let trap = super::Foreign::new().await;
    trap.shows(&[&scene.key]);
    let mut keys = vec![
        // Another one's name; private networks and the machine itself by names and schemes that are not allowed.
        ("issuer", "https://id.example".to_owned()),
        ("issuer", format!("{}/", scene.foreign.url)),
        ("jwks_uri", "http://10.0.0.1/keys".to_owned()),
        ("jwks_uri", "http://169.254.169.254/latest/meta-data".to_owned()),
        ("jwks_uri", "file:///etc/passwd".to_owned()),
        ("jwks_uri", trap.url.replace("http://", "http://user:password@")),
        ("jwks_uri", "keys".to_owned()),
        ("jwks_uri", format!("{}/nothing", scene.foreign.url)),
    ];
    for (name, value) in keys.drain(..) {
        scene.foreign.describes(name, &value);
        scene.advance(Duration::seconds(31));
        assert_eq!(scene.status(&scene.token(|_, _| ())).await, 503, "{name}: {value}");
        scene.foreign.describes("issuer", &scene.foreign.url);
        scene.foreign.describes("jwks_uri", &format!("{}/keys", scene.foreign.url));
    }
    assert_eq!((trap.keys_asked(), scene.foreign.keys_asked()), (0, 0));
    // Where the description says, as long as requests may go there.
    scene.foreign.describes("jwks_uri", &format!("{}/keys", trap.url));
    scene.advance(Duration::seconds(31));
    assert_eq!((scene.status(&scene.token(|_, _| ())).await, trap.keys_asked()), (200, 1));
}
