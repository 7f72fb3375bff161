//! Wherever an id may be written, the id of a stranger's object is like one that nobody has.

use super::{
    estate::{self, Estate, Ids, KINDS},
    walk::{Place, Schema},
};
use crate::{
    served::Answer,
    stage::connect,
    town::{KAZANKA, Side, Town, key},
};
use mistok::{base::words::organization::OrganizationKind as Organization, graphql::node::Kind};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::Client;
use uuid::Uuid;

/// Places of what everybody may know of, and why: these ids are no secret.
const PUBLIC: &[(&[&str], &str)] = &[
    (&["centreId", "senderCentreId", "receiverCentreId"], "the registry of centres is open to every partner"),
    (
        &[
            "organizationId",
            "partnerIds",
            "supportedByIds",
            "providerId",
            "hostId",
            "receiverId",
            "funderId",
            "counterpartyId",
            "reportedById",
        ],
        "the registry of organisations is open to every partner",
    ),
    (&["release"], "published figures are open to every partner"),
];

/// What an id at a place is of.
enum Of {
    Public,
    One(Kind),
    /// Any kind at all.
    Any,
}

/// Members whose name tells it.
const NAMED: &[(&str, Kind)] = &[
    ("caseId", Kind::Case),
    ("caseIds", Kind::Case),
    ("consentId", Kind::Consent),
    ("referralId", Kind::Referral),
    ("replacesId", Kind::Referral),
    ("groupId", Kind::Group),
    ("contractId", Kind::FundingContract),
    ("actId", Kind::ServiceAct),
    ("lineId", Kind::ContractLine),
    ("trancheId", Kind::Tranche),
    ("paymentId", Kind::Payment),
    ("entryId", Kind::AuditEntry),
    ("applicationId", Kind::Application),
    ("endpointId", Kind::WebhookEndpoint),
];

/// Roots whose `id` is told by how their name begins.
const BEGINS: &[(&str, Kind)] = &[
    ("referral", Kind::Referral),
    ("case", Kind::Case),
    ("person", Kind::Case),
    ("consent", Kind::Consent),
    ("memorandum", Kind::Memorandum),
    ("contract", Kind::FundingContract),
    ("fundingContract", Kind::FundingContract),
    ("tranche", Kind::FundingContract),
    // Payments change their contract.
    ("payment", Kind::FundingContract),
    ("act", Kind::ServiceAct),
    ("serviceAct", Kind::ServiceAct),
    ("application", Kind::Application),
    ("webhook", Kind::WebhookEndpoint),
];

fn of(place: &Place) -> Of {
    let found = |known: &[(&str, Kind)], is: &dyn Fn(&str) -> bool| {
        let kind = known.iter().find(|(word, _)| is(word)).map(|(_, kind)| Of::One(*kind));
        kind.unwrap_or_else(|| panic!("{place}: what is this the id of? Tell it here"))
    };
    match place.name() {
        name if PUBLIC.iter().any(|(names, _)| names.contains(&name)) => Of::Public,
        "id" if ["organization", "centre"].iter().any(|word| place.field.starts_with(word)) => Of::Public,
        "id" if place.field == "node" => Of::Any,
        "ids" | "objectId" => Of::Any,
        "id" => found(BEGINS, &|word| place.field.starts_with(word)),
        name => found(NAMED, &|word| word == name),
    }
}

/// Who asks, with what it has of its own for the other places of a question.
pub struct Asker<'a> {
    pub town: &'a Town,
    pub side: Side,
    pub own: Estate,
    service: String,
    application: String,
    /// Versions that have changed since, by the object's id.
    pub versions: BTreeMap<String, i32>,
}

/// Steps of a referral that its receiver takes.
const RECEIVES: &[&str] = &[
    "Accept",
    "Acknowledge",
    "Decline",
    "Start",
    "Hold",
    "Resume",
    "Complete",
    "NotComplete",
    "ReferOnward",
    "RedactionAcknowledge",
];

impl<'a> Asker<'a> {
    /// One that may do all that a partner or a funder may, with a partner of its own.
    pub async fn new(town: &'a Town) -> Self {
        let (side, partner) = (town.provider(Organization::Charity).await, town.provider(Organization::Charity).await);
        let own = Estate::new(town, &side, &partner, "Власна").await;
        let viewer = town.ask(&side, "{ viewer { application { id } } }", json!({})).await;
        let application = viewer.data()["viewer"]["application"]["id"].as_str().unwrap().to_owned();
        Self { town, side, own, service: town.service().await, application, versions: BTreeMap::new() }
    }

