//! Questions about funding contracts and their acts.

use super::{
    act::{ServiceAct, ServiceActConnection},
    list,
    loader::{ActById, ContractById},
    object::{FundingContract, FundingContractConnection},
};
use crate::{
    base::words::contract::{ActStatus, ContractStatus},
    contract::{
        model as row,
        policy::{self, ContractAct},
    },
    graphql::{
        context::Session,
        directive::{fails, scope},
        loaders,
        node::{self, Kind},
        page::{self, FAULTS},
        scalars::{Date, Katottg, YearMonth},
    },
};
use async_graphql::{Context, ID, InputObject, Object, Result};
use std::sync::Arc;
use uuid::Uuid;

/// The contract of this id, as far as the caller may read it.
pub async fn find(ctx: &Context<'_>, id: Uuid) -> Result<Option<FundingContract>> {
    Ok(loaders::load(ctx, ContractById(id)).await?.and_then(|row| seen(ctx, row)))
}

/// A row, if the caller may read it.
pub fn seen(ctx: &Context<'_>, row: Arc<row::FundingContract>) -> Option<FundingContract> {
    let may = policy::may(Session::of(ctx).actor(), ContractAct::Read, &row).is_ok();
    may.then_some(FundingContract(row))
}

/// The act of this id, as far as the caller may read it.
pub async fn act(ctx: &Context<'_>, id: Uuid) -> Result<Option<ServiceAct>> {
    Ok(loaders::load(ctx, ActById(id)).await?.and_then(|row| seen_act(ctx, row)))
}

/// An act, if the caller may read it.
pub fn seen_act(ctx: &Context<'_>, row: Arc<row::Act>) -> Option<ServiceAct> {
    policy::may_read_act(Session::of(ctx).actor(), &row).then_some(ServiceAct(row))
}

/// Which funding contracts are wanted; what is not named does not matter (відбір договорів).
#[derive(Clone, Debug, Default, InputObject)]
pub struct FundingContractFilter {
    /// With one of these states (стан).
    status: Option<Vec<ContractStatus>>,
    /// With this provider (надавач).
    provider_id: Option<ID>,
    /// With this funder (фінансує).
    funder_id: Option<ID>,
    /// For this centre (центр).
    centre_id: Option<ID>,
    /// For this hromada, or for those of this region or raion (територія).
    territory: Option<Katottg>,
    /// Active on this day: activated, neither suspended nor ended, within the term (діють на дату).
    active_on: Option<Date>,
}

impl FundingContractFilter {
    /// What does not exist narrows to nothing, and tells nothing.
    fn plain(self) -> Option<row::Filter> {
        Some(row::Filter {
            status: self.status.unwrap_or_default(),
            provider_id: Kind::Organization.maybe(self.provider_id.as_ref(), "").ok()?,
            funder_id: Kind::Organization.maybe(self.funder_id.as_ref(), "").ok()?,
            centre_id: Kind::Centre.maybe(self.centre_id.as_ref(), "").ok()?,
            territory: self.territory.map(|code| code.0),
            active_on: self.active_on.map(|day| day.0),
        })
    }
}

/// Which acts are wanted; what is not named does not matter (відбір актів).
#[derive(Clone, Debug, Default, InputObject)]
pub struct ServiceActFilter {
    /// With one of these states; SUBMITTED: what waits for the funder's decision (стан).
    status: Option<Vec<ActStatus>>,
    /// Of this month (місяць).
    month: Option<YearMonth>,
    /// Under this contract (договір).
    contract_id: Option<ID>,
    /// Of this provider (надавач).
    provider_id: Option<ID>,
    /// Of contracts for this hromada, or for those of this region or raion (територія).
    territory: Option<Katottg>,
}

impl ServiceActFilter {
    fn plain(self) -> Option<row::ActFilter> {
        Some(row::ActFilter {
            status: self.status.unwrap_or_default(),
            month: self.month.map(|month| month.first_day()),
            contract_id: Kind::FundingContract.maybe(self.contract_id.as_ref(), "").ok()?,
            provider_id: Kind::Organization.maybe(self.provider_id.as_ref(), "").ok()?,
            territory: self.territory.map(|code| code.0),
        })
    }
}

/// Questions about funding contracts.
#[derive(Default)]
pub struct ContractQuery;

#[Object]
impl ContractQuery {
    /// A funding contract by its id; null where the caller neither is a side of it nor oversees it (договір).
    #[graphql(directive = scope::apply("contracts:read".to_owned()))]
    async fn funding_contract(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the contract.")] id: ID,
    ) -> Result<Option<FundingContract>> {
        match node::open(&id) {
            Some((Kind::FundingContract, key)) => find(ctx, key).await,
            _ => Ok(None),
        }
    }

    /// Funding contracts: one's own as provider or funder; for a branch of the Fund those of its region, for the Fund all of the Fund's, for who oversees all. Newest first (договори).
    #[graphql(directive = scope::apply("contracts:read".to_owned()), directive = fails::apply(FAULTS.to_vec()))]
    async fn funding_contracts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<FundingContractFilter>,
        #[graphql(desc = "Items from the beginning, 1 to 100; exactly one of first and last.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor before which the page ends.")] before: Option<String>,
    ) -> Result<FundingContractConnection> {
        let name = format!("contracts {filter:?}");
        list::page(ctx, filter.unwrap_or_default().plain(), &name, &page::ask(first, after, last, before)).await
    }

    /// An act of services by its id; null where the caller may not know of it: a draft is its provider's alone (акт).
    #[graphql(directive = scope::apply("contracts:read".to_owned()))]
    async fn service_act(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the act.")] id: ID,
    ) -> Result<Option<ServiceAct>> {
        match node::open(&id) {
            Some((Kind::ServiceAct, key)) => act(ctx, key).await,
            _ => Ok(None),
        }
    }

    /// Acts of services under the contracts that the caller may read; the funder's side sees them from their first submission on. Newest first (акти).
    #[graphql(directive = scope::apply("contracts:read".to_owned()), directive = fails::apply(FAULTS.to_vec()))]
    async fn service_acts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<ServiceActFilter>,
        #[graphql(desc = "Items from the beginning, 1 to 100; exactly one of first and last.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor before which the page ends.")] before: Option<String>,
    ) -> Result<ServiceActConnection> {
        let name = format!("acts {filter:?}");
        list::acts(ctx, filter.unwrap_or_default().plain(), &name, &page::ask(first, after, last, before)).await
    }
}
