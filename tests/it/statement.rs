//! How many statements a question takes: as many for a page of many as for a page of one. A loader that stops gathering costs a page of fifty
//! with its persons twenty-five times as much, and no answer would show it.

use crate::{
    stage::connect,
    town::{Side, Town},
};
use serde_json::json;
use std::collections::BTreeMap;
use tokio_postgres::Client;

/// As the benchmark asks.
const PAGE: &str = include_str!("../bench/asked/Q2.graphql");
const ROWS: usize = 12;

/// Calls of each statement that a question took, by its text.
async fn statements(town: &Town, superuser: &Client, side: &Side, query: &str) -> BTreeMap<String, i64> {
    let mine = "(select oid from pg_database where datname = current_database())";
    superuser.batch_execute(&format!("select pg_stat_statements_reset(0, {mine}, 0)")).await.unwrap();
    let answer = town.ask(side, query, json!({})).await;
    assert_eq!(answer.body.get("errors"), None, "{answer:?}");
    let named = answer.text.matches("\"familyName\":\"Вигадана\"").count();
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
    let town = Town::new().await;
    let superuser = connect(&town.served.stage.superuser_url()).await;
    if superuser.batch_execute("create extension pg_stat_statements").await.is_err() {
        eprintln!("SKIPPED: this PostgreSQL has no pg_stat_statements; install its contrib package to count statements");
        return;
    }
    let provider = town.provider(mistok::base::words::organization::OrganizationKind::Ngo).await;
    town.offers(&town.receiver, "AVAILABLE").await;
    town.agreed(&provider, &[&town.receiver], json!({})).await;
    for _ in 0..ROWS {
        let case = town.case(&provider).await;
        let consent = town.consent(&provider, &case, &town.receiver, &["DEMOGRAPHICS", "CONTACT"]).await;
        let input = town.referral_input(&case, &consent, &town.receiver).await;
        let referral = town.done(&provider, "referralCreate", "referral", "memorandum { id }", input).await;
        assert_ne!(referral["memorandum"], json!(null), "all edges of the question are there");
        town.step(&town.receiver, "referralAccept", &referral, json!({})).await;
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
