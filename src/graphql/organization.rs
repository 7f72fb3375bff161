//! Organisations, their contacts and what they offer.

use super::{
    centre::{self, CentreConnection},
    context::Session,
    directive::{emits, fails, scope},
    error::Outcome,
    loaders::{Loader, Loaders, keyed, list, load, present},
    memorandum::{self, MemorandumConnection},
    node::Kind,
    offering::{OfferingsOf, ServiceOffering},
    page::{COUNTED, FAULTS, ask},
    scalars::{Date, Edrpou, Katottg},
    sight,
    territory::Territory,
};
use crate::{
    base::{
        page::Window,
        words::{
            change::ChangeType,
            organization::{Capacity, ContactChannel, OrganizationKind},
        },
    },
    centre::model::Of,
    memorandum::model as memorandum_row,
    offering::model::believed_since,
    organization::{actions, model as row, store},
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// An organisation: a provider of social services, an authority, the Fund, the Ministry, a partner (організація).
#[derive(Clone)]
pub struct Organization(Arc<row::Organization>);

/// A way to reach an institution, never a person (контакт).
#[derive(Clone, SimpleObject)]
pub struct ContactPoint {
    /// Which way (спосіб).
    channel: ContactChannel,
    /// The number, address or name there; a telephone number as +380XXXXXXXXX (значення).
    value: String,
    /// When somebody answers (години).
    hours: Option<String>,
}

impl From<row::Contact> for ContactPoint {
    fn from(row: row::Contact) -> Self {
        Self { channel: row.channel, value: row.value, hours: row.hours }
    }
}

impl From<Arc<row::Organization>> for Organization {
    fn from(row: Arc<row::Organization>) -> Self {
        Self(row)
    }
}

impl From<row::Organization> for Organization {
    fn from(row: row::Organization) -> Self {
        Self(Arc::new(row))
    }
}

impl Organization {
    /// By the id to which another row points.
    pub async fn load(ctx: &Context<'_>, id: Uuid) -> Result<Self> {
        Ok(Self(present(load(ctx, OrganizationById(id)).await?)?))
    }
}

/// The organisation of a global id, for `node`.
pub async fn node(ctx: &Context<'_>, key: Uuid) -> Result<Option<Organization>> {
    Ok(load(ctx, OrganizationById(key)).await?.map(Organization))
}

/// An organisation by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OrganizationById(pub Uuid);

impl Loader<OrganizationById> for Loaders {
    type Value = Arc<row::Organization>;

    fn kept(&self, key: &OrganizationById) -> Option<Self::Value> {
        self.session.organization(key.0)
    }

    async fn load(&self, keys: &[OrganizationById]) -> Result<HashMap<OrganizationById, Self::Value>> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let read = store::find_as_of(self.session.reading().await?.link(), &ids).await?;
        let edition = read.edition;
        let found = keyed(self.session.rows(read), |row| row.id);
        if let Some(edition) = edition {
            self.session.reference().keep_organizations(&found, edition);
        }
        Ok(found.into_iter().map(|(id, row)| (OrganizationById(id), row)).collect())
    }
}

/// An organisation: a provider of social services, an authority, the Fund, the Ministry, a partner (організація).
#[Object]
impl Organization {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        Kind::Organization.id(self.0.id)
    }

    /// Its kind; it decides which scopes its applications may hold (вид організації).
    async fn kind(&self) -> OrganizationKind {
        self.0.kind
    }

    /// Its name in Ukrainian (назва).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its name in English (назва англійською).
    async fn name_en(&self) -> Option<&str> {
        self.0.name_en.as_deref()
    }

    /// Its code in the state register of enterprises; a sole proprietor has none (код ЄДРПОУ).
    async fn edrpou(&self) -> Option<Edrpou> {
        self.0.edrpou.clone().map(Edrpou)
    }

    /// Its number in the register of providers and recipients of social services (номер у Реєстрі надавачів).
    async fn registry_number(&self) -> Option<&str> {
        self.0.registry_number.as_deref()
    }

    /// Whether it works: no referrals go to one that does not (діє).
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Grows with each change; give it back as `expectedVersion` (версія).
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Ways to reach the institution, never a person (контакти).
    async fn contacts(&self) -> Vec<ContactPoint> {
        self.0.contacts.list().into_iter().map(ContactPoint::from).collect()
    }

    /// Where it stands, and the area that it serves where an offering names none (територія).
    async fn territory(&self, ctx: &Context<'_>) -> Result<Option<Territory>> {
        match &self.0.territory_code {
            Some(code) => Territory::load(ctx, code).await.map(Some),
            None => Ok(None),
        }
    }

    /// What it offers where, and whether it can take people now (послуги).
    async fn offerings(&self, ctx: &Context<'_>) -> Result<Vec<ServiceOffering>> {
        let now = Session::of(ctx).reading().await?.now();
        let rows = list(ctx, OfferingsOf(self.0.id)).await?;
        Ok(rows.into_iter().map(|row| ServiceOffering::at(row, now)).collect())
    }

    /// Centres of which it is the provider, newest first (центри життєстійкості).
    #[graphql(directive = fails::apply(FAULTS.to_vec()))]
    async fn centres(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "From after this cursor on.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Up to before this cursor.")] before: Option<String>,
    ) -> Result<CentreConnection> {
        centre::of_owner(ctx, Of::Provider(self.0.id), &ask(first, after, last, before)).await
    }

    /// Memoranda of which it is a party, as far as the viewer may see them, newest first; null without the scope memoranda:read (меморандуми).
    #[graphql(directive = fails::apply(FAULTS.to_vec()))]
    #[allow(clippy::too_many_arguments)]
    async fn memoranda(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "From after this cursor on.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Up to before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those in force on this day.")] in_force_on: Option<Date>,
    ) -> Result<Option<MemorandumConnection>> {
        let (of, day) = (memorandum_row::Of::Organization(self.0.id), in_force_on.map(|day| day.0));
        memorandum::of_owner(ctx, of, day, &ask(first, after, last, before)).await
    }
}

