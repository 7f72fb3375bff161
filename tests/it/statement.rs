//! How many statements a question takes: as many for a page of many as for a page of one. A loader that stops gathering costs a page of fifty
//! with its persons twenty-five times as much, and no answer would show it.

use crate::{
    stage::connect,
    town::{Side, Town},
};
use mistok::graphql::{
    referral::AT_A_GLANCE,
    shape::{Field, Kind, Shape, innermost},
};
use serde_json::json;
use std::collections::BTreeMap;
use tokio_postgres::Client;

/// As the benchmark asks.
const PAGE: &str = include_str!("../bench/asked/Q2.graphql");
const ROWS: usize = 12;
/// Enough to see that a batch was broken.
const MANY: usize = 3;

/// What only a whole referral has, as its statement names it.
const OF_THE_WHOLE: &str = "\"legal_basis\"";

/// A town whose statements are counted, and a provider in it; None where they cannot be.
async fn counting() -> Option<(Town, Client, Side)> {
    let town = Town::new().await;
    let superuser = connect(&town.served.stage.superuser_url()).await;
    if superuser.batch_execute("create extension pg_stat_statements").await.is_err() {
        eprintln!("SKIPPED: this PostgreSQL has no pg_stat_statements; install its contrib package to count statements");
        return None;
    }
    let provider = town.provider(mistok::base::words::organization::OrganizationKind::Ngo).await;
    town.offers(&town.receiver, "AVAILABLE").await;
    Some((town, superuser, provider))
}

/// A person of the provider whom the receiver has taken.
async fn accepted(town: &Town, provider: &Side) {
    let case = town.case(provider).await;
    let consent = town.consent(provider, &case, &town.receiver, &["DEMOGRAPHICS", "CONTACT"]).await;
    let input = town.referral_input(&case, &consent, &town.receiver).await;
    let referral = town.done(provider, "referralCreate", "referral", "memorandum { id }", input).await;
    assert_ne!(referral["memorandum"], json!(null), "all edges of the question are there");
    town.step(&town.receiver, "referralAccept", &referral, json!({})).await;
}

