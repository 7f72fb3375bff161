//! Sums of funding contracts, acts and payments: they count no people, and everybody may ask for them live.

use super::{
    model::{Funded, Funding, Question},
    tally,
};
use crate::{
    base::{Result, words::indicator::Dimension},
    db::{Link, sql::Sql},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// What contracts of the Fund tell of a period or of its last day, told apart by the dimensions of a question; of one provider's own
/// alone where it is named, with those of its other funders.
pub async fn sums(mut link: &Link, question: &Question, figure: Funding, own: Option<Uuid>) -> Result<Vec<Funded>> {
    let (amount, from) = match figure {
        Funding::Contracts => ("t.contracts", "mistok.contracts_in_force("),
        Funding::Contracted => ("t.amount_kop", "mistok.contracts_in_force("),
        Funding::Paid => ("t.amount_kop", "mistok.payments_made("),
        Funding::Accepted => ("t.amount_kop", "mistok.acts_accepted("),
    };
    let mut sql =
        Sql::new("select first, second, third, least(sum(amount), 9000000000000000000)::bigint as amount from (select ")
            .then(amount)
            .then(" as amount");
    for (place, name) in [" as first", " as second", " as third"].into_iter().enumerate() {
        sql = sql.then(", ").then(question.by.get(place).map_or("null::text", |by: &Dimension| tally::key(*by))).then(name);
    }
    sql = sql.then(" from ").then(from);
    if matches!(figure, Funding::Paid | Funding::Accepted) {
        sql = sql.day(question.span.from).then(", ");
    }
    sql = sql.day(question.span.to).then(if own.is_some() { ", true" } else { ", false" });
    sql = sql.then(") t join territory h on h.code = t.territory_code where true");
    for provider in [question.provider_id, own].into_iter().flatten() {
        sql = sql.then(" and t.organization_id = ").uuid(provider);
    }
    if let Some(centre) = question.centre_id {
        sql = sql.then(" and t.centre_id = ").uuid(centre);
    }
    if let Some(territory) = &question.territory {
        sql = sql.then(" and ").word(&territory.code).then(" = any(h.ancestors)");
    }
    Ok(sql.then(") e group by 1, 2, 3 having sum(amount) <> 0").load(&mut link).await?)
}
