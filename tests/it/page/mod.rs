//! The page of indicators, the explorer and the reference: what is served, and what a person sees of it in a browser.

mod browser;
mod explorer;
mod reference;

use crate::{
    operation::Demonstration,
    served::{Answer, Partner, Served, scopes},
};
use browser::Browser;
use chrono::Duration;
use mistok::{
    access::{Scope, Scopes},
    application::operator,
    base::{
        min_cell::MinCells,
        words::{
            activity::ActivityKind,
            case::{AgeBand, Sex, TargetCategory, TargetGroup},
            indicator::*,
            referral::ReferralStatus,
        },
    },
    db::Errand,
    demo,
    indicator::release,
};
use secrecy::ExposeSecret;
use serde_json::json;
use std::{collections::BTreeSet, fs, path::Path};

async fn got(served: &Served, path: &str, tag: Option<&str>) -> Answer {
    let mut asked = served.http.get(format!("{}{path}", served.url));
    if let Some(tag) = tag {
        asked = asked.header("if-none-match", tag);
    }
    Answer::of(asked.send().await.unwrap()).await
}

/// The addresses that a text names, in its quotes.
fn named(html: &str) -> Vec<String> {
    let attributes = html.split(" src=\"").skip(1).chain(html.split(" href=\"").skip(1));
    attributes.map(|rest| rest.split('"').next().unwrap().to_owned()).filter(|address| !address.starts_with('#')).collect()
}

/// Those of files: other pages have no ending.
fn files(html: &str) -> Vec<String> {
    named(html).into_iter().filter(|address| address.contains('.')).collect()
}

#[tokio::test]
async fn it_is_served_from_the_program_alone() {
    let served = Served::new().await;
    let page = got(&served, "/indicators", None).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!((page.header("cache-control"), page.header("x-content-type-options")), ("no-cache", "nosniff"));
    assert_eq!((page.header("referrer-policy"), page.header("x-frame-options")), ("no-referrer", "DENY"));
    let policy = page.header("content-security-policy");
    for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
    // Nothing that this policy forbids.
    for forbidden in ["<style", " style=\"", " onclick=", "<script>", "javascript:"] {
        assert!(!page.text.contains(forbidden), "{forbidden}");
    }
    // Who has it, is not sent it again.
    for (tag, status) in [(page.header("etag"), 304), ("\"other\"", 200), ("*", 304)] {
        let again = got(&served, "/indicators", Some(tag)).await;
        assert_eq!((again.status, again.text.is_empty()), (status, status == 304), "{tag}");
        assert_eq!(again.header("content-security-policy"), policy);
    }
    let files = files(&page.text);
    assert!(files.len() > 15, "{files:?}");
    for file in &files {
        let answer = got(&served, &format!("/{file}"), None).await;
        let expected = match file.rsplit('.').next().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!((answer.status, answer.header("content-type")), (200, expected), "{file}");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{file}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{file}");
        // Another program's page is not here.
        let other = file.replacen('/', "/0", 1);
        assert_eq!(got(&served, &format!("/{other}"), None).await.status, 404, "{other}");
        let strange = strange_addresses(&answer.text);
        assert!(strange.is_empty(), "{file}: {strange:?}");
    }
    assert!(strange_addresses(&page.text).is_empty());
    let licence = files[0].replace("icon.svg", "vendor/LICENSE.txt");
    assert!(got(&served, &format!("/{licence}"), None).await.text.contains("MIT License"));
    let post = served.http.post(format!("{}/indicators", served.url)).send().await.unwrap();
    assert_eq!((post.status().as_u16(), post.headers()["allow"].to_str().unwrap()), (405, "GET, HEAD"));
    let head = served.http.head(format!("{}/indicators", served.url)).send().await.unwrap();
    assert_eq!(head.status().as_u16(), 200);
    assert_eq!(got(&served, "/indicators/", None).await.text, page.text, "it is sent on");
}

/// Addresses of elsewhere, but for the name of a format and those in the banners of the licences.
fn strange_addresses(text: &str) -> Vec<&str> {
    let known = ["//www.w3.org/2000/svg", "//www.chartjs.org", "//github.com/kurkle/color"];
    let found = text.match_indices("//").filter(|(place, _)| text[..*place].ends_with(':')).map(|(place, _)| &text[place..]);
    found.filter(|rest| !known.iter().any(|known| rest.starts_with(known))).map(|rest| rest.lines().next().unwrap()).collect()
}

