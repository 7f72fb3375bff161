//! The explorer: what is served, from what it was built, and what a person does with it in a browser.

use super::{browser::Browser, files, got, named, reader, sign_in};
use crate::{
    operation::{self, Demonstration},
    served::{Answer, Partner, Served, scopes},
};
use chrono::Duration;
use mistok::{access::Scope, base::words::organization::OrganizationKind, graphql::schema, http::sandbox::Door};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/explorer")
}

/// Where the files of the page lie: `/graphiql/PRINT`.
async fn place(served: &Served) -> String {
    let page = got(served, "/graphiql", None).await;
    let script = named(&page.text).into_iter().find(|file| file.ends_with("explorer.js")).unwrap();
    format!("/{}", script.trim_end_matches("/explorer.js"))
}

#[tokio::test]
async fn it_is_served_from_the_program_alone() {
    let served = Served::new().await;
    let page = got(&served, "/graphiql", None).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!((page.header("cache-control"), page.header("x-content-type-options")), ("no-store", "nosniff"));
    assert_eq!((page.header("referrer-policy"), page.header("x-frame-options")), ("no-referrer", "DENY"));
    // Scripts are its own files alone; what the styles may, besides: the elements of this one answer, and attributes.
    let policy: BTreeMap<_, _> =
        page.header("content-security-policy").split("; ").map(|part| part.split_once(' ').unwrap()).collect();
    for part in ["default-src", "base-uri", "form-action", "frame-ancestors"] {
        assert_eq!(policy[part], "'none'", "{part}");
    }
    for part in ["script-src", "worker-src", "connect-src", "font-src"] {
        assert_eq!(policy[part], "'self'", "{part}");
    }
    assert_eq!((policy["img-src"], policy["style-src-attr"], policy.len()), ("'self' data:", "'unsafe-inline'", 11));
    let nonce = policy["style-src-elem"].strip_prefix("'self' 'nonce-").unwrap().trim_end_matches('\'');
    assert!(nonce.len() == 32 && page.text.matches(nonce).count() == 1, "{nonce}");
    let again = got(&served, "/graphiql", None).await;
    assert!(!again.text.contains(nonce), "a nonce is for one answer");
    for forbidden in ["<style", " style=\"", " onclick=", "<script>", "javascript:", "//"] {
        assert!(!page.text.contains(forbidden), "{forbidden}");
    }

    let place = place(&served).await;
    assert!(named(&page.text).contains(&"docs".to_owned()), "it links to the reference");
    let mut files = files(&page.text);
    assert_eq!(files.len(), 5, "{files:?}");
    let beside =
        ["editor.worker.js", "graphql.worker.js", "json.worker.js", "codicon.ttf", "operations.json", "schema.graphql"];
    files.extend(beside.map(|name| format!("{}/{name}", place.trim_start_matches('/'))));
    for file in &files {
        let url = format!("{}/{file}", served.url);
        let plain = served.http.get(&url).send().await.unwrap();
        let packed = served.http.get(&url).header("accept-encoding", "gzip, br").send().await.unwrap();
        for answer in [&plain, &packed] {
            let header = |name| answer.headers()[name].to_str().unwrap();
            let expected = match file.rsplit('.').next().unwrap() {
                "js" => "text/javascript; charset=utf-8",
                "css" => "text/css; charset=utf-8",
                "ttf" => "font/ttf",
                "txt" | "graphql" => "text/plain; charset=utf-8",
                "json" => "application/json",
                _ => "image/svg+xml",
            };
            assert_eq!((answer.status().as_u16(), header("content-type")), (200, expected), "{file}");
            assert_eq!(header("cache-control"), "public, max-age=31536000, immutable", "{file}");
            assert_eq!(header("x-content-type-options"), "nosniff", "{file}");
        }
        assert!(plain.headers().get("content-encoding").is_none(), "{file}");
        if !file.ends_with(".svg") {
            assert_eq!(packed.headers()["content-encoding"], "gzip", "{file}");
            let varies = packed.headers().get_all("vary").iter().map(|value| value.to_str().unwrap().to_ascii_lowercase());
            assert!(varies.collect::<Vec<_>>().join(",").contains("accept-encoding"), "{file}");
        }
        let (plain, packed) = (plain.bytes().await.unwrap(), packed.bytes().await.unwrap());
        assert!(plain.len() >= packed.len() && !plain.is_empty(), "{file}");
        if let Some(name) = file.strip_suffix(".css") {
            let text = String::from_utf8(plain.to_vec()).unwrap();
            assert!(!text.contains("//fonts") && text.contains("./codicon.ttf"), "{name}");
            assert_eq!(text.matches("url(").count(), text.matches("url(data:").count() + 1, "all but the font is in it");
        }
        let other = file.replacen("/", "/0", 1);
        assert_eq!(got(&served, &format!("/{other}"), None).await.status, 404, "{other}");
    }
    // The schema is the one that is published, so that the page asks nobody for it.
    assert_eq!(got(&served, &format!("{place}/schema.graphql"), None).await.text, schema::sdl());
    let licences = got(&served, &format!("{place}/licences.txt"), None).await.text;
    assert!(licences.contains("graphiql 5.") && licences.contains("monaco-editor 0.") && licences.contains("MIT License"));
    assert_eq!(got(&served, &format!("{place}/other.js"), None).await.status, 404);
    let post = served.http.post(format!("{}/graphiql", served.url)).send().await.unwrap();
    assert_eq!((post.status().as_u16(), post.headers()["allow"].to_str().unwrap()), (405, "GET, HEAD"));
    assert_eq!(got(&served, "/graphiql/", None).await.status, 200, "it is sent on");
}

