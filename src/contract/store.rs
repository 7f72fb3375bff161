//! All SQL of the slice.

use super::{
    claim::{self, Claimed},
    model::*,
    payout::{self, Purpose},
    policy::ContractAct,
};
use crate::{
    access::Permit,
    activity::rules::{GROUP_WORK, service_of},
    base::{
        Error, Refusal, Result,
        error::UserErrorCode,
        words::{
            activity::{ActivityKind, Programme},
            contract::ActStatus,
        },
    },
    db::{
        Link, Tx, fault,
        schema::{
            contract_event, contract_line, contract_terms, funding_contract, payment, service_act, service_act_line, tranche,
        },
        sql::{Keep, Sql},
    },
    service,
};
use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Date, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use std::collections::HashMap;
use uuid::Uuid;

pub async fn find(mut link: &Link, ids: &[Uuid]) -> Result<Vec<FundingContract>> {
    let rows = funding_contract::table.filter(funding_contract::id.eq_any(ids));
    Ok(rows.select(FundingContract::as_select()).load(&mut link).await?)
}

/// What is in force from which day, of several contracts, each in its order.
pub async fn terms(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Terms>> {
    let rows = contract_terms::table.filter(contract_terms::contract_id.eq_any(ids));
    let order = (contract_terms::contract_id, contract_terms::number);
    Ok(rows.order(order).select(Terms::as_select()).load(&mut link).await?)
}

/// The lines of all terms, in their order.
pub async fn lines(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Line>> {
    let rows = contract_line::table.filter(contract_line::contract_id.eq_any(ids));
    let order = (contract_line::contract_id, contract_line::terms, contract_line::place);
    Ok(rows.order(order).select(Line::as_select()).load(&mut link).await?)
}

/// Lines by their ids.
pub async fn find_lines(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Line>> {
    Ok(contract_line::table.filter(contract_line::id.eq_any(ids)).select(Line::as_select()).load(&mut link).await?)
}

/// The tranches of all terms, by the day on which they are due.
pub async fn tranches(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Tranche>> {
    let rows = tranche::table.filter(tranche::contract_id.eq_any(ids));
    Ok(rows.order((tranche::contract_id, tranche::due_on, tranche::id)).select(Tranche::as_select()).load(&mut link).await?)
}

pub async fn find_tranches(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Tranche>> {
    Ok(tranche::table.filter(tranche::id.eq_any(ids)).select(Tranche::as_select()).load(&mut link).await?)
}

/// The acts of several contracts that the caller may see, month after month.
pub async fn acts(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Act>> {
    let rows = service_act::table.filter(service_act::contract_id.eq_any(ids));
    Ok(rows.order((service_act::contract_id, service_act::month)).select(Act::as_select()).load(&mut link).await?)
}

pub async fn find_acts(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Act>> {
    Ok(service_act::table.filter(service_act::id.eq_any(ids)).select(Act::as_select()).load(&mut link).await?)
}

/// The lines of the last round of several acts, as they stand in the contract.
pub async fn act_lines(mut link: &Link, ids: &[Uuid]) -> Result<Vec<ActLine>> {
    let rows = service_act_line::table
        .inner_join(
            service_act::table
                .on(service_act::id.eq(service_act_line::act_id).and(service_act::round.eq(service_act_line::round))),
        )
        .inner_join(contract_line::table.on(contract_line::id.eq(service_act_line::line_id)))
        // Named on both sides: each is found by its key, whatever the planner believes of the other.
        .filter(service_act_line::act_id.eq_any(ids))
        .filter(service_act::id.eq_any(ids));
    Ok(rows.order((service_act_line::act_id, contract_line::place)).select(ActLine::as_select()).load(&mut link).await?)
}

/// Payments and reversals of several contracts, as they were recorded.
pub async fn payments(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Payment>> {
    let rows = payment::table.filter(payment::contract_id.eq_any(ids));
    Ok(rows
        .order((payment::contract_id, payment::recorded_at, payment::id))
        .select(Payment::as_select())
        .load(&mut link)
        .await?)
}

pub async fn find_payments(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Payment>> {
    Ok(payment::table.filter(payment::id.eq_any(ids)).select(Payment::as_select()).load(&mut link).await?)
}

/// Whether a payment was taken back.
pub async fn is_reversed(tx: &Tx, id: Uuid) -> Result<bool> {
    let reversal = payment::table.filter(payment::reverses_id.eq(id)).select(payment::id);
    Ok(reversal.first::<Uuid>(&mut tx.link()).await.optional()?.is_some())
}

/// What has happened to several contracts, oldest first.
pub async fn events(mut link: &Link, ids: &[Uuid]) -> Result<Vec<Event>> {
    let rows = contract_event::table.filter(contract_event::contract_id.eq_any(ids));
    let order = (contract_event::contract_id, contract_event::at, contract_event::id);
    Ok(rows.order(order).select(Event::as_select()).load(&mut link).await?)
}

/// Contracts with all that decides about them.
pub async fn wholes(link: &Link, ids: &[Uuid]) -> Result<Vec<Whole>> {
    let mut terms = of_each(terms(link, ids).await?, |row| row.contract_id);
    let mut lines = of_each(lines(link, ids).await?, |row| row.contract_id);
    let mut tranches = of_each(tranches(link, ids).await?, |row| row.contract_id);
    let mut acts = of_each(acts(link, ids).await?, |row| row.contract_id);
    let whole = |row: FundingContract| {
        let id = row.id;
        Whole {
            row,
            terms: terms.remove(&id).unwrap_or_default(),
            lines: lines.remove(&id).unwrap_or_default(),
            tranches: tranches.remove(&id).unwrap_or_default(),
            acts: acts.remove(&id).unwrap_or_default(),
        }
    };
    Ok(find(link, ids).await?.into_iter().map(whole).collect())
}

/// Rows by the contract to which they belong, in their order.
fn of_each<T>(rows: Vec<T>, contract: impl Fn(&T) -> Uuid) -> HashMap<Uuid, Vec<T>> {
    let mut of: HashMap<Uuid, Vec<T>> = HashMap::new();
    for row in rows {
        of.entry(contract(&row)).or_default().push(row);
    }
    of
}

/// The contract for a step of it, of a tranche or of an act, held until the end of the transaction: its steps come one after the other.
pub async fn lock(tx: &Tx, id: Uuid) -> Result<Option<Whole>> {
    let held = funding_contract::table.find(id).select(funding_contract::id).for_update().first::<Uuid>(&mut tx.link()).await;
    match held.optional()? {
        Some(id) => Ok(wholes(tx.link(), &[id]).await?.pop()),
        None => Ok(None),
    }
}

/// Who learns of a contract besides its two parties: who oversees, and of the Fund's contracts its central body and the branch of the region.
pub async fn overseers(mut link: &Link, row: &FundingContract) -> Result<Vec<Uuid>> {
    #[derive(QueryableByName)]
    struct Told {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let told = Sql::new(
        "select o.id from organization o left join territory t on t.code = o.territory_code where o.kind in ('MINISTRY', 'OVERSIGHT_BODY')",
    );
    let told = match row.of_fund {
        true => told.then(" or o.kind = 'FUND' or o.kind = 'FUND_BRANCH' and t.region_code = ").word(&row.region_code),
        false => told,
    };
    Ok(told.load::<Told>(&mut link).await?.into_iter().map(|told| told.id).collect())
}

#[derive(QueryableByName)]
struct Shown {
    #[diesel(sql_type = SqlUuid)]
    contract_id: Uuid,
    #[diesel(sql_type = Date)]
    month: NaiveDate,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    service_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    programme: Option<String>,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

/// What records show of contracts' places from a day to a day; for others than the two sides the database shows nothing.
pub async fn worked(mut link: &Link, asked: &[(Uuid, NaiveDate, NaiveDate)]) -> Result<Vec<Worked>> {
    let shown = diesel::sql_query("select * from mistok.contract_work($1, $2, $3)")
        .bind::<Array<SqlUuid>, _>(asked.iter().map(|of| of.0).collect::<Vec<_>>())
        .bind::<Array<Date>, _>(asked.iter().map(|of| of.1).collect::<Vec<_>>())
        .bind::<Array<Date>, _>(asked.iter().map(|of| of.2).collect::<Vec<_>>());
    let shown: Vec<Shown> = shown.load(&mut link).await?;
    let codes: HashMap<String, Uuid> = match shown.iter().any(|row| row.kind.is_some()) {
        true => service::store::list(link).await?.into_iter().map(|service| (service.code, service.id)).collect(),
        false => HashMap::new(),
    };
    let worked = |row: Shown| {
        let service_id = match (row.service_id, row.kind) {
            (Some(id), _) => id,
            // Of group work the attendances count as services, by the kind of the work.
            (None, Some(kind)) if GROUP_WORK.contains(&kind.as_str()) => {
                let programme = row.programme.as_deref().and_then(Programme::of);
                *codes.get(service_of(ActivityKind::of(&kind)?, programme))?
            }
            (None, _) => return None,
        };
        Some(Worked { contract_id: row.contract_id, month: row.month, service_id, quantity: row.quantity })
    };
    Ok(shown.into_iter().filter_map(worked).collect())
}

pub async fn insert(tx: &Tx, permit: &Permit<ContractAct>, new: &Whole, event: &Event) -> Result<()> {
    debug_assert_eq!(permit.object_id(), new.row.id);
    let done = diesel::insert_into(funding_contract::table).values(&new.row).execute(&mut tx.link()).await;
    done.map_err(|broken| match fault::broken(&broken) {
        Some("funding_contract_number_is_unique") => {
            Refusal::new(UserErrorCode::Duplicate, "number", "Your organisation has a contract with this number already.")
                .into()
        }
        _ => Error::from(broken),
    })?;
    diesel::insert_into(contract_terms::table).values(&new.terms).execute(&mut tx.link()).await?;
    diesel::insert_into(contract_line::table).values(&new.lines).execute(&mut tx.link()).await?;
    diesel::insert_into(tranche::table).values(&new.tranches).execute(&mut tx.link()).await?;
    diesel::insert_into(contract_event::table).values(event).execute(&mut tx.link()).await?;
    Ok(())
}

/// Writes the row of a contract under the permit: its version grows.
pub async fn apply(
    tx: &Tx,
    permit: &Permit<ContractAct>,
    before: &FundingContract,
    after: &FundingContract,
) -> Result<FundingContract> {
    use funding_contract::*;
    let row = FundingContract { version: before.version + 1, updated_at: tx.now(), ..after.clone() };
    let unchanged = table.filter(id.eq(permit.object_id())).filter(version.eq(before.version));
    let changed = (
        (status.eq(row.status), signed_on.eq(&row.signed_on), signed_at.eq(row.signed_at), active_from.eq(row.active_from)),
        (ended_on.eq(row.ended_on), end_reason.eq(row.end_reason)),
        (ceiling_kop.eq(row.ceiling_kop), accepted_kop.eq(row.accepted_kop), paid_kop.eq(row.paid_kop)),
        (updated_at.eq(row.updated_at), version.eq(row.version)),
    );
    match diesel::update(unchanged).set(changed).kept().execute(&mut tx.link()).await? {
        1 => Ok(row),
        _ => Err(Error::conflict()),
    }
}

/// New terms with their lines, and what becomes of the tranches.
pub async fn amend(tx: &Tx, permit: &Permit<ContractAct>, new: &super::rules::Amended) -> Result<()> {
    debug_assert_eq!(permit.act(), ContractAct::Amend);
    let done = diesel::insert_into(contract_terms::table).values(&new.terms).execute(&mut tx.link()).await;
    done.map_err(|broken| match fault::broken(&broken) {
        Some("contract_terms_document_is_unique") => {
            Refusal::new(UserErrorCode::Duplicate, "number", "This contract has an amendment with this number already.").into()
        }
        _ => Error::from(broken),
    })?;
    diesel::insert_into(contract_line::table).values(&new.lines).execute(&mut tx.link()).await?;
    for gone in &new.gone {
        move_tranche(tx, permit, gone).await?;
    }
    diesel::insert_into(tranche::table).values(&new.tranches).execute(&mut tx.link()).await?;
    Ok(())
}

/// Writes what may change of a tranche.
pub async fn move_tranche(tx: &Tx, permit: &Permit<ContractAct>, row: &Tranche) -> Result<()> {
    use tranche::*;
    let moved = (until_terms.eq(row.until_terms), status.eq(row.status), paid_kop.eq(row.paid_kop));
    match diesel::update(table.find(row.id).filter(contract_id.eq(permit.object_id())))
        .set(moved)
        .kept()
        .execute(&mut tx.link())
        .await?
    {
        1 => Ok(()),
        _ => Err(Error::conflict()),
    }
}

pub async fn insert_act(tx: &Tx, permit: &Permit<ContractAct>, new: &Claimed) -> Result<()> {
    debug_assert_eq!(permit.object_id(), new.act.contract_id);
    let done = diesel::insert_into(service_act::table).values(&new.act).execute(&mut tx.link()).await;
    done.map_err(|broken| match fault::broken(&broken) {
        Some("service_act_is_one_a_month") => claim::exists().into(),
        _ => Error::from(broken),
    })?;
    diesel::insert_into(service_act_line::table).values(&new.lines).execute(&mut tx.link()).await?;
    Ok(())
}

/// Writes what may change of an act, and its lines: those of a new round, or what was accepted of the last one.
pub async fn move_act(tx: &Tx, permit: &Permit<ContractAct>, before: &Act, after: &Claimed) -> Result<()> {
    use service_act::*;
    let row = &after.act;
    let own = table.filter(id.eq(before.id)).filter(contract_id.eq(permit.object_id()));
    let unchanged = own.filter(version.eq(before.version));
    let moved = (
        (status.eq(row.status), round.eq(row.round), claimed_kop.eq(row.claimed_kop), accepted_kop.eq(row.accepted_kop)),
        (paid_kop.eq(row.paid_kop), first_submitted_at.eq(row.first_submitted_at), submitted_at.eq(row.submitted_at)),
        (decided_at.eq(row.decided_at), return_reason.eq(&row.return_reason), note.eq(&row.note)),
        (updated_at.eq(row.updated_at), version.eq(row.version)),
    );
    if diesel::update(unchanged).set(moved).kept().execute(&mut tx.link()).await? != 1 {
        return Err(Error::conflict());
    }
    if row.round != before.round {
        diesel::insert_into(service_act_line::table).values(&after.lines).execute(&mut tx.link()).await?;
    } else if row.status == ActStatus::Accepted && before.status == ActStatus::Submitted {
        for line in &after.lines {
            use service_act_line as of;
            let accepted = (of::accepted_parts.eq(line.accepted_parts), of::accepted_kop.eq(line.accepted_kop));
            let row = of::table.find((line.act_id, line.round, line.line_id));
            diesel::update(row).set(accepted).kept().execute(&mut tx.link()).await?;
        }
    }
    Ok(())
}

/// A payment or a reversal, and how what it is for stands after it.
pub async fn pay(tx: &Tx, permit: &Permit<ContractAct>, paid: &payout::Paid) -> Result<()> {
    let done = diesel::insert_into(payment::table).values(&paid.payment).execute(&mut tx.link()).await;
    done.map_err(|broken| match fault::broken(&broken) {
        Some("payment_reference_is_unique") => {
            Refusal::new(UserErrorCode::Duplicate, "reference", "This contract has a payment with this reference already.")
                .into()
        }
        Some("payment_is_reversed_once") => payout::already_reversed().into(),
        _ => Error::from(broken),
    })?;
    match &paid.purpose {
        Purpose::Tranche(tranche) => move_tranche(tx, permit, tranche).await,
        Purpose::Act(act) => {
            let before = Act { version: act.version - 1, ..act.clone() };
            move_act(tx, permit, &before, &Claimed { act: act.clone(), lines: Vec::new() }).await
        }
    }
}

pub async fn note(tx: &Tx, permit: &Permit<ContractAct>, event: &Event) -> Result<()> {
    debug_assert_eq!(permit.organization_id(), event.organization_id);
    diesel::insert_into(contract_event::table).values(event).execute(&mut tx.link()).await?;
    Ok(())
}
