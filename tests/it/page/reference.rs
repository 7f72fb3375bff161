//! The reference at `/docs`: everything in the schema has its place, every link leads somewhere, guides do what they say.

use super::{browser::Browser, got, named};
use crate::{
    command::{Demo, there_is},
    operation,
    readme::{blocks, pasted},
    served::Served,
    stage::place,
};
use async_graphql::parser::{
    parse_schema,
    types::{InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition},
};
use mistok::{
    access::{Scope, Scopes},
    base::error::{ErrorCode, UserErrorCode},
    graphql::schema,
    http::reference::{Reference, book::Root, guide},
};
use serde_json::{Deserializer, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use url::{Position, Url};

/// The places of a page: values of `id`, as an address names them.
fn ids(html: &str) -> BTreeSet<String> {
    let mut address = Url::parse("http://localhost").unwrap();
    let mut named = |id: &str| {
        address.set_fragment(Some(id));
        address.fragment().unwrap().to_owned()
    };
    html.split(" id=\"").skip(1).map(|rest| named(rest.split('"').next().unwrap())).collect()
}

/// All pages that links lead to from the first one, by their paths; what they link to besides.
async fn crawled(served: &Served) -> (BTreeMap<String, String>, BTreeSet<(String, String)>) {
    let (mut pages, mut links) = (BTreeMap::new(), BTreeSet::new());
    let mut waiting = vec!["/docs".to_owned()];
    while let Some(path) = waiting.pop() {
        if pages.contains_key(&path) {
            continue;
        }
        let url = format!("{}{path}", served.url);
        let page = got(served, &path, None).await;
        assert_eq!(page.status, 200, "{path}");
        let here = Url::parse(&url).unwrap();
        let marks = page.text.split(" action=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        let inner = page.text.split(" href=\"#").skip(1).map(|rest| format!("#{}", rest.split('"').next().unwrap()));
        for link in named(&page.text).into_iter().chain(marks).chain(inner) {
            let to = here.join(&link).unwrap();
            assert!(to.as_str().starts_with(&served.url), "{path} leads away: {link}");
            links.insert((path.clone(), to[Position::BeforePath..].to_owned()));
            let is_page =
                to.path().starts_with("/docs") && !to.path().starts_with("/docs/files/") && to.path() != "/docs/schema.graphql";
            if is_page {
                waiting.push(to.path().to_owned());
            }
        }
        pages.insert(path, page.text);
    }
    (pages, links)
}

/// Where the schema's own things must be explained: a page and a part of it.
fn wanted() -> Vec<(String, String)> {
    let mut wanted = Vec::new();
    let roots = Root::ALL.map(|root| (root.word()[..1].to_uppercase() + &root.word()[1..], root.word()));
    let arguments = |page: &str, before: &str, all: &[async_graphql::Positioned<InputValueDefinition>]| {
        all.iter().map(|one| (page.to_owned(), format!("{before}{}", one.node.name.node))).collect::<Vec<_>>()
    };
    for definition in parse_schema(schema::sdl()).unwrap().definitions {
        match definition {
            TypeSystemDefinition::Type(found) => {
                let TypeDefinition { name, kind, .. } = found.node;
                let page = format!("/docs/type/{}", name.node);
                wanted.push((page.clone(), "main".to_owned()));
                match kind {
                    TypeKind::Object(object) => {
                        let root = roots.iter().find(|(of, _)| *of == name.node.as_str());
                        for field in object.fields.iter().map(|field| &field.node) {
                            let own = root.map(|(_, word)| format!("/docs/{word}/{}", field.name.node));
                            match own {
                                Some(own) => wanted.extend([(own.clone(), "example".into())].into_iter().chain(arguments(
                                    &own,
                                    "",
                                    &field.arguments,
                                ))),
                                None => {
                                    wanted.push((page.clone(), field.name.node.to_string()));
                                    wanted.extend(arguments(&page, &format!("{}.", field.name.node), &field.arguments));
                                }
                            }
                        }
                    }
                    TypeKind::Interface(interface) => {
                        wanted.extend(interface.fields.iter().map(|field| (page.clone(), field.node.name.node.to_string())));
                    }
                    TypeKind::InputObject(object) => wanted.extend(arguments(&page, "", &object.fields)),
                    TypeKind::Enum(words) => {
                        wanted.extend(words.values.iter().map(|word| (page.clone(), word.node.value.node.to_string())));
                    }
                    TypeKind::Scalar | TypeKind::Union(_) => {}
                }
            }
            TypeSystemDefinition::Directive(found) => {
                wanted.extend(arguments(&format!("/docs/directive/{}", found.node.name.node), "", &found.node.arguments));
            }
            TypeSystemDefinition::Schema(_) => {}
        }
    }
    let codes = ErrorCode::ALL.iter().map(|code| code.word()).chain(UserErrorCode::ALL.iter().map(|code| code.word()));
    wanted.extend(codes.map(|code| (format!("/docs/error/{code}"), "todo".to_owned())));
    wanted.extend(Scope::ALL.iter().map(|scope| ("/docs/scopes".to_owned(), scope.word().to_owned())));
    wanted
}

#[tokio::test]
async fn everything_has_its_place_and_every_link_leads_somewhere() {
    let served = Served::new().await;
    let (pages, links) = crawled(&served).await;
    let places: BTreeMap<&str, BTreeSet<String>> = pages.iter().map(|(path, html)| (path.as_str(), ids(html))).collect();
    let mut wrong = Vec::new();
    let wanted = wanted();
    assert!(wanted.len() > 2000, "{}", wanted.len());
    for (page, part) in &wanted {
        if !places.get(page.as_str()).is_some_and(|ids| ids.contains(part)) {
            wrong.push(format!("{page}#{part} is not there"));
        }
    }
    let mut beside = BTreeSet::new();
    for (from, to) in &links {
        let (path, part) = to.split_once('#').unwrap_or((to, ""));
        match places.get(path) {
            Some(ids) if part.is_empty() || ids.contains(part) => {}
            Some(_) => wrong.push(format!("{from} names {to}, and there is no such part")),
            None => drop(beside.insert(to.split('#').next().unwrap())),
        }
    }
    for path in beside {
        let answer = got(&served, path, None).await;
        if answer.status != 200 {
            wrong.push(format!("{path} is {}", answer.status));
        }
    }
    // Nothing that the policy forbids; one heading, one place of each name.
    for (path, html) in &pages {
        for forbidden in
            ["<style", " style=\"", " onclick=", " onload=", "<script>", "javascript:", "http-equiv", "~up~", "\u{e001}"]
        {
            if html.contains(forbidden) {
                wrong.push(format!("{path} has {forbidden:?}"));
            }
        }
        if html.matches("<script").count() != 1 || html.matches("<h1").count() != 1 {
            wrong.push(format!("{path} has another number of scripts or of first headings"));
        }
        if html.matches(" id=\"").count() != ids(html).len() {
            wrong.push(format!("{path} has two places of one name"));
        }
    }
    for guide in guide::ALL {
        assert!(pages.contains_key(&format!("/docs/guide/{}", guide.slug)), "{}", guide.slug);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn it_is_served_from_the_program_alone() {
    let served = Served::new().await;
    let page = got(&served, "/docs/query/referral", None).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!((page.header("cache-control"), page.header("x-content-type-options")), ("no-cache", "nosniff"));
    assert_eq!((page.header("referrer-policy"), page.header("x-frame-options")), ("no-referrer", "DENY"));
    let policy = page.header("content-security-policy");
    for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
    for (tag, status) in [(page.header("etag"), 304), ("\"other\"", 200)] {
        assert_eq!(got(&served, "/docs/query/referral", Some(tag)).await.status, status, "{tag}");
    }
    let packed = served.http.get(format!("{}/docs", served.url)).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let files: Vec<_> = named(&page.text).into_iter().filter(|name| name.contains("/files/")).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files.iter().map(|file| file.trim_start_matches("../")) {
        let answer = got(&served, &format!("/{file}"), None).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, "public, max-age=31536000, immutable"), "{file}");
        assert_eq!(got(&served, &format!("/{}", file.replace("files/", "files/0")), None).await.status, 404);
    }
    assert_eq!(got(&served, "/docs/schema.graphql", None).await.text, schema::sdl());
    // What is not there is said on a page whose links lead somewhere.
    for absent in ["/docs/type/None", "/docs/none", "/docs/query/", "/docs/a/b/c/d"] {
        let answer = got(&served, absent, None).await;
        assert_eq!((answer.status, answer.header("content-type")), (404, "text/html; charset=utf-8"), "{absent}");
        let first = Url::parse(&format!("{}{absent}", served.url)).unwrap();
        let css = named(&answer.text).into_iter().find(|name| name.ends_with("reference.css")).unwrap();
        assert_eq!(got(&served, first.join(&css).unwrap().path(), None).await.status, 200, "{absent}: {css}");
    }
    // A deep address costs its asker more than it costs us.
    let deep = got(&served, &format!("/docs{}", "/a".repeat(2_000)), None).await;
    assert_eq!((deep.status, deep.text.len() < 200), (404, true), "{}", deep.text.len());
    let post = served.http.post(format!("{}/docs", served.url)).send().await.unwrap();
    assert_eq!((post.status().as_u16(), post.headers()["allow"].to_str().unwrap()), (405, "GET, HEAD"));
    assert_eq!(served.http.head(format!("{}/docs/objects", served.url)).send().await.unwrap().status().as_u16(), 200);
    assert_eq!(got(&served, "/docs/", None).await.text, got(&served, "/docs", None).await.text, "it is sent on");
}

#[tokio::test]
async fn it_is_searched_without_a_script() {
    let served = Served::new().await;
    let found = |asked: &'static str| {
        let served = &served;
        async move {
            let answer = got(served, &format!("/docs/search?q={asked}"), None).await;
            assert_eq!(answer.status, 200, "{asked}");
            answer.text
        }
    };
    let first = |html: &str| {
        html.split("<dl class=\"list\">").nth(1).map(|rest| rest.split("</dt>").next().unwrap().to_owned()).unwrap_or_default()
    };
    assert!(first(&found("referralaccept").await).contains("href=\"../docs/mutation/referralAccept\""));
    assert!(first(&found("expectedVersion").await).contains(".expectedVersion"));
    let term = found("%D0%B6%D1%83%D1%80%D0%BD%D0%B0%D0%BB%20%D0%B0%D1%83%D0%B4%D0%B8%D1%82%D1%83").await;
    assert!(term.contains("auditTrail"), "by its Ukrainian term");
    assert!(found("NO_CAPACITY").await.contains("../docs/error/NO_CAPACITY"));
    let strange = found("%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(strange.contains("&lt;script&gt;") && strange.matches("<script").count() == 1);
    assert!(found("").await.contains("Type a name") && found("%20").await.contains("Type a name"));
    assert_eq!(got(&served, "/docs/search", None).await.status, 200);
}

/// Each field of a root has an example that the server would take: a ready operation, or one made from the schema.
#[tokio::test]
async fn every_example_is_one() {
    let served = Served::new().await;
    let reference = Reference::new(&schema::sdl());
    let gate = served.app.gate();
    let held: Scopes = Scope::ALL.iter().copied().collect();
    let (mut made, mut wrong) = (0, Vec::new());
    for root in Root::ALL {
        for field in reference.book.root(root) {
            let owner = root.word()[..1].to_uppercase() + &root.word()[1..];
            if reference.examples.asking(&owner, &field.name).next().is_some() {
                continue;
            }
            made += 1;
            let example = reference.examples.made(&reference.book, root, field);
            let chosen = gate.choose(&example.text, None).await;
            match chosen.and_then(|chosen| gate.prepare(chosen, example.variables.clone(), held)) {
                Ok(ready) => assert_eq!(ready.cost, example.cost, "{}", example.text),
                Err(faults) => wrong.push(format!("{}\n{}\n{faults:?}", example.text, json!(example.variables))),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(made > 10, "{made}");
    let files: BTreeSet<_> = reference.examples.all.iter().filter_map(|example| example.file.clone()).collect();
    assert_eq!(files, operation::all().into_keys().collect());
}

/// Documents in the shell blocks of guides are those of `schema/operations`, and JSON is JSON.
#[test]
fn guides_ask_what_is_known_to_work() {
    let even = |text: &str| {
        let plain = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join(" ");
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let operations: BTreeSet<String> = operation::all().values().map(|text| even(text)).collect();
    let mut documents = 0;
    for guide in guide::ALL {
        let script = blocks(guide.text, "sh").concat();
        for quoted in script.split('\'').filter(|part| part.starts_with("\nquery") || part.starts_with("\nmutation")) {
            assert!(operations.contains(&even(quoted)), "{}: not as it stands in schema/operations:{quoted}", guide.slug);
            documents += 1;
        }
        assert!(blocks(guide.text, "graphql").is_empty(), "{}: name a file by a block of `operation`", guide.slug);
        for block in blocks(guide.text, "json") {
            serde_json::from_str::<Value>(&block).unwrap_or_else(|fault| panic!("{}: {fault}\n{block}", guide.slug));
        }
    }
    assert_eq!(documents, 12, "six in each language");
    // The same commands in both languages.
    let of = |slug: &str| guide::ALL.iter().find(|guide| guide.slug == slug).unwrap().text;
    assert!(of("partner").contains(&blocks(of("partner-uk"), "sh")[0]));
    assert_eq!(blocks(of("partner-uk"), "sh"), blocks(of("partner"), "sh"));
    // Signatures are verified by the lines of the README, which are held against vectors.
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for slug in ["webhooks", "partner-uk"] {
        assert!(readme.contains(&blocks(of(slug), "python")[0]), "{slug}");
    }
    // Whatever stands between backticks and looks like a code is one.
    let known = schema::sdl();
    let words: BTreeSet<&str> = known.split(|sign: char| !sign.is_alphanumeric() && sign != '_').collect();
    let is_code =
        |word: &&str| word.contains('_') && word.len() > 4 && word.chars().all(|sign| sign.is_ascii_uppercase() || sign == '_');
    for guide in guide::ALL {
        for word in guide.text.split('`').skip(1).step_by(2).filter(is_code).filter(|word| !word.starts_with("MISTOK_")) {
            assert!(words.contains(word), "{}: {word} is no word of the schema", guide.slug);
        }
    }
}

/// Whether an answer is as shown; `"…"` stands for what is another each time.
fn is_like(shown: &Value, answer: &Value) -> bool {
    match (shown, answer) {
        (Value::String(any), other) if any == "…" => !other.is_null(),
        (Value::Object(shown), Value::Object(answer)) => {
            shown.len() == answer.len()
                && shown.iter().all(|(name, value)| answer.get(name).is_some_and(|other| is_like(value, other)))
        }
        (Value::Array(shown), Value::Array(answer)) => {
            shown.len() == answer.len() && shown.iter().zip(answer).all(|(one, other)| is_like(one, other))
        }
        (one, other) => one == other,
    }
}

#[test]
fn guides_work_when_pasted() {
    if !there_is("curl") {
        return;
    }
    let (data, dir) = (place("guides"), place("guides-newcomer"));
    fs::create_dir(&dir).unwrap();
    let demo = Demo::start(&data, &["--env", dir.join("demo.env").to_str().unwrap()]);
    for slug in ["partner", "analyst"] {
        let text = guide::ALL.iter().find(|guide| guide.slug == slug).unwrap().text;
        let answers = pasted("sh", &blocks(text, "sh").concat(), &dir);
        let shown = blocks(text, "json").concat();
        let shown: Vec<Value> = Deserializer::from_str(&shown).into_iter().map(|one| one.unwrap()).collect();
        assert_eq!(answers.len(), shown.len(), "{slug}");
        for (mut answer, shown) in answers.into_iter().zip(shown) {
            answer.as_object_mut().unwrap().remove("extensions");
            assert!(is_like(&shown, &answer), "{slug} shows: {shown}\nanswered: {answer}");
        }
    }
    demo.signal("-INT");
    assert_eq!(demo.end(), Some(0));
    fs::remove_dir_all(dir).unwrap();
    let _ = fs::remove_dir_all(data);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_finds_what_is_sought() {
    let Some(mut browser) = Browser::start("page-reference", "uk-UA,uk,en") else { return };
    let served = Served::new().await;
    let url = served.url.clone();
    for path in [
        "/docs",
        "/docs/guide/partner-uk",
        "/docs/mutation/referralAccept",
        "/docs/type/Referral",
        "/docs/errors",
        "/docs/none",
    ] {
        browser.go(&format!("{url}{path}"));
        // Nothing is wider than the page, but what scrolls by itself.
        assert_eq!(browser.value("document.documentElement.scrollWidth <= innerWidth"), json!(true), "{path}");
    }
    browser.forget();
    browser.go(&format!("{url}/docs"));
    browser.value("document.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true }))");
    browser.until("document.activeElement.id === 'find' && document.querySelector('.found')");
    browser.write("журнал аудиту");
    browser.until("document.querySelector('.found:not([hidden]) a')");
    assert!(browser.text("document.querySelector('.found').textContent").contains("auditTrail"));
    browser.value("(find => { find.value = ''; find.focus(); })(document.getElementById('find'))");
    browser.write("VERSION_CONFLICT");
    browser.until("document.querySelector('.found a b')?.textContent === 'VERSION_CONFLICT'");
    assert!(browser.text("document.querySelector('.found [role=status]').textContent").contains(" found"));
    let to = browser.text("document.querySelector('.found a').href");
    assert_eq!(to, format!("{url}/docs/error/VERSION_CONFLICT"));
    // Without the script the form is sent, by the keyboard alone.
    browser.value("document.getElementById('find').form.addEventListener('submit', event => { event.preventDefault(); document.title = event.target.action; })");
    browser.value("document.getElementById('find').focus()");
    browser.press("Enter");
    browser.until(&format!("document.title === '{url}/docs/search'"));
    browser.go(&format!("{url}/docs/search?q=%D0%B7%D0%B3%D0%BE%D0%B4%D0%B0"));
    assert!(browser.text("document.querySelector('main dl').textContent").contains("consentGive"));
    let strange: Vec<_> = browser.asked().into_iter().filter(|address| !address.starts_with(&url)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
    // The example opens in the explorer, which has it as its first tab.
    browser.go(&format!("{url}/docs/mutation/referralAccept"));
    let to = browser.text("document.querySelector('.example .button').href");
    assert_eq!(to, format!("{url}/graphiql#partner/referral-accept"));
}