#[test]
fn it_has_a_name_in_both_languages_for_every_word() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/indicators");
    let keys = |language: &str| -> BTreeSet<String> {
        let text = fs::read_to_string(folder.join(format!("words/{language}.js"))).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        let key = |line: &str| {
            line.trim().split("\":").next().unwrap().split(": ").next().unwrap().trim_matches(['"', ':']).to_owned()
        };
        lines.map(key).collect()
    };
    let (uk, en) = (keys("uk"), keys("en"));
    assert_eq!(uk.symmetric_difference(&en).collect::<Vec<_>>(), [""; 0].iter().collect::<Vec<_>>());
    fn all<T: Copy>(prefix: &str, words: &[T], word: impl Fn(T) -> &'static str) -> Vec<String> {
        words.iter().map(|one| format!("{prefix}{}", word(*one))).collect()
    }
    let wanted = [
        all("", Indicator::ALL, Indicator::word),
        all("unit.", IndicatorUnit::ALL, IndicatorUnit::word),
        all("", Origin::ALL, Origin::word),
        all("comparator.", Comparator::ALL, Comparator::word),
        all("kind.", ObservationKind::ALL, ObservationKind::word),
        all("TARGET_GROUP.", TargetGroup::ALL, TargetGroup::word),
        all("TARGET_CATEGORY.", TargetCategory::ALL, TargetCategory::word),
        all("SEX.", Sex::ALL, Sex::word),
        all("AGE_BAND.", AgeBand::ALL, AgeBand::word),
        all("ACTIVITY_KIND.", ActivityKind::ALL, ActivityKind::word),
        all("REFERRAL_STATUS.", ReferralStatus::ALL, ReferralStatus::word),
    ];
    let lacking: Vec<_> = wanted.concat().into_iter().filter(|key| !uk.contains(key)).collect();
    assert!(lacking.is_empty(), "{lacking:?}");
    // What the scripts say, and what stands in the document.
    let mut said = 0;
    for file in ["index.html", "page.js", "form.js", "panel.js", "table.js", "words.js", "chart.js"] {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        for mark in ["data-say=\"", "data-label=\"", "say(\"", "status(\""] {
            for key in text.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap()) {
                said += 1;
                assert!(uk.contains(key), "{file} says {key}");
            }
        }
    }
    assert!(said > 80, "{said}");
}

/// Another application of an organisation of the demonstration, whose secret is known here.
async fn reader(demonstration: &Demonstration, word: &str, scopes: Scopes) -> Partner {
    let served = &demonstration.served;
    let organization_id = demo::APPLICATIONS.iter().find(|one| one.word == word).unwrap().organization;
    let wish =
        operator::Register { organization_id, name: "Сторінка".into(), scopes: scopes.words(), ..Default::default() };
    let made = operator::register(served.app.db(), served.app.seal(), Errand::Demo, wish).await.unwrap();
    Partner { organization_id, client_id: made.client_id, secret: made.secret.expose_secret().to_owned() }
}

const READY: &str =
    "document.getElementById('status').textContent.includes(document.documentElement.lang === 'uk' ? 'Показано' : 'Shown')";

/// Signs in by the keyboard alone.
fn sign_in(browser: &mut Browser, id: &str, secret: &str) {
    browser.until("document.activeElement.id === 'client-id'");
    browser.write(id);
    browser.press("Tab");
    assert_eq!(browser.text("document.activeElement.id"), "client-secret");
    browser.write(secret);
    browser.press("Enter");
}

/// The cells of the table's row that begins so.
fn row(browser: &mut Browser, begins: &str) -> Vec<String> {
    let rows = browser
        .value("[...document.querySelectorAll('#rows tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))");
    let rows: Vec<Vec<String>> = serde_json::from_value(rows).unwrap();
    let plain = |cell: &String| cell.replace('\u{a0}', " ");
    let found = rows.iter().find(|row| row[0] == begins).unwrap_or_else(|| panic!("no {begins} in {rows:?}"));
    found.iter().map(plain).collect()
}

