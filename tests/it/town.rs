//! A small town for tests: a social protection department that sends, a centre's provider that receives, and a stranger.

use crate::served::{Answer, Partner, Served};
use mistok::base::{timetable::Timetable, words::organization::OrganizationKind as Kind};
use serde_json::{Value, json};
use uuid::Uuid;

/// Kazanka hromada.
pub const KAZANKA: &str = "UA48020130000080862";

pub struct Town {
    pub served: Served,
    pub sender: Side,
    pub receiver: Side,
    pub stranger: Side,
}

/// One organisation with its token.
pub struct Side {
    pub partner: Partner,
    pub token: String,
    /// Global id of the organisation.
    pub id: String,
    /// Global id of its centre in Kazanka; empty where it has none.
    pub centre: String,
}

/// What [`Town::works`] has recorded; no group without a centre.
pub struct Work {
    pub delivery: Value,
    pub group: Value,
    pub activity: Value,
}

impl Town {
    pub async fn new() -> Self {
        Self::with(Timetable::default()).await
    }

    /// The town under another timetable.
    pub async fn with(timetable: Timetable) -> Self {
        Self::of(Served::with(timetable).await).await
    }

    /// The town of a server.
    pub async fn of(served: Served) -> Self {
        let sender = Side::new(&served, Kind::LocalAuthority).await;
        let receiver = Side::new(&served, Kind::Ngo).await.with_centre(&served).await;
        let stranger = Side::new(&served, Kind::Charity).await.with_centre(&served).await;
        let town = Self { served, sender, receiver, stranger };
        town.offers(&town.receiver, "AVAILABLE").await;
        town.offers(&town.stranger, "AVAILABLE").await;
        town
    }

    /// Another organisation of the town.
    pub async fn side(&self, kind: Kind) -> Side {
        Side::new(&self.served, kind).await
    }

    /// The same town with fresh tokens, after the clock was moved.
    pub async fn again(mut self) -> Self {
        for side in [&mut self.sender, &mut self.receiver, &mut self.stranger] {
            side.token = self.served.token(&side.partner).await;
        }
        self
    }

    /// Another organisation of the town that provides a centre there.
    pub async fn provider(&self, kind: Kind) -> Side {
        Side::new(&self.served, kind).await.with_centre(&self.served).await
    }

    /// The input of a memorandum of a provider's centre, for the one service in Kazanka, from 2024 on; `more` over it.
    pub async fn memorandum_input(&self, provider: &Side, partners: &[&Side], more: Value) -> Value {
        let partners: Vec<_> = partners.iter().map(|side| side.id.clone()).collect();
        let coverage = json!([{"serviceCode": self.service().await, "territory": KAZANKA}]);
        let base = json!({"idempotencyKey": key(), "number": key(), "title": "Меморандум про співпрацю", "centreId": provider.centre,
            "partnerIds": partners, "coverage": coverage, "effectiveFrom": "2024-01-01",
            "sharing": {"fieldGroups": ["DEMOGRAPHICS", "CONTACT", "ADDRESS", "CAREGIVER", "REASON", "ASSESSMENT_SUMMARY", "SENSITIVE"],
                "retentionDays": 30, "onwardReferral": true}});
        with(base, more)
    }

    /// A memorandum that was signed on paper and is in force.
    pub async fn agreed(&self, provider: &Side, partners: &[&Side], more: Value) -> Value {
        let more = with(json!({"history": {"signedOn": "2024-01-01"}}), more);
        let input = self.memorandum_input(provider, partners, more).await;
        let made = self.done(provider, "memorandumCreate", "memorandum", "status", input).await;
        assert_eq!(made["status"], "IN_FORCE");
        made
    }

    /// What an organisation says of the one service that these tests ask for.
    pub async fn offers(&self, side: &Side, capacity: &str) {
        let mutation =
            "mutation($input: OfferingUpdateInput!){ offeringUpdate(input: $input){ userErrors{ code message path } } }";
        let input = json!({"serviceCode": self.service().await, "territories": [], "capacity": capacity});
        let done = self.ask(side, mutation, json!({"input": input})).await;
        assert_eq!(done.data()["offeringUpdate"]["userErrors"], json!([]), "{done:?}");
    }