#[tokio::test]
async fn its_operations_are_those_of_the_schema() {
    let served = Served::new().await;
    let told = got(&served, &format!("{}/operations.json", place(&served).await), None).await.body;
    let mut found = BTreeMap::new();
    for group in told.as_array().unwrap() {
        for operation in group["operations"].as_array().unwrap() {
            let name = format!("{}/{}", group["kind"].as_str().unwrap(), operation["name"].as_str().unwrap());
            assert!(found.insert(name, operation["text"].as_str().unwrap().to_owned()).is_none());
        }
    }
    assert_eq!(found, operation::all(), "src/http/explorer/operations.rs names them all");
    let cases = told[1]["operations"].as_array().unwrap().iter().find(|one| one["name"] == "cases").unwrap();
    assert_eq!(
        (&cases["purpose"], &cases["variables"]["filter"]["person"]["phone"]),
        (&json!("CASE_WORK"), &json!("+380670000021"))
    );
}

/// What the build has written down: of what it was made, and what it made.
#[test]
fn it_was_built_from_its_sources() {
    let sum = |name: &str| {
        let bytes = fs::read(folder().join(name)).unwrap();
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let text = fs::read_to_string(folder().join("built/SHA256SUMS")).unwrap();
    let told: BTreeMap<_, _> = text.lines().map(|line| line.split_once("  ").unwrap()).map(|(sum, name)| (name, sum)).collect();
    for (name, told) in &told {
        assert_eq!(sum(name), **told, "{name} has changed since: npm ci --ignore-scripts && npm run build");
    }
    let mut there = BTreeSet::from(["build.mjs", "package.json", "package-lock.json"].map(str::to_owned));
    let mut folders = vec!["source".to_owned(), "built".to_owned()];
    while let Some(one) = folders.pop() {
        for entry in fs::read_dir(folder().join(&one)).unwrap().map(Result::unwrap) {
            let name = format!("{one}/{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                folders.push(name);
            } else if name != "built/SHA256SUMS" {
                there.insert(name);
            }
        }
    }
    assert_eq!(told.into_keys().map(str::to_owned).collect::<BTreeSet<_>>(), there, "built anew after a file came or went");
    // Packages are known by what is in them, wherever they come from.
    let lock = fs::read_to_string(folder().join("package-lock.json")).unwrap();
    assert!(!lock.contains("\"resolved\""), "npm install --omit-lockfile-registry-resolved");
    let lock: Value = serde_json::from_str(&lock).unwrap();
    let packages = lock["packages"].as_object().unwrap();
    assert!(packages.iter().all(|(name, package)| name.is_empty() || package["integrity"].is_string()));
}

#[test]
fn it_speaks_both_languages() {
    let source = |name: &str| fs::read_to_string(folder().join(name)).unwrap();
    let keys = |language: &str| -> BTreeSet<String> {
        let text = source(&format!("source/words/{language}.js"));
        let lines = text.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        lines
            .map(|line| {
                line.trim().split("\":").next().unwrap().split(": ").next().unwrap().trim_matches(['"', ':']).to_owned()
            })
            .collect()
    };
    let (uk, en) = (keys("uk"), keys("en"));
    assert_eq!(uk, en);
    let mut said: BTreeSet<String> = BTreeSet::new();
    let files = ["page.js", "explorer.jsx", "operations.jsx", "purpose.js", "words.js"].map(|name| format!("source/{name}"));
    for file in ["index.html".to_owned()].iter().chain(&files) {
        let text = source(file);
        for mark in ["data-say=\"", "data-label=\"", "say(\""] {
            said.extend(text.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
    }
    let groups = source("operations.rs");
    for line in groups.lines().filter(|line| line.trim_start().starts_with("\"") && line.ends_with("\":")) {
        let [kind, name] =
            line.split('"').filter(|part| part.chars().all(char::is_alphabetic) && !part.is_empty()).collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        said.extend([kind.to_owned(), format!("{kind}.{name}")]);
    }
    assert!(said.len() > 45, "{said:?}");
    assert_eq!(said.difference(&uk).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// The text of the explorer's editor of this name.
fn editor(name: &str) -> String {
    format!("(globalThis.__MONACO?.editor.getModels().find(model => model.uri.path.endsWith('{name}'))?.getValue() ?? '')")
}

/// The explorer is there: its editor, and its menu.
const READY: &str = "document.querySelector('.graphiql-container .graphiql-query-editor .view-line') && \
    document.querySelector('.result-window .view-line') && document.querySelector('.operations')";

/// At which kind of user the menu stands open.
fn opened(browser: &mut Browser) -> String {
    browser.text("[...document.querySelectorAll('.operations details[open] > summary')].map(one => one.textContent).join()")
}

/// Writes into the explorer's editor of this name.
fn write(name: &str, text: &str) -> String {
    format!("globalThis.__MONACO.editor.getModels().find(model => model.uri.path.endsWith('{name}')).setValue({text:?})")
}

/// Opens an operation of the menu, and waits until the explorer has read what it is.
fn open(browser: &mut Browser, name: &str, word: &str) {
    browser.value(&format!(
        "[...document.querySelectorAll('.operations li button')].find(one => one.querySelector('.name').textContent === '{name}').click()"
    ));
    browser.until(&format!("document.querySelector('.graphiql-tab-active')?.textContent.includes('{word}')"));
}

fn run(browser: &mut Browser) {
    browser.value("document.querySelector('.graphiql-execute-button').click()");
}

pub fn door(name: &str, partner: &Partner) -> Door {
    let (client_id, client_secret) = (partner.client_id.clone(), partner.secret.clone().into());
    Door { name: name.to_owned(), client_id, client_secret }
}

#[tokio::test]
async fn a_sandbox_says_so_in_each_answer() {
    let plain = Served::new().await;
    let partner = plain.partner(OrganizationKind::Charity).await;
    let sandbox = Served::sandbox(&plain, vec![door("Фонд", &partner)]).await;
    for path in ["/graphiql", "/docs", "/indicators", "/health/ready", "/graphql", "/exports/none", "/nothing"] {
        let said = |answer: &Answer| answer.headers.get("mistok-sandbox").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(said(&got(&sandbox, path, None).await).as_deref(), Some("?1"), "{path}");
        assert_eq!(said(&got(&plain, path, None).await), None, "{path}");
    }
    for path in ["/graphiql", "/indicators"] {
        let page = got(&sandbox, path, None).await.text;
        assert!(page.contains("data-say=\"sandbox\"") && page.contains(&partner.secret), "{path}");
        assert!(!got(&plain, path, None).await.text.contains("sandbox"), "{path}");
        // Its doors are for whoever sits at the machine: a page of another name is told that it is one, and no secret.
        let asked = sandbox.http.get(format!("{}{path}", sandbox.url)).header("host", "rebound.example");
        let page = Answer::of(asked.send().await.unwrap()).await;
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        let page = page.text;
        assert!(page.contains("data-say=\"sandbox\"") && !page.contains(&partner.secret) && !page.contains(&partner.client_id));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_in_a_sandbox_is_answered_at_once() {
    let Some(mut browser) = Browser::start("page-sandbox", "en-GB,en") else { return };
    let demonstration = Demonstration::new().await;
    let kazanka = reader(&demonstration, "KAZANKA", scopes(&[Scope::ApplicationsManage])).await;
    let ministry = reader(&demonstration, "MINISTRY", scopes(&[Scope::ApplicationsManage])).await;
    let revoked =
        Partner { secret: "wrong".into(), ..reader(&demonstration, "FUND", scopes(&[Scope::ApplicationsManage])).await };
    let doors = vec![door("Казанка", &kazanka), door("Міністерство", &ministry), door("Фонд", &revoked)];
    let served = Served::sandbox(&demonstration.served, doors).await;
    let answer = editor("response.json");
    let choose = |browser: &mut Browser, place: &str| {
        browser.value(&format!(
            "(door => {{ door.value = '{place}'; door.dispatchEvent(new Event('change')); }})(document.getElementById('door'))"
        ));
    };

    browser.go(&format!("{}/graphiql", served.url));
    browser.until(READY);
    browser.until("document.getElementById('status').textContent.includes('Громадська')");
    assert!(browser.text("document.getElementById('main').innerText").contains("all people and cases here are invented"));
    assert_eq!(browser.value("document.getElementById('sign-in').hidden"), json!(true));
    assert_eq!(opened(&mut browser), "Partner");
    browser.value(&write("operation.graphql", "{ viewer { application { clientId } } }"));
    run(&mut browser);
    browser.until(&format!("{answer}.includes('\"clientId\": \"{}\"')", kazanka.client_id));

    // As another one: nothing is left of what the first has asked.
    choose(&mut browser, "1");
    browser.until("document.getElementById('status').textContent.includes('Міністерство')");
    browser.until(READY);
    assert_eq!(opened(&mut browser), "Operator");
    assert!(!browser.text(&answer).contains(&kazanka.client_id));

    // One that opens no more tells why, and somebody else enters by hand.
    choose(&mut browser, "2");
    browser.until("document.getElementById('fault-exactly').textContent.includes('invalid_client')");
    let open = "!document.getElementById('sign-in').hidden && document.getElementById('door').value === ''";
    assert_eq!(browser.value(open), json!(true));
    choose(&mut browser, "0");
    browser.until("document.getElementById('status').textContent.includes('Громадська')");
    choose(&mut browser, "");
    browser.until(open);
    browser.value("document.getElementById('client-id').focus()");
    sign_in(&mut browser, &ministry.client_id, &ministry.secret);
    browser.until("!document.getElementById('who').hidden");
    assert_eq!(opened(&mut browser), "Operator");
}

// The browser is waited for: meanwhile other threads carry the connections of the pool.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_tries_the_api() {
    let Some(mut browser) = Browser::start("page-explorer", "uk-UA,uk,en") else { return };
    let demonstration = Demonstration::new().await;
    let served = &demonstration.served;
    let held = [Scope::ApplicationsManage, Scope::CasesRead, Scope::PersonsRead, Scope::OfferingsWrite];
    let kazanka = reader(&demonstration, "KAZANKA", scopes(&held)).await;
    let answer = editor("response.json");

    // At once, in the browser's language, without anybody signed in and without a question to the API.
    browser.go(&format!("{}/graphiql", served.url));
    browser.until(READY);
    assert_eq!(browser.text("document.documentElement.lang + document.title"), "ukПровідник — Місток");
    assert_eq!(opened(&mut browser), "Партнер", "the menu stands open at what most ask");
    browser.value("document.querySelector('.graphiql-sidebar button').click()");
    browser.until("document.querySelector('.graphiql-doc-explorer')?.textContent.includes('ReferralConnection')");
    browser.value("document.querySelectorAll('.graphiql-sidebar button')[1].click()");
    browser.until("document.querySelector('.operations')");
    browser.value(&write("operation.graphql", "{ viewer { organ"));
    browser.value(
        "(editor => { editor.focus(); editor.setPosition({ lineNumber: 1, column: 17 }); editor.trigger('', 'editor.action.triggerSuggest', {}); })
         (globalThis.__MONACO.editor.getEditors().find(one => one.getModel()?.uri.path.endsWith('operation.graphql')))",
    );
    browser.until("document.querySelector('.suggest-widget')?.textContent.includes('organization')");
    let is_ours = |url: &String| url.starts_with(&served.url) || url.starts_with("data:");
    assert!(browser.asked().iter().all(is_ours), "{:?}", browser.asked());
    assert!(!browser.asked().iter().any(|url| url.ends_with("/graphql") || url.ends_with("/oauth/token")));
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");

    // A wrong secret is told kindly, with its code, and with no question of the browser's own.
    browser.value("document.getElementById('client-id').focus()");
    sign_in(&mut browser, &kazanka.client_id, "wrong");
    browser.until("document.getElementById('fault-exactly').textContent");
    let told = browser.text("document.getElementById('fault').textContent");
    assert!(told.contains("секрет інший") && told.contains("invalid_client"), "{told}");
    assert_eq!(browser.text("document.activeElement.id"), "client-secret");

    // What another page links to is the first tab.
    browser.go(&format!("{}/graphiql?lang=uk#partner/referral", served.url));
    browser.until(READY);
    browser.until(&format!("{}.includes('query Referral(')", editor("operation.graphql")));
    browser.until(&format!("{}.includes('referral.id')", editor("variables.json")));
    assert!(browser.text("document.getElementById('purpose-note').textContent").contains("CASE_WORK"));

    // Who am I? Nobody yet: the server says so in its words, and the page in the reader's, without a word lost.
    browser.go(&format!("{}/graphiql?lang=en", served.url));
    browser.until(READY);
    let lacks = "!document.getElementById('sign-in-wanted').hidden && document.activeElement.id === 'client-id'";
    let kept = "# Mine, and not to be lost.\nquery Mine { viewer { application { clientId } } }";
    browser.value(&write("operation.graphql", kept));
    browser.until("document.querySelector('.graphiql-tab-active')?.textContent.includes('Mine')");
    run(&mut browser);
    browser.until(&format!("{answer}.includes('UNAUTHENTICATED') && {lacks}"));
    let told = browser.text("document.getElementById('sign-in').innerText");
    assert!(told.contains("To be answered, sign in"), "{told}");
    let sent = ["authorization", "accept-language"].map(|header| browser.sent("/graphql", header).pop().unwrap());
    assert_eq!(sent, [None, Some("en".into())], "the page's language, and no token");
    // A subscription is not even begun.
    browser.value("document.getElementById('client-secret').focus()");
    open(&mut browser, "changes-follow", "ChangesFollow");
    run(&mut browser);
    browser.until(&format!("{answer}.includes('To be answered, sign in') && {lacks}"));
    browser.value("[...document.querySelectorAll('.graphiql-tab-close')].pop().click()");
    browser.until(&format!("{}.includes('not to be lost')", editor("operation.graphql")));

    // Signed in, with what was written, and asked with the token of the right one.
    browser.forget();
    sign_in(&mut browser, &kazanka.client_id, &kazanka.secret);
    browser.until("!document.getElementById('who').hidden && document.getElementById('sign-in').hidden");
    assert_eq!(browser.value("document.activeElement.classList.contains('graphiql-execute-button')"), json!(true));
    assert!(browser.text("document.getElementById('status').textContent").contains("Signed in: Громадська"));
    assert_eq!(browser.text(&editor("operation.graphql")), kept);
    browser.press("Enter");
    browser.until(&format!("{answer}.includes('\"clientId\": \"{}\"')", kazanka.client_id));

    // Who runs what was written this instant runs that, and not what stood there before.
    browser.value(&format!(
        "({}, document.querySelector('.graphiql-execute-button').click())",
        write("operation.graphql", "{ __typename }")
    ));
    browser.until(&format!("{answer}.includes('\"__typename\": \"Query\"')"));

    // What needs a purpose says so; with one, it answers.
    open(&mut browser, "cases", "Cases");
    run(&mut browser);
    browser.until(&format!("{answer}.includes('PURPOSE_REQUIRED')"));
    assert!(browser.text("document.getElementById('purpose-note').textContent").contains("such as CASE_WORK"));
    assert!(browser.text(&editor("variables.json")).contains("+380670000021"));
    browser.value("(purpose => { purpose.value = 'CASE_WORK'; purpose.dispatchEvent(new Event('change')); })(document.getElementById('purpose'))");
    run(&mut browser);
    browser.until(&format!("{answer}.includes('\"totalCount\"') && !{answer}.includes('PURPOSE_REQUIRED')"));
    // A worker whom no header can name is not asked for.
    browser.value("document.getElementById('acting-for').value = 'Оксана'");
    run(&mut browser);
    browser.until(&format!("{answer}.includes('of ASCII')"));
    browser.value("document.getElementById('acting-for').value = 'worker-7'");

    // What happens, as it happens.
    open(&mut browser, "changes-follow", "ChangesFollow");
    run(&mut browser);
    browser.until(&format!("{answer}.includes('INVALID_CURSOR')"));
    // The cursor of the walk stands for another one: from now on.
    browser.value(&write("variables.json", ""));
    run(&mut browser);
    browser.until("document.querySelector('.graphiql-execute-button').getAttribute('aria-label')?.includes('Stop')");
    let change = json!({"query": "mutation($input: OfferingUpdateInput!) { offeringUpdate(input: $input) { userErrors { code } } }",
        "variables": {"input": {"serviceCode": "M-014", "territories": ["UA48020130000080862"], "capacity": "AVAILABLE"}}});
    let token = served.token(&kazanka).await;
    for _ in 0..20 {
        let asked = served.http.post(format!("{}/graphql", served.url)).bearer_auth(&token).json(&change);
        assert_eq!(asked.send().await.unwrap().status().as_u16(), 200);
        if browser.value(&format!("{answer}.includes('OFFERING_CHANGED')")) == json!(true) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    browser.until(&format!("{answer}.includes('OFFERING_CHANGED')"));
    run(&mut browser);
    browser.until("document.querySelector('.graphiql-execute-button').getAttribute('aria-label')?.includes('Execute')");

    // All of it asked this server alone, nothing complained, and nothing is kept.
    assert!(browser.asked().iter().all(is_ours), "{:?}", browser.asked());
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
    let kept = browser.text("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.getElementById('client-secret').value])");
    assert_eq!(kept, r#"[{},{},"",""]"#);

    // The next token is taken before this one ends, and where the server knows it no more.
    let tokens = |browser: &Browser| browser.asked().iter().filter(|url| url.ends_with("/oauth/token")).count();
    assert_eq!(tokens(&browser), 1);
    open(&mut browser, "viewer", "Viewer");
    run(&mut browser);
    browser.until(&format!("{answer}.includes('clientId')"));
    assert_eq!(tokens(&browser), 1);
    browser.value("(now => { Date.now = () => now() + 14.5 * 60_000 })(Date.now.bind(Date))");
    run(&mut browser);
    browser.until(&format!("{answer}.includes('clientId')"));
    assert_eq!(tokens(&browser), 2);
    served.clock.advance(Duration::minutes(20));
    run(&mut browser);
    browser.until(&format!("{answer}.includes('clientId')"));
    assert_eq!(tokens(&browser), 3);

    // Signed out, nothing of it is left in the page: it is as whoever opens it sees it.
    browser.value("document.getElementById('leave').click()");
    assert_eq!(browser.text("document.activeElement.id"), "client-secret");
    browser.until(READY);
    assert!(!browser.text("document.body.innerHTML").contains(&kazanka.client_id));
    let texts = "JSON.stringify(globalThis.__MONACO.editor.getModels().map(model => model.getValue()))";
    let texts: Vec<String> = serde_json::from_str(&browser.text(texts)).unwrap();
    assert_eq!(texts.iter().filter(|text| !text.is_empty()).count(), 1, "{texts:?}");
    assert!(texts[0].contains("query Viewer {"), "{texts:?}");
    assert_eq!(browser.value("document.querySelectorAll('.graphiql-tab').length"), json!(1));

    // The menu opens at what the next one asks, who has written nothing yet.
    let ministry = reader(&demonstration, "MINISTRY", scopes(&[Scope::ApplicationsManage])).await;
    browser.value("(id => { id.value = ''; id.focus(); })(document.getElementById('client-id'))");
    sign_in(&mut browser, &ministry.client_id, &ministry.secret);
    browser.until("!document.getElementById('who').hidden");
    assert_eq!(opened(&mut browser), "Operator");
    browser.value("document.getElementById('leave').click()");
    browser.until(READY);
    assert_eq!(opened(&mut browser), "Partner");

    // Who fails too often is told when to come again.
    for _ in 0..40 {
        let wrong = [("grant_type", "client_credentials"), ("client_id", &kazanka.client_id), ("client_secret", "wrong")];
        served.http.post(format!("{}/oauth/token", served.url)).form(&wrong).send().await.unwrap();
    }
    browser.value("document.querySelector('[data-language=uk]').click()");
    browser.value(&format!("document.getElementById('client-id').value = {:?}", kazanka.client_id));
    browser.value("document.getElementById('client-secret').focus()");
    browser.write("wrong");
    browser.press("Enter");
    browser.until("document.getElementById('fault').textContent.includes('Забагато спроб')");
}
