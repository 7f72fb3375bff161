//! What is deprecated and asked for all the same: told in the answer, counted for the application, shown to its organisation alone. Nothing
//! is deprecated yet; a server of the test says that something is.

use crate::{metrics::Told, served::Served};
use chrono::{DateTime, Utc};
use mistok::base::words::organization::OrganizationKind::{Charity, Ngo};
use serde_json::{Value, json};

const REASON: &str = "take serviceTypes { name }, until 2027-11-28";
const USES: &str = "{ viewer { application { deprecatedUses { coordinate deprecationReason count firstUsedAt lastUsedAt } } } applications { deprecatedUses { count } } }";

#[tokio::test]
async fn who_asks_for_what_is_deprecated_is_told_and_counted() {
    let first = Served::new().await;
    let more =
        [("ServiceType.code", REASON), ("Query.codelist(name:)", "another"), ("Capacity.NONE", "a third"), ("Gone.field", "x")];
    let served = Served::deprecating(&first, &more).await;
    let (one, other) = (served.partner(Ngo).await, served.partner(Charity).await);
    let (mine, theirs) = (served.token(&one).await, served.token(&other).await);
    let uses = async |at: &Served, token: &str| {
        at.ask(token, USES, json!({})).await.data()["viewer"]["application"]["deprecatedUses"].clone()
    };

    let plain = served.ask(&mine, "{ serviceTypes { name } }", json!({})).await;
    assert_eq!(plain.body["extensions"].get("deprecations"), None, "{plain:?}");
    let begun = served.clock.now();
    for _ in 0..2 {
        let old = served.ask(&mine, "{ a: serviceTypes { code } b: serviceTypes { code } }", json!({})).await;
        assert_eq!(old.body["extensions"]["deprecations"], json!([{"coordinate": "ServiceType.code", "reason": REASON}]));
        assert!(old.body["extensions"]["cost"].is_object() && old.data()["a"][0]["code"].is_string());
    }
    // A word in a variable, of an operation that is refused by a rule: it was executed.
    let update = "mutation($input: OfferingUpdateInput!) { offeringUpdate(input: $input) { userErrors { code } } }";
    let input = json!({"input": {"serviceCode": "X-999", "territories": [], "capacity": "NONE"}});
    let word = served.ask(&theirs, update, input).await;
    assert_eq!(
        word.body["extensions"]["deprecations"],
        json!([{"coordinate": "Capacity.NONE", "reason": "a third"}]),
        "{word:?}"
    );
    // One that was not executed counts for nobody.
    assert_eq!(served.ask(&mine, "{ serviceTypes { code nope } }", json!({})).await.code(), "VALIDATION_FAILED");

    assert_eq!(uses(&served, &mine).await, json!([]), "gathered, not written");
    let (usage, db) = (served.app.usage(), served.app.db());
    assert_eq!((usage.write(db).await.unwrap(), usage.write(db).await.unwrap()), (2, 0));
    let found = uses(&served, &mine).await;
    assert_eq!(
        (&found[0]["coordinate"], &found[0]["deprecationReason"], &found[0]["count"]),
        (&json!("ServiceType.code"), &json!(REASON), &json!(2))
    );
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    let at = |name: &str| -> DateTime<Utc> { found[0][name].as_str().unwrap().parse().unwrap() };
    assert!(at("firstUsedAt") >= begun - chrono::Duration::seconds(1) && at("lastUsedAt") >= at("firstUsedAt"), "{found}");
    assert_eq!(uses(&served, &theirs).await[0]["coordinate"], "Capacity.NONE");

    // More of it, later: the same row.
    served.clock.advance(chrono::Duration::minutes(10));
    served.ask(&mine, "query Old { serviceTypes { ...F } } fragment F on ServiceType { code }", json!({})).await;
    usage.write(db).await.unwrap();
    let later = uses(&served, &mine).await;
    assert_eq!((&later[0]["count"], &later[0]["firstUsedAt"]), (&json!(3), &found[0]["firstUsedAt"]));
    assert_ne!(later[0]["lastUsedAt"], found[0]["lastUsedAt"]);
    // A server by whose schema it is deprecated no more: what was counted stays, without a reason.
    assert_eq!(uses(&first, &mine).await[0]["deprecationReason"], Value::Null);

    let text = Told::by(&served).text().await;
    let line =
        text.lines().find(|line| line.starts_with("mistok_graphql_deprecated_uses_total{coordinate=\"ServiceType.code\"}"));
    // Other tests count in the same process.
    let count = line.and_then(|line| line.rsplit_once(' ')).map(|(_, count)| count.parse::<u32>().unwrap());
    assert!(count.is_some_and(|count| count >= 3), "{text}");
}

#[tokio::test]
async fn what_cannot_be_written_is_kept() {
    let first = Served::new().await;
    let served = Served::deprecating(&first, &[("ServiceType.code", REASON)]).await;
    let partner = served.partner(Ngo).await;
    let token = served.token(&partner).await;
    served.ask(&token, "{ serviceTypes { code } }", json!({})).await;
    let owner = served.stage.owner().await;
    owner.batch_execute("revoke insert on deprecated_use from mistok_app").await.unwrap();
    let (usage, db) = (served.app.usage(), served.app.db());
    assert!(usage.write(db).await.is_err());
    served.ask(&token, "{ serviceTypes { code } }", json!({})).await;
    owner.batch_execute("grant insert on deprecated_use to mistok_app").await.unwrap();
    assert_eq!(usage.write(db).await.unwrap(), 1);
    let count: i64 = owner.query_one("select count from deprecated_use", &[]).await.unwrap().get(0);
    assert_eq!(count, 2);
    // Nor under an organisation whose application it is not.
    let foreign = owner.execute("update deprecated_use set organization_id = gen_random_uuid()", &[]).await.unwrap_err();
    let constraint = foreign.as_db_error().and_then(|fault| fault.constraint());
    assert_eq!(constraint, Some("deprecated_use_is_of_the_application_s_organization"));
}