    /// Code of the service that these tests ask for.
    pub async fn service(&self) -> String {
        let all = self.served.ask(&self.sender.token, "{ serviceTypes { code } }", json!({})).await;
        all.data()["serviceTypes"][0]["code"].as_str().unwrap().to_owned()
    }

    /// A question with a purpose.
    pub async fn ask(&self, side: &Side, query: &str, variables: Value) -> Answer {
        self.ask_for(side, Some("CASE_WORK"), query, variables).await
    }

    pub async fn ask_for(&self, side: &Side, purpose: Option<&str>, query: &str, variables: Value) -> Answer {
        let mut asked = self.served.http.post(format!("{}/graphql", self.served.url)).bearer_auth(&side.token);
        if let Some(purpose) = purpose {
            asked = asked.header("mistok-purpose", purpose).header("mistok-acting-for", "worker-7");
        }
        let asked =
            asked.header("accept", "application/graphql-response+json").json(&json!({"query": query, "variables": variables}));
        Answer::of(asked.send().await.unwrap()).await
    }

    /// The payload of a mutation `name(input)`, with the fields of its object that are asked for.
    pub async fn act(&self, side: &Side, name: &str, object: &str, fields: &str, input: Value) -> Value {
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {kind}!){{ {name}(input: $input){{ {object}{{ id version {fields} }} replayed userErrors{{ code message path retryable }} }} }}"
        );
        let answer = self.ask(side, &query, json!({"input": input})).await;
        answer.data()[name].clone()
    }

    /// The same where it must go well: the object.
    pub async fn done(&self, side: &Side, name: &str, object: &str, fields: &str, input: Value) -> Value {
        let payload = self.act(side, name, object, fields, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{name}");
        payload[object].clone()
    }

    /// The same where it must be refused: the code and the path of the first refusal.
    pub async fn refused(&self, side: &Side, name: &str, object: &str, input: Value) -> (String, String) {
        let payload = self.act(side, name, object, "", input).await;
        assert_eq!(payload[object], Value::Null, "{name} was not refused");
        let first = &payload["userErrors"][0];
        let path: Vec<_> =
            first["path"].as_array().unwrap_or_else(|| panic!("{payload}")).iter().map(|part| part.as_str().unwrap()).collect();
        (first["code"].as_str().unwrap().to_owned(), path.join("."))
    }

    /// A case of a plainly invented person.
    pub async fn case(&self, side: &Side) -> Value {
        let input = json!({
            "idempotencyKey": key(), "territory": KAZANKA, "primaryCategory": "IDP", "intakeChannel": "SELF_IN_PERSON",
            "hardshipFactors": ["INTERNAL_DISPLACEMENT", "DOMESTIC_VIOLENCE"], "householdSize": 3,
            "person": {"familyName": "Вигадана", "givenName": "Оксана", "birthDate": "1990-05-17", "sex": "FEMALE", "phone": "067-000-00-01",
                "address": "Казанка, вул. Вигадана, 1", "safeToContact": ["MESSENGER"], "contactRestrictions": "не телефонувати ввечері"},
        });
        self.done(side, "caseOpen", "case", "status code", input).await
    }

    /// A consent of the case's person for a receiver.
    pub async fn consent(&self, side: &Side, case: &Value, receiver: &Side, groups: &[&str]) -> Value {
        let input = json!({"caseId": case["id"], "receiverId": receiver.id, "purpose": "CASE_WORK", "fieldGroups": groups,
            "givenBy": "CLIENT", "method": "WRITTEN", "explained": true, "evidence": "заява № 1"});
        self.done(side, "consentGive", "consent", "expiresAt", input).await
    }

    /// The input of a referral on the ground of a consent, sent at once.
    pub async fn referral_input(&self, case: &Value, consent: &Value, receiver: &Side) -> Value {
        json!({"idempotencyKey": key(), "subject": {"caseId": case["id"]}, "receiverId": receiver.id, "serviceCode": self.service().await,
            "consentId": consent["id"], "reason": "потребує розмови з психологом", "send": true})
    }

    /// A sent referral from the sender to the receiver, with everything before it. Also the case and the consent.
    pub async fn sent(&self, groups: &[&str]) -> (Value, Value, Value) {
        let case = self.case(&self.sender).await;
        let consent = self.consent(&self.sender, &case, &self.receiver, groups).await;
        let input = self.referral_input(&case, &consent, &self.receiver).await;
        let referral = self.done(&self.sender, "referralCreate", "referral", "status number", input).await;
        assert_eq!(referral["status"], "SENT");
        (referral, case, consent)
    }

    /// Work that a side has done for a case, in its centre where it has one: a delivery that was corrected, a group, a session.
    pub async fn works(&self, side: &Side, case: &Value) -> Work {
        let record = async |name: &str, node: &str, row: Value, on_existing: &str| {
            let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
            let query = format!(
                "mutation($input: {kind}!){{ {name}(input: $input){{ results {{ {node} {{ id version }} }} userErrors {{ code message path }} }} }}"
            );
            let input = json!({"idempotencyKey": key(), "onExisting": on_existing, "rows": [row]});
            let done = self.ask(side, &query, json!({"input": input})).await.data()[name].clone();
            assert_eq!(done["userErrors"], json!([]), "{name}");
            done["results"][0][node].clone()
        };
        let day = "2025-03-04";
        let given = json!({"externalReference": "робота-1", "caseId": case["id"], "serviceCode": self.service().await, "form": "PHONE", "occurredOn": day});
        record("servicesRecord", "delivery", given.clone(), "REFUSE").await;
        let delivery = record("servicesRecord", "delivery", with(given, json!({"quantity": 2})), "CORRECT").await;
        let group =
            json!({"centreId": side.centre, "programme": "OTHER", "members": 5, "startedOn": day, "caseIds": [case["id"]]});
        let group = if side.centre.is_empty() { Value::Null } else { self.done(side, "groupCreate", "group", "", group).await };
        let session = json!({"kind": "GROUP_SESSION", "groupId": group["id"], "caseIds": [case["id"]], "occurredOn": day});
        let activity = record("activitiesRecord", "activity", session, "REFUSE").await;
        Work { delivery, group, activity }
    }

    /// A step of the receiver or sender, with more input where it needs some.
    pub async fn step(&self, side: &Side, name: &str, referral: &Value, more: Value) -> Value {
        self.done(side, name, "referral", "status", with(target(referral), more)).await
    }

    /// What one side sees of a referral.
    pub async fn sees(&self, side: &Side, id: &Value, fields: &str) -> Value {
        let query = format!("query($id: ID!){{ referral(id: $id){{ {fields} }} }}");
        self.ask(side, &query, json!({"id": id})).await.data()["referral"].clone()
    }

    /// One value of the database, past all walls.
    pub async fn count(&self, sql: &str) -> i64 {
        let client = crate::stage::connect(&self.served.stage.superuser_url()).await;
        client.query_one(sql, &[]).await.unwrap().get(0)
    }
}