connection!(
    Organization,
    OrganizationConnection,
    OrganizationEdge,
    "A page of organisations, newest first (сторінка переліку організацій)."
);
payload!(OrganizationPayload, organization: Organization, "What became of a change of an organisation or its offerings (результат зміни організації).");

impl OrganizationPayload {
    /// The organisation read anew, or why nothing was changed.
    pub async fn of(ctx: &Context<'_>, outcome: Outcome) -> Result<Self> {
        Ok(match outcome {
            Outcome::Done(done) => Self::done(Some(Organization::load(ctx, done.id).await?), done.replayed),
            Outcome::Refused(errors) => Self::refused(errors),
        })
    }
}

/// Which organisations are wanted; what is not named does not matter (відбір організацій).
#[derive(Clone, Debug, Default, InputObject)]
pub struct OrganizationFilter {
    /// Kinds; null or empty: all (види).
    pub kind: Option<Vec<OrganizationKind>>,
    /// It stands in this territory or below (територія).
    pub territory: Option<Katottg>,
    /// Words of the names or the EDRPOU, in any order; case, apostrophes and hyphens do not matter (пошук).
    pub search: Option<String>,
    /// It offers the service with this code. With the next two: one offering must fit all that is named (надає послугу).
    pub offers_service: Option<String>,
    /// It serves this territory; for a region or raion: at least a part of it (обслуговує територію).
    pub serves_territory: Option<Katottg>,
    /// Whether it can take people, what was told more than 14 days ago counting as UNKNOWN; null or empty: anyhow (наявність місць).
    pub capacity: Option<Vec<Capacity>>,
}

impl From<OrganizationFilter> for row::Filter {
    fn from(filter: OrganizationFilter) -> Self {
        Self {
            kind: filter.kind.unwrap_or_default(),
            territory: filter.territory.map(|code| code.0),
            search: filter.search,
            offers_service: filter.offers_service,
            serves_territory: filter.serves_territory.map(|code| code.0),
            capacity: filter.capacity.unwrap_or_default(),
            ..Self::default()
        }
    }
}

/// Queries about organisations.
#[derive(Default)]
pub struct OrganizationQuery;

#[Object]
impl OrganizationQuery {
    /// One organisation; null if there is none with this id (організація).
    async fn organization(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Organization>> {
        let Ok(key) = Kind::Organization.key(&id, "id") else { return Ok(None) };
        let reading = Session::of(ctx).reading().await?;
        Ok(store::find(reading.link(), &[key]).await?.pop().map(Organization::from))
    }

    /// The organisation with this code; null if none is registered (організація за кодом ЄДРПОУ).
    async fn organization_by_edrpou(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its code, eight digits (код ЄДРПОУ).")] edrpou: Edrpou,
    ) -> Result<Option<Organization>> {
        let reading = Session::of(ctx).reading().await?;
        Ok(store::find_by_edrpou(reading.link(), &edrpou.0).await?.map(Organization::from))
    }

    /// Organisations, newest first (перелік організацій).
    #[graphql(directive = fails::apply(FAULTS.to_vec()))]
    async fn organizations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; null: all.")] filter: Option<OrganizationFilter>,
        #[graphql(desc = "So many from the beginning, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "From after this cursor on.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Up to before this cursor.")] before: Option<String>,
    ) -> Result<OrganizationConnection> {
        let filter = row::Filter::from(filter.unwrap_or_default());
        let window = Window::<row::Key>::of(&ask(first, after, last, before), &format!("organizations {filter:?}"))?;
        let reading = Session::of(ctx).reading().await?;
        // Only now: a cursor is good for as long as the filter is the same, whatever the time.
        let filter = row::Filter { believed_since: believed_since(reading.now()), ..filter };
        let rows = store::page(reading.link(), &filter, &window).await?;
        let count = match sight::counted(ctx) {
            true => Some(store::count(reading.link(), &filter, COUNTED).await?),
            false => None,
        };
        Ok(OrganizationConnection::of(window.cut(rows), count, |row| window.cursor(&row.key()), Organization::from))
    }
}