/// Columns of a canvas in which a bar stands: those with many points of its colour.
const PAINTED: &str = "(() => {
  const canvas = document.querySelector('#months canvas');
  const { width, height } = canvas, { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  let bars = 0, inside = false;
  for (let x = 0; x < width; x++) {
    let blue = 0;
    for (let y = 0; y < height; y++) { const at = 4 * (y * width + x); if (data[at + 3] > 200 && data[at + 2] - data[at] > 90) blue++; }
    if ((blue > 40) !== inside) { inside = !inside; bars += inside; }
  }
  return bars;
})()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sandbox_fills_in_who_asks() {
    let Some(mut browser) = Browser::start("page-doors", "en-GB,en") else { return };
    let demonstration = Demonstration::new().await;
    let kazanka = reader(&demonstration, "KAZANKA", scopes(&[Scope::AnalyticsRead])).await;
    let ministry = reader(&demonstration, "MINISTRY", scopes(&[Scope::AnalyticsRead])).await;
    let doors = vec![explorer::door("Казанка", &kazanka), explorer::door("Міністерство", &ministry)];
    let served = Served::sandbox(&demonstration.served, doors).await;
    let choose = |browser: &mut Browser, place: &str| {
        browser.value(&format!(
            "(door => {{ door.value = '{place}'; door.dispatchEvent(new Event('change')); }})(document.getElementById('door'))"
        ));
    };
    let filled = "document.getElementById('client-id').value + ' ' + document.getElementById('client-secret').value";

    browser.go(&format!("{}/indicators", served.url));
    browser.until("document.activeElement.id === 'door'");
    assert!(browser.text("document.getElementById('main').innerText").contains("all people and cases here are invented"));
    for (place, name, partner) in [("0", "Громадська", &kazanka), ("1", "Міністерство", &ministry)] {
        choose(&mut browser, place);
        let own = format!("{} {}", partner.client_id, partner.secret);
        assert_eq!(browser.text(filled), own);
        browser.value("document.querySelector('#sign-in button').click()");
        browser.until(READY);
        assert!(browser.text("document.getElementById('organization').textContent").starts_with(name));
        assert!(!browser.text(filled).contains(&partner.secret));
        browser.value("document.getElementById('leave').click()");
        browser.until("!document.getElementById('sign-in').hidden");
        assert_eq!(browser.text(filled), own, "it comes again");
    }
    choose(&mut browser, "");
    assert_eq!(browser.text(filled), " ");
}

