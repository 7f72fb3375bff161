//! What stands in the documents.

use super::{ACCOUNT, Paper, ask, day, valid};
use crate::town::Town;
use mistok::{
    base::words::{contract::ContractEndReason, organization::OrganizationKind as Kind},
    contract::{actions, model::Terminate},
    graphql::node,
    organization::{model::Register, operator},
};
use serde_json::{Value, json};

const OCDS: &str = ".ocds.json";
const GIVING: &str = ".360giving.json";

/// The amounts of a list, in kopiykas.
fn kopiykas(list: &Value, amount: &str) -> Vec<i64> {
    let of = |row: &Value| (row.pointer(amount).unwrap().as_f64().unwrap() * 100.0).round() as i64;
    list.as_array().unwrap().iter().map(of).collect()
}

#[tokio::test]
async fn a_whole_life_is_told_to_the_kopiyka() {
    let paper = Paper::lived().await;
    let give = |id, code| format!("update organization set edrpou = '{code}' where id = '{id}'");
    let owner = paper.town.served.stage.owner().await;
    owner.batch_execute(&give(paper.funder.partner.organization_id, "99000011")).await.unwrap();
    owner.batch_execute(&give(paper.town.receiver.partner.organization_id, "99000028")).await.unwrap();

    let package = paper.document(&paper.funder, OCDS).await;
    valid::open_contracting(&package);
    let release = &package["releases"][0];
    let own = node::Kind::FundingContract.id(paper.id).to_string();
    assert_eq!(release["ocid"], json!(format!("ocds-213czf-{own}")));
    assert_eq!(package["uri"], json!(paper.url(OCDS)));
    assert_eq!(release["tag"], json!(["contract", "contractAmendment", "implementation", "contractTermination"]));
    assert_eq!(release["parties"][0]["roles"], json!(["buyer", "procuringEntity", "funder", "payer"]));
    assert_eq!(
        release["parties"][1],
        json!({"id": "UA-EDR-99000028", "name": "Партнер", "roles": ["supplier", "payee"],
            "identifier": {"scheme": "UA-EDR", "id": "99000028", "legalName": "Партнер"}})
    );
    assert_eq!(release["buyer"]["id"], "UA-EDR-99000011");
    let tender = &release["tender"];
    assert_eq!((&tender["procurementMethod"], &tender["status"]), (&json!("open"), &json!("complete")));
    let details = "Надавача обрано: конкурсна комісія, Конкурсна комісія громади, рішення № 4, дата рішення 2024-12-10";
    assert_eq!(tender["procurementMethodDetails"], details);

    let (award, contract) = (&release["awards"][0], &release["contracts"][0]);
    assert_eq!(award["value"], json!({"amount": 34382.9, "currency": "UAH"}), "as it was signed");
    assert_eq!((&award["date"], &contract["awardID"]), (&json!("2024-12-10T00:00:00+02:00"), &award["id"]));
    assert_eq!(contract["value"], json!({"amount": 39999.6, "currency": "UAH"}), "as it is in force");
    assert_eq!((&contract["status"], &contract["dateSigned"]), (&json!("terminated"), &json!("2024-12-20T00:00:00+02:00")));
    let period = json!({"startDate": "2025-01-01T00:00:00+02:00", "endDate": "2025-06-30T23:59:59+03:00"});
    assert_eq!(contract["period"], period);
    let items = contract["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!((&items[0]["quantity"], &items[0]["unit"]["value"]["amount"]), (&json!(120), &json!(333.33)));
    let amendment = &contract["amendments"][0];
    assert_eq!((&amendment["date"], &amendment["rationale"]), (&json!("2025-05-01T00:00:00+03:00"), &json!("Більше звернень")));
    assert_eq!(amendment["description"], "Додаткова угода № 1 (сума): 39999.60 грн, строк до 2025-11-30");

    let done = &contract["implementation"];
    let amounts = kopiykas(&done["transactions"], "/value/amount");
    assert_eq!(amounts, [500_001, 309_996, 33_333, -33_333, 33_330]);
    assert_eq!(amounts.iter().sum::<i64>(), paper.whole(&paper.funder).await.row.paid_kop);
    assert_eq!(done["transactions"][3]["payee"]["id"], "UA-EDR-99000028");
    let milestones: Vec<_> = done["milestones"].as_array().unwrap().iter().map(|of| (&of["type"], &of["status"])).collect();
    let [delivery, payment] = [json!("delivery"), json!("payment")];
    let [partly, met, waits] = [json!("partiallyMet"), json!("met"), json!("scheduled")];
    assert_eq!(milestones, [(&delivery, &partly), (&delivery, &met), (&delivery, &waits), (&payment, &met)]);
    let first = &done["milestones"][0];
    assert_eq!(first["description"], "Заявлено 3433.29 грн, прийнято 3099.96 грн, сплачено 3099.96 грн");
    assert_eq!(
        (&first["dueDate"], &done["milestones"][3]["dateMet"]),
        (&json!("2025-01-31T23:59:59+02:00"), &json!("2025-01-14T00:00:00+02:00"))
    );

    let grants = paper.document(&paper.funder, GIVING).await;
    valid::giving(&grants);
    let grant = &grants["grants"][0];
    assert_eq!(grant["id"], json!(format!("360G-mistok-{own}")));
    assert_eq!((&grant["amountAwarded"], &grant["amountDisbursed"]), (&json!(39999.6), &json!(8433.27)));
    assert_eq!(kopiykas(&grant["disbursementTransaction"], "/value"), amounts);
    assert_eq!(grant["awardDate"], "2024-12-20");
    assert_eq!(grant["plannedDates"], json!([{"startDate": "2025-01-01", "endDate": "2025-12-31"}]));
    assert_eq!(grant["actualDates"], json!([{"startDate": "2025-01-01", "endDate": "2025-06-30"}]));
    assert_eq!(grant["recipientOrganization"][0]["id"], "UA-EDR-99000028");
    assert_eq!(grant["beneficiaryLocation"][0]["geoCode"], crate::town::KAZANKA);

    // The same for everybody, its own drafts included, and without what is not for others.
    let sides = [&paper.town.receiver, &paper.town.side(Kind::Ministry).await, &paper.town.side(Kind::Fund).await];
    for (ending, document) in [(OCDS, &package), (GIVING, &grants)] {
        for side in sides {
            assert_eq!(&paper.document(side, ending).await, document);
        }
        let text = document.to_string();
        for kept in [ACCOUNT, "2025-04", "Іваненко", "Не той рахунок", "null", "[]", "recorded"] {
            assert!(!text.contains(kept), "{kept}: {text}");
        }
    }
}

#[tokio::test]
async fn each_state_has_its_word() {
    let paper = Paper::draft().await;
    let db = paper.town.served.app.db().clone();
    let status = async || {
        let package = paper.document(&paper.town.receiver, OCDS).await;
        valid::open_contracting(&package);
        valid::giving(&paper.document(&paper.town.receiver, GIVING).await);
        let release = &package["releases"][0];
        (release["contracts"][0]["status"].clone(), release["tag"].as_array().unwrap().len())
    };
    assert_eq!(paper.gets(&paper.funder, OCDS).await.status, 404, "a draft binds nobody");
    paper.sign("2024-12-20").await;
    // Its only milestone is a tranche that waits.
    assert_eq!(status().await, (json!("pending"), 1));
    paper.activate().await;
    assert_eq!(status().await, (json!("active"), 1));
    let funder = paper.actor(&paper.funder).await;
    actions::suspend(&db, &funder, &ask(), paper.target().await, "Перевірка").await.unwrap();
    assert_eq!(status().await, (json!("active"), 1));
    actions::complete(&db, &funder, &ask(), paper.target().await, day("2025-12-31")).await.unwrap();
    assert_eq!(status().await, (json!("terminated"), 2));

    let cancelled = Paper::draft().await;
    let funder = cancelled.actor(&cancelled.funder).await;
    let db = cancelled.town.served.app.db().clone();
    actions::cancel(&db, &funder, &ask(), cancelled.target().await, "Помилка").await.unwrap();
    for ending in [OCDS, GIVING] {
        assert_eq!(cancelled.gets(&cancelled.funder, ending).await.status, 404, "nothing came of it");
    }
}

#[tokio::test]
async fn a_sole_proprietor_has_no_number() {
    let town = Town::new().await;
    let person = Register {
        kind: Kind::SoleProprietor,
        name: "ФОП Вигадана Оксана".into(),
        name_en: None,
        edrpou: None,
        tax_number: Some("0000100010".into()),
        territory: Some(crate::town::KAZANKA.into()),
        registry_number: None,
        contacts: Vec::new(),
    };
    let app = town.served.app.clone();
    let person = operator::register(app.db(), app.seal(), &person).await.unwrap().id;
    let paper = Paper::draft_for(town, person).await;
    paper.sign("2024-12").await;
    let (package, grants) = (paper.document(&paper.funder, OCDS).await, paper.document(&paper.funder, GIVING).await);
    valid::open_contracting(&package);
    valid::giving(&grants);
    for document in [&package, &grants] {
        let text = document.to_string();
        assert!(!text.contains("0000100010") && !text.contains("UA-EDR-"), "{text}");
        assert!(text.contains("ФОП Вигадана Оксана"));
    }
    let own = node::Kind::Organization.id(person).to_string();
    let party = &package["releases"][0]["parties"][1];
    assert_eq!((&party["id"], party.get("identifier")), (&json!(own), None));
    assert_eq!(grants["grants"][0]["recipientOrganization"][0]["id"], json!(format!("360G-mistok-ORG:{own}")));
    // Of the signature the month is known: no day for the one standard, the last one that it may be for the other.
    assert_eq!(package["releases"][0]["contracts"][0].get("dateSigned"), None);
    assert_eq!(grants["grants"][0]["awardDate"], "2024-12-31");
    assert!(grants["grants"][0]["description"].as_str().unwrap().ends_with("Дата підписання відома частково: 2024-12."));
}

#[tokio::test]
async fn a_contract_that_never_began_may_end() {
    let paper = Paper::draft().await;
    paper.sign("2024").await;
    let funder = paper.actor(&paper.funder).await;
    let end = Terminate { on: day("2024-12-01"), end_reason: ContractEndReason::FundingWithdrawn, note: None };
    let db = paper.town.served.app.db().clone();
    actions::terminate(&db, &funder, &ask(), paper.target().await, &end).await.unwrap();
    let (package, grants) = (paper.document(&paper.funder, OCDS).await, paper.document(&paper.funder, GIVING).await);
    valid::open_contracting(&package);
    valid::giving(&grants);
    assert_eq!(package["releases"][0]["tag"], json!(["contract", "contractTermination"]));
    assert_eq!(grants["grants"][0].get("actualDates"), None);
}