impl Side {
    async fn new(served: &Served, kind: Kind) -> Self {
        let partner = served.partner(kind).await;
        let place = format!("update organization set territory_code = '{KAZANKA}' where id = '{}'", partner.organization_id);
        served.stage.owner().await.batch_execute(&place).await.unwrap();
        let token = served.token(&partner).await;
        let id = mistok::graphql::node::Kind::Organization.id(partner.organization_id).to_string();
        Self { partner, token, id, centre: String::new() }
    }

    /// With a centre of its own in Kazanka.
    async fn with_centre(self, served: &Served) -> Self {
        let centre = Uuid::now_v7();
        let sql = format!(
            "insert into centre (id, name, territory_code, provider_id, status, opened_on, search, created_at, updated_at)
             values ('{centre}', 'Центр', '{KAZANKA}', '{}', 'OPEN', '2024', 'центр', now(), now())",
            self.partner.organization_id
        );
        served.stage.owner().await.batch_execute(&sql).await.unwrap();
        let centre = mistok::graphql::node::Kind::Centre.id(centre).to_string();
        Self { centre, ..self }
    }
}

/// A new idempotency key.
pub fn key() -> String {
    Uuid::new_v4().to_string()
}

/// Names an object and the version that was read.
pub fn target(object: &Value) -> Value {
    json!({"id": object["id"], "expectedVersion": object["version"]})
}

/// Two objects as one.
pub fn with(mut base: Value, more: Value) -> Value {
    base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    base
}
