//! A region's page and one reconciliation cost the same whether the country has a hundred contracts or ten thousand, counted in rows
//! that PostgreSQL touches under row-level security, with generic plans and statistics that mislead.

use super::{Deal, KAZANKA, MYKOLAIV, VINNYTSIA};
use crate::{plan::touched, stage::connect};
use mistok::{
    access::{Actor, Scopes},
    base::{
        page::{Ask, Window},
        words::{contract::ActStatus, organization::OrganizationKind as Kind},
    },
    contract::{
        list,
        model::{ActFilter, Filter, Viewer},
        store,
    },
};
use uuid::Uuid;

/// 51 keys, 51 rows and what belongs to them.
const MOST: i64 = 1_500;

/// Contracts of the Fund's branch with twelve acts each, of which one in a thousand waits; half of them in another region.
fn load(branch: Uuid, provider: Uuid, contracts: i64) -> String {
    let region = format!("case when g % 2 = 0 then '{MYKOLAIV}' else '{VINNYTSIA}' end");
    format!(
        "set session_replication_role = replica;
         insert into funding_contract (id, number, funder_id, of_fund, provider_id, territory_code, region_code, starts_on, status, signed_on, signed_at, active_from,
             ceiling_kop, accepted_kop, paid_kop, created_at, updated_at, version)
           select md5('c' || g)::uuid, 'к' || g, '{branch}', true, case when g % 100 = 0 then '{provider}'::uuid else gen_random_uuid() end, '{KAZANKA}', {region}, '2025-01-01', 'ACTIVE', '2025', timestamptz '2025-01-01' + g * interval '1 minute',
             '2025-01-01', 120000000, 0, 0, timestamptz '2025-01-01' + g * interval '1 minute', '2025-01-01', 1 from generate_series(1, {contracts}) g;
         insert into contract_terms (contract_id, number, id, effective_on, ends_on, amount_kop, lines_of, recorded_at)
           select md5('c' || g)::uuid, 0, gen_random_uuid(), '2025-01-01', '2025-12-31', 120000000, 0, '2025-01-01' from generate_series(1, {contracts}) g;
         insert into contract_line (id, contract_id, terms, place, budget_line, unit, planned_parts, unit_price_kop, amount_kop)
           select md5('l' || g)::uuid, md5('c' || g)::uuid, 0, 0, 'TEAM_PAY', 'місяць', 120000, 10000000, 120000000 from generate_series(1, {contracts}) g;
         insert into service_act (id, contract_id, provider_id, funder_id, of_fund, region_code, month, status, round, claimed_kop, accepted_kop, paid_kop, created_at,
             first_submitted_at, submitted_at, updated_at, version)
           select md5('a' || g || '.' || m)::uuid, md5('c' || g)::uuid, gen_random_uuid(), '{branch}', true, {region}, date '2025-01-01' + m * interval '1 month',
             case when (g * 12 + m) % 1000 = 6 then 'SUBMITTED' else 'PAID' end, 1, 10000000, case when (g * 12 + m) % 1000 = 6 then null else 10000000 end,
             case when (g * 12 + m) % 1000 = 6 then 0 else 10000000 end, '2025-01-01',
             timestamptz '2025-02-01' + m * interval '30 days' + g * interval '1 minute', '2025-02-01', '2025-02-01', 1
           from generate_series(1, {contracts}) g, generate_series(0, 11) m;
         insert into service_act_line (act_id, round, line_id, claimed_parts, claimed_kop)
           select md5('a' || g || '.' || m)::uuid, 1, md5('l' || g)::uuid, 10000, 10000000 from generate_series(1, {contracts}) g, generate_series(0, 11) m;
         insert into payment (id, contract_id, act_id, amount_kop, paid_on, reference, recorded_at)
           select gen_random_uuid(), md5('c' || g)::uuid, md5('a' || g || '.' || m)::uuid, 10000000, '2025-03-01', 'ПД-' || m, '2025-03-01'
           from generate_series(1, {contracts}) g, generate_series(0, 11) m;
         set session_replication_role = origin;
         analyze funding_contract; analyze service_act; analyze payment;
         update pg_class set relallvisible = 0 where relname in ('funding_contract', 'service_act', 'payment', 'service_act_line');"
    )
}

/// Rows touched by what each side asks for: the name, the rows, how many came.
async fn costs(deal: &Deal) -> Vec<(String, i64, usize)> {
    let db = deal.town.served.app.db();
    let window = Window::of(&Ask { first: Some(50), ..Ask::default() }, "").unwrap();
    let mut all = Vec::new();
    for (name, side, kind) in [
        ("branch", &deal.branch, Kind::FundBranch),
        ("fund", &deal.fund, Kind::Fund),
        ("ministry", &deal.ministry, Kind::Ministry),
        ("provider", deal.provider(), Kind::Ngo),
    ] {
        let organization_id = side.partner.organization_id;
        let scopes = Scopes::of_kind(kind);
        let actor = Actor {
            application_id: Uuid::nil(),
            organization_id,
            kind,
            scopes,
            purpose: None,
            acting_for: None,
            language: Default::default(),
        };
        let viewer = Viewer { organization_id, kind };
        let waiting = ActFilter { status: vec![ActStatus::Submitted], ..ActFilter::default() };
        for what in ["a page with its sums", "acts", "acts that wait", "one reconciliation"] {
            let reading = db.read(&actor).await.unwrap();
            let (link, before) = (reading.link(), touched(&reading).await);
            let rows = match what {
                "acts" => list::act_page(link, viewer, &ActFilter::default(), &window).await.unwrap().len(),
                "acts that wait" => list::act_page(link, viewer, &waiting, &window).await.unwrap().len(),
                "a page with its sums" => {
                    let rows = list::page(link, viewer, &Filter::default(), &window).await.unwrap();
                    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
                    store::terms(link, &ids).await.unwrap().len().min(rows.len())
                }
                _ => {
                    let id = list::page(link, viewer, &Filter::default(), &window).await.unwrap()[0].id;
                    let page = touched(&reading).await - before;
                    let whole = store::wholes(link, &[id]).await.unwrap().remove(0);
                    let acts: Vec<Uuid> = whole.acts.iter().map(|act| act.id).collect();
                    let lines = store::act_lines(link, &acts).await.unwrap().len();
                    store::payments(link, &[id]).await.unwrap();
                    let (first, last) = mistok::contract::terms::working_days(&whole.row, &whole.terms);
                    store::worked(link, &[(id, first, last)]).await.unwrap();
                    let cost = touched(&reading).await - before - page;
                    all.push((format!("{name}: {what}"), cost, lines));
                    reading.end().await.unwrap();
                    continue;
                }
            };
            all.push((format!("{name}: {what}"), touched(&reading).await - before, rows));
            reading.end().await.unwrap();
        }
    }
    all
}

#[tokio::test]
async fn ten_thousand_contracts_cost_what_a_hundred_do() {
    let deal = Deal::new().await;
    let client = connect(&deal.town.served.stage.superuser_url()).await;
    let (branch, provider) = (deal.branch.partner.organization_id, deal.provider().partner.organization_id);
    client.batch_execute(&load(branch, provider, 10_000)).await.unwrap();
    for (what, rows, came) in costs(&deal).await {
        assert!(rows <= MOST, "{what} touches {rows} rows for {came}");
        let found = if what.ends_with("reconciliation") {
            came >= 12 || what.starts_with("provider")
        } else {
            came > 5 || what.contains("provider: acts")
        };
        assert!(found, "{what} found {came}");
    }
}