/// A way to reach an institution, never a person (контакт).
#[derive(Clone, Debug, InputObject)]
pub struct ContactPointInput {
    /// Which way (спосіб).
    pub channel: ContactChannel,
    /// The number, address or name there (значення).
    pub value: String,
    /// When somebody answers (години).
    pub hours: Option<String>,
}

impl From<ContactPointInput> for row::Contact {
    fn from(input: ContactPointInput) -> Self {
        Self { channel: input.channel, value: input.value, hours: input.hours }
    }
}

/// A new organisation (нова організація).
#[derive(Clone, Debug, InputObject)]
pub struct OrganizationRegisterInput {
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    pub idempotency_key: Option<String>,
    /// Its kind, for good (вид організації).
    pub kind: OrganizationKind,
    /// Its name in Ukrainian (назва).
    pub name: String,
    /// Its name in English (назва англійською).
    pub name_en: Option<String>,
    /// Its code in the state register of enterprises; none for a sole proprietor (код ЄДРПОУ).
    pub edrpou: Option<Edrpou>,
    /// The personal tax number of a sole proprietor: sealed at once, and never answered (РНОКПП).
    pub tax_number: Option<String>,
    /// Where it stands, and the area that it serves where an offering names none (територія).
    pub territory: Option<Katottg>,
    /// Its number in the register of providers and recipients of social services (номер у Реєстрі надавачів).
    pub registry_number: Option<String>,
    /// Ways to reach the institution, never a person (контакти).
    pub contacts: Option<Vec<ContactPointInput>>,
}

impl From<OrganizationRegisterInput> for row::Register {
    fn from(input: OrganizationRegisterInput) -> Self {
        Self {
            kind: input.kind,
            name: input.name,
            name_en: input.name_en,
            edrpou: input.edrpou.map(|code| code.0),
            tax_number: input.tax_number,
            territory: input.territory.map(|code| code.0),
            registry_number: input.registry_number,
            contacts: input.contacts.unwrap_or_default().into_iter().map(row::Contact::from).collect(),
        }
    }
}

/// A change of an organisation: an absent field stays, null clears (зміна організації).
#[derive(Clone, Debug, InputObject)]
pub struct OrganizationUpdateInput {
    /// The organisation.
    pub id: ID,
    /// The version that you have read; another one is VERSION_CONFLICT (очікувана версія).
    pub expected_version: i32,
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    pub idempotency_key: Option<String>,
    /// Its name in Ukrainian (назва).
    pub name: MaybeUndefined<String>,
    /// Its name in English (назва англійською).
    pub name_en: MaybeUndefined<String>,
    /// Where it stands (територія).
    pub territory: MaybeUndefined<Katottg>,
    /// Its number in the register of providers and recipients of social services (номер у Реєстрі надавачів).
    pub registry_number: MaybeUndefined<String>,
    /// Whether it works (діє).
    pub active: MaybeUndefined<bool>,
    /// All its contacts anew (контакти).
    pub contacts: MaybeUndefined<Vec<ContactPointInput>>,
}

impl From<OrganizationUpdateInput> for row::Update {
    fn from(input: OrganizationUpdateInput) -> Self {
        let contacts = |list: Vec<ContactPointInput>| list.into_iter().map(row::Contact::from).collect();
        Self {
            expected_version: input.expected_version,
            name: input.name.into(),
            name_en: input.name_en.into(),
            territory: input.territory.map_value(|code| code.0).into(),
            registry_number: input.registry_number.into(),
            active: input.active.into(),
            contacts: input.contacts.map_value(contacts).into(),
        }
    }
}

/// Changes of organisations.
#[derive(Default)]
pub struct OrganizationMutation;

#[Object]
impl OrganizationMutation {
    /// Registers an organisation (реєстрація організації).
    #[graphql(
        directive = scope::apply("registry:write".to_owned()),
        directive = emits::apply(vec![ChangeType::OrganizationChanged])
    )]
    async fn organization_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation.")] input: OrganizationRegisterInput,
    ) -> Result<OrganizationPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "organizationRegister", input.idempotency_key.clone()).await?;
        let done = actions::register(session.db(), session.seal(), session.actor(), &asked, &input.into()).await;
        OrganizationPayload::of(ctx, Outcome::of(done)?).await
    }

    /// Changes an organisation (зміна організації).
    #[graphql(
        directive = scope::apply("registry:write".to_owned()),
        directive = emits::apply(vec![ChangeType::OrganizationChanged])
    )]
    async fn organization_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: OrganizationUpdateInput,
    ) -> Result<OrganizationPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "organizationUpdate", input.idempotency_key.clone()).await?;
        let done = match Kind::Organization.key(&input.id, "id") {
            Ok(id) => actions::update(session.db(), session.actor(), &asked, id, &input.into()).await,
            Err(refused) => Err(refused),
        };
        OrganizationPayload::of(ctx, Outcome::of(done)?).await
    }
}
