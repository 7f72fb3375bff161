//! The registry through GraphQL: territories, organisations, centres, offerings, and the walls around them.

mod partners;
mod reading;
mod wall;
mod writing;

use crate::stage::Stage;
use mistok::{
    access::{Actor, Scopes, bucket::Buckets},
    base::{clock::Clock, words::organization::OrganizationKind},
    config::Rate,
    db::Db,
    demo,
    graphql::{context::Session, rate::Charge, reference::Reference, schema},
    seal::Seal,
};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// A database with the demonstration, and partners at its desk.
struct Desk {
    stage: Stage,
    db: Db,
    seal: Arc<Seal>,
    clock: Clock,
    gate: schema::Gate,
    /// As a server keeps it over its requests.
    reference: Arc<Reference>,
}

impl Desk {
    async fn new() -> Self {
        let (stage, clock, seal) = (Stage::new().await, Clock::default(), Arc::new(Seal::of(&[7; 32])));
        let db = stage.db(clock.clone());
        demo::load(&db, &seal).await.unwrap();
        let gate = schema::Gate::new(schema::builder).unwrap();
        Self { stage, db, seal, clock, gate, reference: Arc::default() }
    }

    /// The whole answer to a question.
    async fn ask(&self, actor: &Actor, text: &str, given: Value) -> Value {
        let Value::Object(given) = given else { panic!("variables are an object") };
        let chosen = self.gate.choose(text, None).await;
        let request = match chosen.and_then(|chosen| self.gate.prepare(chosen, given, actor.scopes)) {
            Ok(request) => request,
            Err(faults) => return json!({ "errors": faults }),
        };
        let session = Session::new(
            actor.clone(),
            "test".into(),
            self.db.clone(),
            self.seal.clone(),
            Arc::default(),
            Default::default(),
            self.reference.clone(),
        );
        let bucket = Buckets::new(Rate::default()).take(actor.application_id, request.cost).unwrap();
        let charge = Charge { cost: request.cost, bucket };
        let answer = serde_json::to_value(&self.gate.execute(request, session.clone(), charge).await.answer).unwrap();
        session.finish().await.unwrap();
        answer
    }

    /// The one field that is asked for.
    async fn get(&self, actor: &Actor, text: &str, given: Value) -> Value {
        let mut answer = self.ask(actor, text, given).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        let fields = answer["data"].as_object_mut().unwrap();
        assert_eq!(fields.len(), 1);
        fields.values_mut().next().unwrap().take()
    }

    /// A mutation of one input: the payload.
    async fn change(&self, actor: &Actor, mutation: &str, wanted: &str, input: Value) -> Value {
        let name = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let text = format!(
            "mutation($input: {name}!) {{ {mutation}(input: $input) {{ {wanted} userErrors {{ code path message }} replayed }} }}"
        );
        self.get(actor, &text, json!({ "input": input })).await
    }

    async fn count(&self, sql: &str) -> i64 {
        self.stage.owner().await.query_one(sql, &[]).await.unwrap().get(0)
    }
}

fn actor(number: u16, kind: OrganizationKind) -> Actor {
    Actor {
        application_id: Uuid::from_u128(u128::from(number)),
        organization_id: demo::organization_id(number),
        kind,
        scopes: Scopes::of_kind(kind),
        purpose: None,
        acting_for: None,
        language: Default::default(),
    }
}

fn ministry() -> Actor {
    actor(1, OrganizationKind::Ministry)
}

fn kazanka() -> Actor {
    actor(3, OrganizationKind::Ngo)
}

/// Codes and paths of user errors.
fn refusals(payload: &Value) -> Vec<String> {
    let one = |error: &Value| {
        let path: Vec<&str> = error["path"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
        format!("{} {}", error["code"].as_str().unwrap(), path.join("."))
    };
    payload["userErrors"].as_array().unwrap().iter().map(one).collect()
}

fn names(page: &Value) -> Vec<&str> {
    page["nodes"].as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap()).collect()
}

const KAZANKA: &str = "UA48020130000080862";
