//! The two addresses: who gets what, and how it is kept.

use super::{Paper, ask, day};
use crate::served::{Answer, scopes};
use mistok::{access::Scope, base::words::organization::OrganizationKind as Kind, contract::actions, graphql::node};
use serde_json::json;

const ENDINGS: [&str; 2] = [".ocds.json", ".360giving.json"];

#[tokio::test]
async fn who_may_read_a_contract_gets_its_documents() {
    let paper = Paper::draft().await;
    let (http, town) = (&paper.town.served.http, &paper.town);
    let (fund, ministry) = (town.side(Kind::Fund).await, town.side(Kind::Ministry).await);
    let oversight = town.side(Kind::OversightBody).await;
    // A branch of another region, and one that may read no contracts.
    let elsewhere = town.side(Kind::FundBranch).await;
    let away = format!(
        "update organization set territory_code = (select code from territory where level = 'REGION' and code <> (select region_code from territory where code = '{}') limit 1) where id = '{}'",
        crate::town::KAZANKA,
        elsewhere.partner.organization_id
    );
    town.served.stage.owner().await.batch_execute(&away).await.unwrap();
    let narrow = town.served.partner_with(Kind::Ministry, scopes(&[Scope::AnalyticsRead])).await;
    let narrow = town.served.token(&narrow).await;
    let missing = Answer::of(
        http.get(paper.url(".ocds.json").replace("/contracts/", "/contracts/x")).bearer_auth(&fund.token).send().await.unwrap(),
    )
    .await;
    assert_eq!(missing.status, 404);

    for ending in ENDINGS {
        for side in [&town.receiver, &town.stranger, &paper.funder, &fund, &ministry] {
            let answer = paper.gets(side, ending).await;
            assert_eq!((answer.status, &answer.text), (404, &missing.text), "a draft");
        }
    }
    paper.sign("2024-12-20").await;
    for ending in ENDINGS {
        for side in [&paper.funder, &fund, &town.receiver, &ministry, &oversight] {
            assert_eq!(paper.gets(side, ending).await.status, 200);
        }
        for side in [&town.stranger, &town.sender, &elsewhere] {
            let answer = paper.gets(side, ending).await;
            assert_eq!((answer.status, &answer.text), (404, &missing.text));
        }
        // Who may read none is told so, also of what is not there.
        for url in [paper.url(ending), paper.url(ending).replace("/contracts/", "/contracts/x")] {
            let answer = Answer::of(http.get(&url).bearer_auth(&narrow).send().await.unwrap()).await;
            assert_eq!((answer.status, answer.code()), (403, "FORBIDDEN"));
            assert!(answer.header("www-authenticate").contains("contracts:read"), "{answer:?}");
        }
        for asked in [http.get(paper.url(ending)), http.get(paper.url(ending)).bearer_auth("x")] {
            let answer = Answer::of(asked.send().await.unwrap()).await;
            assert_eq!((answer.status, answer.code()), (401, "UNAUTHENTICATED"));
        }
    }
    for name in [".json", "", "/x.ocds.json"] {
        assert_eq!(paper.gets(&paper.funder, name).await.text, missing.text, "{name:?}");
    }
    let other = node::Kind::Memorandum.id(paper.id);
    let url = format!("{}/contracts/{}.ocds.json", town.served.url, *other);
    assert_eq!(Answer::of(http.get(url).bearer_auth(&fund.token).send().await.unwrap()).await.text, missing.text);
}

#[tokio::test]
async fn a_document_is_kept_as_long_as_it_is_the_same() {
    let paper = Paper::draft().await;
    paper.sign("2024-12-20").await;
    let (http, token) = (&paper.town.served.http, &paper.funder.token);
    for ending in ENDINGS {
        let url = paper.url(ending);
        let answer = paper.gets(&paper.funder, ending).await;
        let (tag, id) = (answer.header("etag").to_owned(), node::Kind::FundingContract.id(paper.id));
        assert!(tag.len() == 34 && tag.starts_with('"'), "{tag}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        assert!(answer.headers.get_all("vary").iter().any(|by| by.to_str().unwrap().contains("Authorization")), "{answer:?}");
        assert_eq!(answer.header("content-disposition"), format!("inline; filename=\"{}{ending}\"", *id));
        assert_eq!(paper.gets(&paper.town.receiver, ending).await.header("etag"), tag);

        let known = async |tag: &str| {
            let asked = http.get(&url).bearer_auth(token).header("if-none-match", tag);
            Answer::of(asked.send().await.unwrap()).await
        };
        for tag in [tag.clone(), format!("\"x\", {tag}"), format!("W/{tag}")] {
            let answer = known(&tag).await;
            assert_eq!((answer.status, answer.text.as_str(), answer.header("etag")), (304, "", tag_of(&tag)));
        }
        assert_eq!(known("\"x\"").await.status, 200);
        let head = Answer::of(http.head(&url).bearer_auth(token).send().await.unwrap()).await;
        assert_eq!((head.status, head.text.as_str(), head.header("etag")), (200, "", tag.as_str()));
        assert_eq!(http.head(&url).send().await.unwrap().status(), 401);
        for asked in [http.post(&url), http.put(&url), http.delete(&url), http.patch(&url)] {
            let answer = Answer::of(asked.bearer_auth(token).send().await.unwrap()).await;
            assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"));
            assert_eq!(answer.body, json!({"error": "method_not_allowed"}));
        }

        if ending == ENDINGS[0] {
            paper.activate().await;
        } else {
            let (funder, target) = (paper.actor(&paper.funder).await, paper.target().await);
            actions::complete(paper.town.served.app.db(), &funder, &ask(), target, day("2025-12-31")).await.unwrap();
        }
        let changed = known(&tag).await;
        assert_eq!(changed.status, 200, "another state is another document");
        assert_ne!(changed.header("etag"), tag);
    }
}

/// The strong tag within what was asked.
fn tag_of(asked: &str) -> &str {
    asked.rsplit([' ', '/']).next().unwrap()
}