    /// Its own object that a question is about.
    fn own(&self, kind: Kind, field: &str) -> &Value {
        let own = &self.own;
        let provides = ["actDraft", "actSubmit"].contains(&field);
        match kind {
            Kind::Case if field == "referralReferOnward" => &own.taken,
            Kind::Case => &own.case,
            Kind::Consent => &own.consent,
            Kind::Referral if RECEIVES.iter().any(|step| field == format!("referral{step}")) => &own.accepted,
            Kind::Referral if ["referralUpdate", "referralSend"].contains(&field) => &own.draft,
            Kind::Referral => &own.sent,
            Kind::Memorandum => &own.memorandum,
            Kind::Group => &own.group,
            Kind::FundingContract if provides => &own.provided,
            Kind::FundingContract => &own.funded,
            Kind::ServiceAct if provides => &own.drafts,
            Kind::ServiceAct => &own.decides,
            Kind::ContractLine if provides => &own.provided["lines"][0],
            Kind::ContractLine => &own.funded["lines"][0],
            Kind::Tranche => &own.funded["tranches"][1],
            Kind::Payment => &own.funded["payments"][0],
            Kind::WebhookEndpoint => &own.endpoint,
            Kind::AuditEntry => &own.entry,
            other => panic!("{field}: of its own it has no {other:?}"),
        }
    }

    /// What stands at a place that is not in question.
    pub fn fill(&self, place: &Place) -> Value {
        let versioned = |field: &str| {
            let id = Place { path: vec!["id".into()], ..place.clone() };
            match of(&id) {
                Of::One(Kind::Application) => json!(1),
                Of::One(kind) => {
                    let own = self.own(kind, field);
                    let moved = own["id"].as_str().and_then(|id| self.versions.get(id));
                    moved.map_or_else(|| own["version"].clone(), |version| json!(version))
                }
                _ => json!(1),
            }
        };
        match (place.scalar.as_str(), place.name()) {
            ("ID", name) if name.to_lowercase().contains("centre") => json!(self.side.centre),
            ("ID", "applicationId") => json!(self.application),
            ("ID", _) => match of(place) {
                Of::One(Kind::Application) => json!(self.application),
                Of::One(kind) => self.own(kind, &place.field)["id"].clone(),
                Of::Public => json!(self.town.receiver.id),
                Of::Any => self.own.case["id"].clone(),
            },
            ("Int", "expectedVersion") => versioned(&place.field),
            ("Int", "first" | "last") => json!(5),
            ("Int", "year") => json!(2025),
            ("Int", _) => json!(1),
            ("Boolean", _) => json!(true),
            ("Date", _) => json!("2025-03-04"),
            ("DateTime", _) => json!("2025-03-04T10:00:00Z"),
            ("PartialDate" | "YearMonth", _) => json!("2025-03"),
            ("Katottg", _) => json!(KAZANKA),
            ("Edrpou", _) => json!("00034022"),
            ("Decimal", _) => json!("1"),
            ("Money", _) => json!("1.00"),
            ("Duration", _) => json!("P14D"),
            ("String", "idempotencyKey" | "number") => json!(key()),
            ("String", "serviceCode" | "serviceCodes") => json!(self.service),
            ("String", "url") => json!("http://127.0.0.1:9/"),
            ("String", "phone") => json!("067-000-00-02"),
            ("String", "documents") => json!("{ viewer { scopes } }"),
            ("String", _) => json!("слово"),
            other => panic!("{place}: nothing is known of {other:?}"),
        }
    }

    /// Asks with whichever purpose the field needs.
    pub async fn ask(&self, place: &Place, query: &str, variables: Value) -> Answer {
        let purpose = if place.field == "subjectExport" { "SUBJECT_REQUEST" } else { "CASE_WORK" };
        self.town.ask_for(&self.side, Some(purpose), query, variables).await
    }
}

