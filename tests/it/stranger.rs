//! A stranger's object does not exist: asked about it, the server runs the same statements with the same number of rows
//! as for an id that nobody has, and answers with the same bytes.

use crate::{
    stage::connect,
    town::{KAZANKA, Side, Town, key, target, with},
};
use mistok::{base::words::organization::OrganizationKind as Organization, graphql::node::Kind};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio_postgres::Client;
use uuid::Uuid;

/// One question about an id. In it "ID" stands for the id, "KEY" for a new idempotency key.
struct Question {
    name: String,
    /// Of what the id would be.
    kind: Kind,
    query: String,
    variables: Value,
}

impl Question {
    fn query(kind: Kind, name: &str, query: &str) -> Self {
        Self { name: name.to_owned(), kind, query: query.to_owned(), variables: json!({"id": "ID"}) }
    }

    /// A mutation, with the object that it would give back.
    fn mutation(kind: Kind, name: &str, object: &str, input: Value) -> Self {
        let input_type = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {input_type}!){{ {name}(input: $input){{ {object}{{ id }} userErrors{{ code message path retryable }} }} }}"
        );
        let about = input.as_object().unwrap().iter().filter(|(_, value)| value.to_string().contains("\"ID\""));
        let about: Vec<_> = about.map(|(field, _)| field.as_str()).collect();
        Self { name: format!("{name}({})", about.join(", ")), kind, query, variables: json!({ "input": input }) }
    }

    /// A call that records one row of work.
    fn recording(kind: Kind, name: &str, row: &Value) -> Self {
        let input_type = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {input_type}!){{ {name}(input: $input){{ results {{ outcome }} userErrors{{ code message path retryable }} }} }}"
        );
        let variables = json!({"input": {"idempotencyKey": "KEY", "rows": [row]}});
        Self { name: format!("{name} of {kind:?}"), kind, query, variables }
    }

    /// The variables for an id.
    fn about(&self, id: &str) -> Value {
        let text =
            self.variables.to_string().replace("\"ID\"", &format!("\"{id}\"")).replace("\"KEY\"", &format!("\"{}\"", key()));
        serde_json::from_str(&text).unwrap()
    }
}

/// What of an answer could tell something: the status, the headers and every byte; and what the database did for it.
#[derive(Debug, PartialEq)]
struct Told {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
    /// Calls and rows of each statement, those in functions included.
    statements: BTreeMap<String, (i64, i64)>,
}

/// Asks, and counts what PostgreSQL runs meanwhile.
struct Watch<'a> {
    town: &'a Town,
    superuser: Client,
}

impl Watch<'_> {
    async fn told(&self, side: &Side, question: &Question, id: &str) -> Told {
        self.quiet().await;
        let mine = "(select oid from pg_database where datname = current_database())";
        self.superuser.batch_execute(&format!("select pg_stat_statements_reset(0, {mine}, 0)")).await.unwrap();
        let answer = self.town.ask(side, &question.query, question.about(id)).await;
        self.quiet().await;
        let counted = format!(
            "select query, calls, rows from pg_stat_statements where dbid = {mine} and userid <> current_user::regrole"
        );
        let mut statements: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        for row in self.superuser.query(&counted, &[]).await.unwrap() {
            let text: String = row.get(0);
            // A new connection of the pool, by chance.
            if text.starts_with("SET ") {
                continue;
            }
            // Who asks and when is a setting of each transaction.
            let text = if text.starts_with("set local") { text.split('=').next().unwrap().to_owned() } else { text };
            let known = statements.entry(text).or_default();
            *known = (known.0 + row.get::<_, i64>(1), known.1 + row.get::<_, i64>(2));
        }
        let request_id = answer.header("x-request-id").to_owned();
        assert!(!request_id.is_empty());
        let named = |header: &&reqwest::header::HeaderName| !["date", "x-request-id"].contains(&header.as_str());
        let headers =
            answer.headers.keys().filter(named).map(|name| (name.to_string(), answer.header(name.as_str()).to_owned()));
        Told {
            status: answer.status,
            headers: headers.collect(),
            body: answer.text.replace(id, "ID").replace(&request_id, "REQUEST"),
            statements,
        }
    }

    /// How the answers about a stranger's id and about an unknown one differ, if they do. By chance they may once: each half
    /// minute the server looks up anew who asks.
    async fn difference(&self, side: &Side, question: &Question, foreign: &str) -> Option<String> {
        let mut differ = None;
        for _ in 0..3 {
            let unknown = self.told(side, question, &question.kind.id(Uuid::new_v4())).await;
            assert!(unknown.statements.len() > 2, "{}: nothing was asked of the database: {unknown:#?}", question.name);
            let nothing = ["null", "[]", "REFUSED"].iter().any(|nothing| unknown.body.contains(nothing));
            assert!(nothing, "{}: {}", question.name, unknown.body);
            let told = self.told(side, question, foreign).await;
            if told == unknown {
                return None;
            }
            differ = Some(format!("{}: a stranger's is {told:#?}\nand an unknown one {unknown:#?}", question.name));
        }
        differ
    }

    /// Waits until nothing runs: a transaction that was dropped ends behind the answer.
    async fn quiet(&self) {
        let busy = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
            and backend_type = 'client backend' and state <> 'idle'";
        for _ in 0..200 {
            if self.superuser.query_one(busy, &[]).await.unwrap().get::<_, i64>(0) == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a transaction stays open after its answer");
    }
}