// The browser is waited for: meanwhile other threads carry the connections of the pool.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_sees_the_figures() {
    let Some(mut browser) = Browser::start("page-browser", "uk-UA,uk,en") else { return };
    let demonstration = Demonstration::new().await;
    let reading = scopes(&[Scope::AnalyticsRead]);
    let kazanka = reader(&demonstration, "KAZANKA", reading).await;
    let url = demonstration.served.url.clone();

    // By the browser's language; a wrong secret is told kindly, with its code, and with no question of the browser's own.
    browser.go(&format!("{url}/indicators"));
    assert_eq!(browser.text("document.documentElement.lang + document.title"), "ukПоказники — Місток");
    sign_in(&mut browser, &kazanka.client_id, "wrong");
    browser.until("document.querySelector('#fault code')");
    let told = browser.text("document.getElementById('fault').textContent");
    assert!(told.contains("секрет інший") && told.contains("invalid_client"), "{told}");
    assert_eq!(browser.text("document.activeElement.id"), "client-secret");
    let mute = reader(&demonstration, "KAZANKA", scopes(&[Scope::ServicesRead])).await;
    browser.go(&format!("{url}/indicators?lang=en"));
    sign_in(&mut browser, &mute.client_id, &mute.secret);
    browser.until("document.querySelector('#fault code')");
    let told = browser.text("document.getElementById('fault').textContent");
    assert!(told.contains("does not hold analytics:read") && told.contains("invalid_scope"), "{told}");

    // One's own, of the time of the report.
    browser.forget();
    browser.go(&format!("{url}/indicators?whose=own&period=2025-01-01..2025-05-27&by=MONTH"));
    sign_in(&mut browser, &kazanka.client_id, &kazanka.secret);
    browser.until(READY);
    let total = row(&mut browser, "Усього");
    assert_eq!(total[1..3], ["275", "2 682"], "{total:?}");
    assert_eq!(row(&mut browser, "січень 2025").len(), 6);
    assert_eq!(browser.value(PAINTED), json!(5), "the bars of five months");
    let heard = browser.text("document.querySelector('#months canvas').getAttribute('aria-label')");
    assert!(heard.starts_with("Надані послуги. січень 2025: 583;"), "{heard}");
    assert_eq!(browser.text("document.activeElement.id"), "results-title");
    // The token is nowhere, and no secret is in the address.
    let kept = browser.text("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.getElementById('client-secret').value])");
    assert_eq!(kept, r#"[{},{},"",""]"#);
    assert!(!browser.text("location.href").contains(&kazanka.secret));
    keyboard(&mut browser);

    // The other language, at once and without another question; the address keeps it.
    let asked = browser.asked().len();
    browser.value("document.querySelector('[data-language=en]').click()");
    assert_eq!(row(&mut browser, "All")[1..3], ["275", "2,682"]);
    assert!(browser.text("location.search").contains("lang=en"));
    assert_eq!(browser.asked().len(), asked);

    // Money, to the kopiyka; of a month in which nothing was accepted there is no cost, which is not zero.
    let provider = reader(&demonstration, "NOVYI_BUH", reading).await;
    browser.go(&format!("{url}/indicators?lang=en&whose=own&period=2025&by=MONTH&show=FUNDING_PAID,COST_PER_SERVICE"));
    sign_in(&mut browser, &provider.client_id, &provider.secret);
    browser.until(READY);
    assert_eq!(row(&mut browser, "All")[1..], ["1,008,400.00", "880.87"]);
    assert_eq!(row(&mut browser, "December 2025")[1..], ["101,500.00", "—"]);

    // Others' figures, as the Ministry sees them: of the few referrals of the demonstration nothing is shown.
    let month = demonstration.served.clock.today().format("%Y-%m").to_string();
    demonstration.served.clock.advance(Duration::days(45));
    release::publish_due(demonstration.served.app.db(), MinCells::default()).await.unwrap();
    let ministry = reader(&demonstration, "MINISTRY", reading).await;
    browser
        .go(&format!("{url}/indicators?lang=uk&whose=published&period={month}&place=REGION&show=REFERRALS_SENT,CENTRES_OPEN"));
    sign_in(&mut browser, &ministry.client_id, &ministry.secret);
    browser.until(READY);
    // Columns stand in the order of the list.
    assert_eq!(row(&mut browser, "Усього")[1..], ["4", "приховано: замало осіб"]);
    let legend = browser.text("document.querySelector('#table .legend').textContent");
    assert!(legend.contains("замало осіб") && legend.contains("поріг 5"), "{legend}");
    let told = browser.text("document.getElementById('told').textContent");
    assert!(told.contains("випуск по") && told.contains("поріг: 5"), "{told}");
    assert!(browser.text("document.querySelector('#funnel').textContent").contains("приховано"));

    // Reported ones, with what was not told.
    browser.value(
        "(document.querySelector('[name=origin][value=REPORTED]').click(), document.querySelector('#question .main').click())",
    );
    browser.until("document.getElementById('told').textContent.includes('За повідомленням')");
    assert!(browser.text("document.getElementById('table').textContent").contains("200"), "the aim of the project");
    assert_eq!(browser.value("document.getElementById('charts').hidden"), json!(true), "what is reported is never added");

    // All of it asked this server alone, and nothing complained.
    // A picture in an address is the browser's own, of the day's control.
    let is_strange = |address: &String| !address.starts_with(&url) && !address.starts_with("data:");
    let strange: Vec<_> = browser.asked().into_iter().filter(is_strange).collect();
    assert!(strange.is_empty(), "{strange:?}");
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");

    // The network goes: it is said, and what was shown stays.
    drop(demonstration);
    browser.value("document.querySelector('#question .main').click()");
    browser.until("document.querySelector('.fault code')?.textContent.startsWith('NETWORK')");
}

/// Every control can be reached and has a name; the focus is seen, and goes through the page in its order.
fn keyboard(browser: &mut Browser) {
    browser.value("(document.body.tabIndex = -1, document.body.focus(), document.body.removeAttribute('tabindex'))");
    let mut order = Vec::new();
    for _ in 0..60 {
        browser.press("Tab");
        let seen = browser.value(
            "(() => { const it = document.activeElement;
               if (it === document.body) return null;
               const name = it.getAttribute('aria-label') || [...(it.labels ?? [])].map(label => label.textContent).join(' ') || it.textContent;
               const ring = getComputedStyle(it);
               return [it.id || it.name || it.dataset.language || it.className || it.localName, name.trim(), ring.outlineStyle + ring.outlineWidth]; })()",
        );
        if seen.is_null() {
            break;
        }
        let [id, name, ring]: [String; 3] = serde_json::from_value(seen).unwrap();
        assert!(!name.is_empty(), "{id} has no name");
        assert_eq!(ring, "solid3px", "{id}");
        // The parts of a day are stops of their own.
        if order.last() != Some(&id) {
            order.push(id);
        }
    }
    let wanted =
        ["skip", "uk", "en", "leave", "whose", "origin", "kind", "from", "to", "centre", "place", "more", "indicators-title"];
    let first: Vec<_> = order.iter().map(String::as_str).take(wanted.len()).collect();
    assert_eq!(first, wanted);
    for later in ["main", "share-of", "share-by", "csv", "scroll"] {
        assert!(order.iter().any(|id| id == later), "{later} is not reached: {order:?}");
    }
}