/// Every row that is there and the transaction that wrote it, as one text for each table.
pub async fn written(superuser: &Client) -> BTreeMap<String, String> {
    let tables = "select format('select %L as name, count(*) || ''/'' || coalesce(sum(hashtext(ctid::text || xmin::text)::bigint), 0) from only %I', relname, relname)
        from pg_class where relkind in ('r') and relnamespace = 'public'::regnamespace";
    let each: Vec<String> = superuser.query(tables, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let rows = superuser.query(&each.join(" union all "), &[]).await.unwrap();
    rows.iter().map(|row| (row.get::<_, String>(0), row.get::<_, String>(1))).collect()
}

/// An answer without what differs by itself.
fn plain(answer: &Answer, id: &str) -> String {
    let request_id = answer.header("x-request-id");
    let mut body = answer.body.clone();
    if let Some(extensions) = body["extensions"].as_object_mut() {
        extensions.remove("cost");
    }
    format!("{} {}", answer.status, body).replace(id, "ID").replace(request_id, "REQUEST")
}

/// A stranger's family name, which stands in all its texts.
const NAME: &str = "Чужинська";

#[tokio::test]
async fn wherever_an_id_goes_a_stranger_s_is_like_none() {
    let town = Town::new().await;
    let superuser = connect(&town.served.stage.superuser_url()).await;
    let kind = Organization::Charity;
    let stranger = town.provider(kind).await;
    let theirs = Estate::new(&town, &stranger, &town.provider(kind).await, NAME).await;
    let ids = estate::all(&superuser).await;
    let asker = Asker::new(&town).await;

    let schema = Schema::new();
    assert_eq!(schema.deeper(&["ID"]), Vec::<String>::new(), "an id below the root, where no question of this walk comes");
    let (mut wrong, mut asked, mut rows) = (Vec::new(), BTreeSet::new(), written(&superuser).await);
    for place in schema.places().iter().filter(|place| place.scalar == "ID") {
        let kinds: Vec<u8> = match of(place) {
            Of::Public => continue,
            Of::One(kind) => vec![kind as u8],
            Of::Any => KINDS.iter().map(|(kind, _)| *kind as u8).chain([Kind::AuditEntry as u8]).collect(),
        };
        for kind in kinds {
            asked.insert(kind);
            wrong.extend(difference(&asker, &superuser, &schema, place, kind, (&ids, &theirs), &mut rows).await);
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
    // Its own are answered otherwise, or all this would say nothing.
    let (mut mine, case) = (ids.clone(), Kind::Case as u8);
    mine.insert(case, vec![asker.own.case["id"].as_str().unwrap().to_owned()]);
    for place in schema.places().iter().filter(|place| ["case(id)", "caseMarkError(input.id)"].contains(&&*place.to_string())) {
        let differ = difference(&asker, &superuser, &schema, place, case, (&mine, &theirs), &mut rows).await;
        assert!(differ.is_some(), "{place}");
    }
    assert_eq!(asked.len(), KINDS.len() + 1, "every kind was asked about");
}

/// What differs between the two answers, or was written.
async fn difference(
    asker: &Asker<'_>,
    superuser: &Client,
    schema: &Schema,
    place: &Place,
    kind: u8,
    (ids, theirs): (&Ids, &Estate),
    rows: &mut BTreeMap<String, String>,
) -> Option<String> {
    let (foreign, unknown) = match KINDS.iter().find(|(known, _)| *known as u8 == kind) {
        Some((known, _)) => {
            let foreign = ids[&kind].last().unwrap_or_else(|| panic!("no stranger has a {known:?}"));
            (foreign.clone(), known.id(Uuid::new_v4()).to_string())
        }
        // An entry of the audit: the same with its last sign changed opens for nobody.
        None => {
            let foreign = theirs.entry["id"].as_str().unwrap().to_owned();
            let other = if foreign.ends_with('A') { "Q" } else { "A" };
            let unknown = foreign[..foreign.len() - 1].to_owned() + other;
            (foreign, unknown)
        }
    };
    // The question has come as far as the id.
    let nothing = if place.operation == "mutation" { &["NOT_FOUND"][..] } else { &["null", "[]", "no such object"] };
    let mut said = Vec::new();
    for id in [&foreign, &unknown] {
        let question = schema.question(place, &json!(id), &|place| asker.fill(place));
        let answer = asker.ask(place, &question.query, question.variables).await;
        let text = plain(&answer, id);
        if text.contains(NAME) || !nothing.iter().any(|nothing| text.contains(nothing)) {
            return Some(format!("{place} of kind {kind}: {text}\n{}", question.query));
        }
        said.push(text);
    }
    let after = written(superuser).await;
    let moved: Vec<_> = rows.iter().filter(|(name, rows)| after[*name] != **rows).map(|(name, _)| name.clone()).collect();
    *rows = after;
    if said[0] != said[1] || !moved.is_empty() {
        return Some(format!(
            "{place} of kind {kind}: written {moved:?}\n  a stranger's: {}\n  no one's:     {}",
            said[0], said[1]
        ));
    }
    None
}