/// Calls of each statement that a question took, by its text.
async fn statements(town: &Town, superuser: &Client, side: &Side, query: &str) -> BTreeMap<String, i64> {
    let mine = "(select oid from pg_database where datname = current_database())";
    superuser.batch_execute(&format!("select pg_stat_statements_reset(0, {mine}, 0)")).await.unwrap();
    let answer = town.ask(side, query, json!({})).await;
    assert_eq!(answer.body.get("errors"), None, "{answer:?}");
    let named = answer.text.matches("\"familyName\":\"Вигадана\"").count();
    // A reading's COMMIT goes behind the answer, and a statement counts when it has ended.
    let open = "select count(*) from pg_stat_activity where datname = current_database() and usename = 'mistok_app' and state <> 'idle'";
    while superuser.query_one(open, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let counted = format!(
        "select query, calls from pg_stat_statements where dbid = {mine} and userid <> current_user::regrole and toplevel \
         and query not like 'SET %' and query not like 'set local%'"
    );
    let rows = superuser.query(&counted, &[]).await.unwrap();
    let mut calls: BTreeMap<String, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    calls.insert("rows".into(), named as i64);
    calls
}

#[tokio::test]
async fn a_page_of_many_persons_takes_the_statements_of_a_page_of_one() {
    let Some((town, superuser, provider)) = counting().await else { return };
    town.agreed(&provider, &[&town.receiver], json!({})).await;
    for _ in 0..ROWS {
        accepted(&town, &provider).await;
    }
    assert!(PAGE.contains("first: 50"), "the page is cut to one by its text");
    let one = PAGE.replace("first: 50", "first: 1");
    // Prepared once; and each half minute the server looks up anew who asks.
    for last in [false, false, false, true] {
        let mut few = statements(&town, &superuser, &town.receiver, &one).await;
        let mut many = statements(&town, &superuser, &town.receiver, PAGE).await;
        assert_eq!((few.remove("rows"), many.remove("rows")), (Some(1), Some(ROWS as i64)));
        let sum: i64 = many.values().sum();
        if few == many && sum <= 11 {
            return;
        }
        assert!(!last, "one: {few:#?}\nmany: {many:#?}");
    }
}

#[tokio::test]
async fn what_is_behind_a_referral_is_asked_once() {
    let Some((town, superuser, provider)) = counting().await else { return };
    town.agreed(&provider, &[&town.receiver], json!({})).await;
    accepted(&town, &provider).await;
    let page = town.ask(&town.receiver, "{ referrals(first: 1) { nodes { id } } }", json!({})).await;
    let id = page.data()["referrals"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    let asked = "subject { kind familyName } allowedActions redactions { field }";
    // One that is seen ahead comes with what is sealed of it; another asks first what may be opened.
    for (query, times) in [
        (format!("{{ referral(id: \"{id}\") {{ {asked} }} }}"), 1),
        (format!("{{ node(id: \"{id}\") {{ ... on Referral {{ {asked} }} }} }}"), 2),
        (format!("{{ node(id: \"{id}\") {{ ... on Referral {{ subject {{ kind }} }} }} }}"), 1),
    ] {
        let calls = statements(&town, &superuser, &town.receiver, &query).await;
        let behind: i64 = calls.iter().filter(|(text, _)| text.contains("mistok.subjects")).map(|(_, calls)| calls).sum();
        assert_eq!(behind, times, "{query}: {calls:#?}");
    }
}

#[tokio::test]
async fn whatever_a_list_is_asked_for_takes_the_statements_of_a_list_of_one() {
    let Some((town, superuser, provider)) = counting().await else { return };
    for _ in 0..MANY {
        town.agreed(&provider, &[&town.receiver], json!({})).await;
        accepted(&town, &provider).await;
    }
    let shape = Shape::of(&mistok::graphql::schema::builder().finish().sdl()).unwrap();
    let known: Vec<&String> = fields(&shape, "Referral").map(|(name, _)| name).collect();
    assert!(AT_A_GLANCE.iter().all(|name| known.iter().any(|known| *known == name) || *name == "__typename"));
    for (list, ty, side) in [
        ("referrals", "Referral", &town.receiver),
        ("cases", "Case", &provider),
        ("memoranda", "Memorandum", &provider),
        ("centres", "Centre", &provider),
        ("organizations", "Organization", &provider),
        ("territories", "Territory", &provider),
    ] {
        for (name, field) in fields(&shape, ty) {
            let asked = asked(&shape, name, field);
            for text in [
                format!("{{ {list}(first: {MANY}) {{ nodes {{ __typename {asked} }} }} }}"),
                format!("{{ {list}(first: {MANY}) {{ edges {{ node {{ ...F }} }} }} }} fragment F on {ty} {{ {asked} }}"),
            ] {
                let one = text.replace(&format!("first: {MANY}"), "first: 1");
                // Whole referrals are read where somebody asks for more than a glance; onward ones as wholes in any case.
                let more = !AT_A_GLANCE.contains(&name.as_str()) || name == "children";
                // What is read once is read; and each half minute the server looks up anew who asks.
                for last in [false, false, true] {
                    let mut many = statements(&town, &superuser, side, &text).await;
                    let few = statements(&town, &superuser, side, &one).await;
                    many.remove("rows");
                    let whole: i64 = many.iter().filter(|(text, _)| text.contains(OF_THE_WHOLE)).map(|(_, calls)| calls).sum();
                    // The first item may lack what others have.
                    let together = many.iter().all(|(text, calls)| *calls <= few.get(text).copied().unwrap_or(1));
                    if together && (ty != "Referral" || whole == i64::from(more)) {
                        break;
                    }
                    assert!(!last, "{text}: {whole} whole\none: {few:#?}\nmany: {many:#?}");
                }
            }
        }
    }
}

/// The fields of a type that can be selected by their names alone.
pub fn fields<'a>(shape: &'a Shape, ty: &str) -> impl Iterator<Item = (&'a String, &'a Field)> {
    let fields = match shape.kind(ty) {
        Some(Kind::Fields(fields)) => fields.iter().collect::<BTreeMap<_, _>>(),
        _ => BTreeMap::new(),
    };
    fields.into_iter().filter(|(_, field)| asks_nothing(field))
}

fn asks_nothing(field: &Field) -> bool {
    !innermost(&field.ty).ends_with("Connection") && field.arguments.iter().all(|argument| argument.ty.nullable)
}

/// A field with all that is one level below it.
pub fn asked(shape: &Shape, name: &str, field: &Field) -> String {
    let below = fields(shape, innermost(&field.ty)).map(|(name, field)| match fields(shape, innermost(&field.ty)).next() {
        None => name.clone(),
        Some(_) => format!("{name} {{ __typename }}"),
    });
    let below: Vec<_> = below.collect();
    if below.is_empty() { name.to_owned() } else { format!("{name} {{ {} }}", below.join(" ")) }
}

#[tokio::test]
async fn a_round_folds_what_it_finds_and_waits_for_no_pause_of_the_writers() {
    let Some((town, superuser, provider)) = counting().await else { return };
    town.agreed(&provider, &[&town.receiver], json!({})).await;
    accepted(&town, &provider).await;
    assert!(town.count("select count(*) from tally where fresh").await > 0, "there is something to fold");
    mistok::work::round(town.served.app.db(), uuid::Uuid::nil()).await.unwrap();
    let sql = "select sum(calls)::bigint from pg_stat_statements where query like '%fold_tally%' and toplevel \
               and dbid = (select oid from pg_database where datname = current_database())";
    assert_eq!(superuser.query_one(sql, &[]).await.unwrap().get::<_, i64>(0), 1);
    assert_eq!(town.count("select count(*) from tally where fresh").await, 0);
}