/// Everything of a referral that a party may ask for.
const REFERRAL: &str = "id number status version sentAt timeline { to note } subject { pseudonym familyName phone } reason consent { id } \
    case { id } parent { id } replaces { id } children { id } redactions { field } allowedActions sender { id } receiver { name }";

fn questions(service: &str, receiver: &Side, own: &Own) -> Vec<Question> {
    let Own { draft, accepted, case: own_case, consent } = own;
    let mut all = vec![
        Question::query(Kind::Referral, "referral", &format!("query($id: ID!){{ referral(id: $id){{ {REFERRAL} }} }}")),
        Question::query(
            Kind::Case,
            "case",
            "query($id: ID!){ case(id: $id){ id status person { familyName } timeline { to } } }",
        ),
        Question::query(
            Kind::Case,
            "referrals of a case",
            "query($id: ID!){ referrals(first: 9, filter: {caseId: $id}){ nodes { id } totalCount } }",
        ),
    ];
    for (kind, name) in [
        (Kind::Referral, "a referral"),
        (Kind::Case, "a case"),
        (Kind::Consent, "a consent"),
        (Kind::Application, "an application"),
        (Kind::Memorandum, "a memorandum"),
        (Kind::ServiceDelivery, "a delivery"),
        (Kind::Activity, "an activity"),
        (Kind::Group, "a group"),
    ] {
        all.push(Question::query(kind, &format!("node of {name}"), "query($id: ID!){ node(id: $id){ __typename id } }"));
        let several = "query($ids: [ID!]!){ nodes(ids: $ids){ __typename id } }";
        let mut nodes = Question::query(kind, &format!("nodes of {name}"), several);
        nodes.variables = json!({"ids": [own_case["id"], "ID", receiver.id, "ID"]});
        all.push(nodes);
    }
    let memorandum =
        "query($id: ID!){ memorandum(id: $id){ id number status parties { status } timeline { kind } supersedes { id } } }";
    all.push(Question::query(Kind::Memorandum, "memorandum", memorandum));
    let explain = "query($id: ID!){ accessExplain(referralId: $id){ field visible reason } }";
    all.push(Question::query(Kind::Referral, "accessExplain", explain));
    let at = json!({"id": "ID", "expectedVersion": 1, "idempotencyKey": "KEY"});
    let today = chrono::Utc::now().date_naive();
    for (name, more) in [
        ("referralUpdate", json!({"urgency": "URGENT"})),
        ("referralSend", json!({})),
        ("referralAcknowledge", json!({})),
        ("referralAccept", json!({"note": "так"})),
        ("referralDecline", json!({"reason": "NO_CAPACITY"})),
        ("referralStart", json!({})),
        ("referralHold", json!({"reason": "WAITING_LIST"})),
        ("referralResume", json!({})),
        ("referralComplete", json!({"outcome": "SERVICE_PROVIDED"})),
        ("referralNotComplete", json!({"reason": "MOVED"})),
        ("referralCancel", json!({"reason": "NEED_CEASED"})),
        ("referralMarkError", json!({"reason": "OTHER"})),
        ("referralRedactionAcknowledge", json!({})),
    ] {
        all.push(Question::mutation(Kind::Referral, name, "referral", with(at.clone(), more)));
    }
    for (name, more) in [
        ("caseUpdate", json!({"safetyFlag": true})),
        ("personUpdate", json!({"person": {"givenName": "Інша"}})),
        ("caseBeginAssessment", json!({})),
        ("caseAssess", json!({"purpose": "SOCIAL_SERVICES", "assessedOn": today, "complexity": "SIMPLE"})),
        ("caseDecide", json!({"decision": "PROVIDE", "decidedOn": today})),
        ("casePlan", json!({"goals": [{"text": "ціль"}]})),
        ("caseActivate", json!({})),
        ("caseSuspend", json!({"reason": "ні"})),
        ("caseResume", json!({})),
        ("caseClose", json!({"closeReason": "MOVED", "closedOn": today})),
        ("caseMarkError", json!({"reason": "ні"})),
    ] {
        all.push(Question::mutation(Kind::Case, name, "case", with(at.clone(), more)));
    }
    for (name, more) in [
        ("memorandumUpdate", json!({"title": "Інша"})),
        ("memorandumInvite", json!({"partnerIds": [receiver.id]})),
        ("memorandumSign", json!({"signedOn": "2024"})),
        ("memorandumWithdraw", json!({"reason": "ні"})),
        ("memorandumSuspend", json!({"reason": "ні"})),
        ("memorandumResume", json!({})),
        ("memorandumTerminate", json!({"reason": "ні"})),
        ("memorandumRenew", json!({"number": "KEY", "effectiveFrom": "2030-01-01"})),
    ] {
        all.push(Question::mutation(Kind::Memorandum, name, "memorandum", with(at.clone(), more)));
    }
    for (name, more) in [
        ("contractSign", json!({"signedOn": "2024"})),
        ("contractActivate", json!({"on": "2025-01-01"})),
        ("contractSuspend", json!({"reason": "ні"})),
        ("contractResume", json!({})),
        ("contractComplete", json!({"on": "2025-01-01"})),
        ("contractTerminate", json!({"on": "2025-01-01", "endReason": "MUTUAL"})),
        ("contractCancel", json!({"reason": "ні"})),
        (
            "contractAmend",
            json!({"number": "1", "kind": "TERM", "effectiveOn": "2025-01-01", "newEndsOn": "2026-01-01", "rationale": "ні"}),
        ),
    ] {
        all.push(Question::mutation(Kind::FundingContract, name, "contract", with(at.clone(), more)));
    }
    let pays = json!({"idempotencyKey": "KEY", "contractId": "ID", "expectedVersion": 1, "amount": "1.00", "paidOn": "2025-01-01", "reference": "1"});
    all.push(Question::mutation(Kind::FundingContract, "paymentRecord", "contract", pays));
    let drafts = json!({"idempotencyKey": "KEY", "contractId": "ID", "month": "2025-01"});
    all.push(Question::mutation(Kind::FundingContract, "actDraft", "act", drafts));
    for (name, more) in [("actSubmit", json!({"lines": []})), ("actAccept", json!({})), ("actReturn", json!({"reason": "ні"}))]
    {
        all.push(Question::mutation(Kind::ServiceAct, name, "act", with(at.clone(), more)));
    }
    all.push(Question::query(
        Kind::FundingContract,
        "fundingContract",
        "query($id: ID!){ fundingContract(id: $id) { status acts { id } } }",
    ));
    all.push(Question::query(
        Kind::ServiceAct,
        "serviceAct",
        "query($id: ID!){ serviceAct(id: $id) { status contract { id } } }",
    ));
    for kind in [Kind::FundingContract, Kind::ServiceAct] {
        all.push(Question::query(kind, "node", "query($id: ID!){ node(id: $id) { __typename id } }"));
    }
    let narrowed = "query($id: ID!){ serviceActs(first: 5, filter: {contractId: $id}) { nodes { id } } }";
    all.push(Question::query(Kind::FundingContract, "serviceActs", narrowed));
    let given = json!({"serviceCode": service, "form": "PHONE", "occurredOn": today});
    for (kind, more) in [(Kind::Case, json!({"caseId": "ID"})), (Kind::Referral, json!({"referralId": "ID"}))] {
        all.push(Question::recording(kind, "servicesRecord", &with(given.clone(), more)));
    }
    let session = json!({"kind": "GROUP_SESSION", "occurredOn": today});
    for (kind, more) in [(Kind::Group, json!({"groupId": "ID"})), (Kind::Case, json!({"caseIds": ["ID"]}))] {
        all.push(Question::recording(kind, "activitiesRecord", &with(session.clone(), more)));
    }
    all.push(Question::mutation(Kind::Consent, "consentWithdraw", "consent", at.clone()));
    all.push(Question::mutation(Kind::Application, "applicationRevoke", "application", at.clone()));
    all.push(Question::mutation(Kind::Application, "applicationRotateSecret", "application", at.clone()));
    let key = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    all.push(Question::mutation(
        Kind::Application,
        "applicationKeysReplace",
        "application",
        with(at, json!({"publicKeys": [key]})),
    ));
    // An id beside the object that is changed.
    let give = json!({"idempotencyKey": "KEY", "caseId": "ID", "receiverId": receiver.id, "purpose": "CASE_WORK", "fieldGroups": ["CONTACT"],
        "givenBy": "CLIENT", "method": "WRITTEN", "explained": true});
    all.push(Question::mutation(Kind::Case, "consentGive", "consent", give));
    let open = json!({"idempotencyKey": "KEY", "referralId": "ID", "primaryCategory": "IDP", "intakeChannel": "REFERRAL", "territory": KAZANKA});
    all.push(Question::mutation(Kind::Referral, "caseOpen", "case", open));
    let create = |more: Value| {
        let base = json!({"idempotencyKey": "KEY", "subject": {"caseId": own_case["id"]}, "receiverId": receiver.id, "serviceCode": service, "send": true});
        with(base, more)
    };
    all.push(Question::mutation(Kind::Case, "referralCreate", "referral", create(json!({"subject": {"caseId": "ID"}}))));
    all.push(Question::mutation(Kind::Consent, "referralCreate", "referral", create(json!({"consentId": "ID"}))));
    all.push(Question::mutation(Kind::Referral, "referralCreate", "referral", create(json!({"replacesId": "ID"}))));
    all.push(Question::mutation(
        Kind::Consent,
        "referralUpdate",
        "referral",
        with(target(draft), json!({"idempotencyKey": "KEY", "consentId": "ID"})),
    ));
    let onward = |more: Value| {
        let base = json!({"idempotencyKey": "KEY", "caseId": own_case["id"], "consentId": consent["id"], "receiverId": receiver.id, "serviceCode": service});
        with(with(base, target(accepted)), more)
    };
    all.push(Question::mutation(Kind::Referral, "referralReferOnward", "referral", onward(json!({"id": "ID"}))));
    all.push(Question::mutation(Kind::Case, "referralReferOnward", "referral", onward(json!({"caseId": "ID"}))));
    all
}

#[tokio::test]
async fn a_stranger_s_object_is_like_none() {
    let town = Town::new().await;
    let superuser = connect(&town.served.stage.superuser_url()).await;
    if superuser.batch_execute("create extension pg_stat_statements").await.is_err() {
        eprintln!("SKIPPED: this PostgreSQL has no pg_stat_statements; install its contrib package to compare statements");
        return;
    }
    // The sender's objects, a draft among them; the stranger's own for the other places of a question.
    let (sent, case, consent) = town.sent(&["DEMOGRAPHICS", "CONTACT"]).await;
    let unsent = with(town.referral_input(&case, &consent, &town.receiver).await, json!({"send": false}));
    let draft = town.done(&town.sender, "referralCreate", "referral", "", unsent).await;
    let stranger = &town.stranger;
    let given = town.consent(&town.sender, &case, stranger, &["CONTACT"]).await;
    let own = Own::new(&town).await;
    let application = "select id::text from application where organization_id = $1::text::uuid";
    let application: String =
        superuser.query_one(application, &[&town.sender.partner.organization_id.to_string()]).await.unwrap().get(0);
    let application = Kind::Application.id(application.parse().unwrap()).to_string();
    let (provider, partner) = (town.provider(Organization::Ngo).await, town.side(Organization::Charity).await);
    let agreed = town.agreed(&provider, &[&partner], json!({})).await;
    let input = town.memorandum_input(&provider, &[stranger], json!({})).await;
    let drafted = town.done(&provider, "memorandumCreate", "memorandum", "", input).await;
    let provided = town.case(&provider).await;
    let work = town.works(&provider, &provided).await;
    // A contract with an act, and a draft whose provider this stranger would be: it does not know of it yet.
    let fund = town.side(Organization::Fund).await;
    let deal = |of: &Side| {
        json!({"idempotencyKey": key(), "number": key(), "providerId": of.id, "territory": KAZANKA, "startsOn": "2025-01-01", "endsOn": "2025-12-31",
            "lines": [{"budgetLine": "TEAM_PAY", "unit": "місяць", "plannedQuantity": "12", "unitPrice": "40000.00"}]})
    };
    let mut contract = town.done(&fund, "contractCreate", "contract", "", deal(&town.receiver)).await;
    for (name, more) in [("contractSign", json!({"signedOn": "2024"})), ("contractActivate", json!({"on": "2025-01-01"}))] {
        contract =
            town.done(&fund, name, "contract", "", with(target(&contract), with(more, json!({"idempotencyKey": key()})))).await;
    }
    let proposed = town.done(&fund, "contractCreate", "contract", "", deal(stranger)).await;
    let drafts = json!({"idempotencyKey": key(), "contractId": contract["id"], "month": "2025-01"});
    let act = town.done(&town.receiver, "actDraft", "act", "", drafts).await;
    let id = |object: &Value| object["id"].as_str().unwrap().to_owned();
    let stranger_s = |kind| match kind {
        Kind::Referral => vec![id(&sent), id(&draft)],
        Kind::Case => vec![id(&case)],
        // The second one names this stranger, who was not yet sent anything under it.
        Kind::Consent => vec![id(&consent), id(&given)],
        Kind::Application => vec![application.clone()],
        // The second one is a draft that names this stranger, who does not know of it yet.
        Kind::Memorandum => vec![id(&agreed), id(&drafted)],
        Kind::FundingContract => vec![id(&contract), id(&proposed)],
        Kind::ServiceAct => vec![id(&act)],
        Kind::ServiceDelivery => vec![id(&work.delivery)],
        Kind::Activity => vec![id(&work.activity)],
        Kind::Group => vec![id(&work.group)],
        _ => unreachable!(),
    };

    let watch = Watch { town: &town, superuser };
    let service = town.service().await;
    let all = questions(&service, &town.receiver, &own);
    let mut wrong = Vec::new();
    for question in &all {
        for foreign in stranger_s(question.kind) {
            wrong.extend(watch.difference(stranger, question, &foreign).await);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));

    // A draft is like none for its receiver, too; and its own objects are answered otherwise, or all this would say nothing.
    let receiver = &town.receiver;
    for question in all.iter().filter(|question| question.kind == Kind::Referral) {
        wrong.extend(watch.difference(receiver, question, &id(&draft)).await);
    }
    assert!(wrong.is_empty(), "a draft is no stranger's for its receiver: {}", wrong.join("\n\n"));
    let known = watch.told(receiver, &all[0], &id(&sent)).await;
    let unknown = watch.told(receiver, &all[0], &Kind::Referral.id(Uuid::new_v4())).await;
    assert!(known.body != unknown.body && known.statements != unknown.statements);
}

/// What the stranger has of its own, for the other places of a question.
struct Own {
    case: Value,
    consent: Value,
    draft: Value,
    /// A referral that it has accepted.
    accepted: Value,
}

impl Own {
    async fn new(town: &Town) -> Self {
        let case = town.case(&town.stranger).await;
        let consent = town.consent(&town.stranger, &case, &town.receiver, &["CONTACT"]).await;
        let unsent = with(town.referral_input(&case, &consent, &town.receiver).await, json!({"send": false}));
        let draft = town.done(&town.stranger, "referralCreate", "referral", "", unsent).await;
        town.agreed(&town.receiver, &[&town.stranger], json!({})).await;
        let other = town.case(&town.receiver).await;
        let to_it = town.consent(&town.receiver, &other, &town.stranger, &["CONTACT"]).await;
        let input = town.referral_input(&other, &to_it, &town.stranger).await;
        let sent = town.done(&town.receiver, "referralCreate", "referral", "", input).await;
        let accepted = town.step(&town.stranger, "referralAccept", &sent, json!({})).await;
        Self { case, consent, draft, accepted }
    }
}
