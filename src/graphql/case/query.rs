//! Questions about one's own cases.

use super::object::{Case, CaseConnection, Consent};
use crate::{
    access::Scope,
    base::{Error, Result as Checked, error::ErrorCode, page::Window, person_code::TaxNumber, phone, words::case::*},
    case::{
        model::{self, Filter},
        person,
        policy::{self, CaseAct},
        store,
    },
    graphql::{
        context::Session,
        directive::{fails, scope},
        loaders,
        node::{self, Kind},
        page,
        scalars::{Date, Katottg},
    },
};
use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result};
use uuid::Uuid;

/// How one's own person is looked for; give exactly one member (@oneOf): by exact tax number, by telephone, or by names and birth date. Needs persons:read and a purpose.
#[derive(Clone, Debug, OneofObject)]
pub enum PersonSearchInput {
    /// Personal tax number (РНОКПП).
    TaxNumber(String),
    /// Telephone in any usual form (телефон).
    Phone(String),
    /// Names and birth date, exactly as recorded; apostrophes and case do not matter (ім'я та дата народження).
    NameAndBirthDate(NameAndBirthDateInput),
}

/// Names and birth date (ім'я та дата народження).
#[derive(Clone, Debug, InputObject)]
pub struct NameAndBirthDateInput {
    /// Family name (прізвище).
    family_name: String,
    /// Given name (ім'я).
    given_name: String,
    /// Date of birth (дата народження).
    birth_date: Date,
}

/// What a list of cases is narrowed to; conditions are joined by "and".
#[derive(Clone, Debug, Default, InputObject)]
pub struct CaseFilter {
    /// In one of these states (стан).
    status: Option<Vec<CaseStatus>>,
    /// Worked on in this centre (центр).
    centre_id: Option<ID>,
    /// In this territory or one below it (територія).
    territory: Option<Katottg>,
    /// With this category among its categories (категорія).
    category: Option<TargetCategory>,
    /// Opened on this day or later (відкрито від).
    opened_from: Option<Date>,
    /// Opened on this day or earlier (відкрито до).
    opened_to: Option<Date>,
    /// With this code (код).
    code: Option<String>,
    /// With this external reference (зовнішній ідентифікатор).
    external_reference: Option<String>,
    /// Whether the day of the assessment has passed without one (строк оцінки минув).
    assessment_overdue: Option<bool>,
    /// Whose person is this one; needs persons:read and a purpose (особа).
    person: Option<PersonSearchInput>,
}

impl CaseFilter {
    fn plain(self, session: &Session) -> Checked<Option<Filter>> {
        // What does not exist narrows to nothing, and tells nothing.
        let Ok(centre_id) = Kind::Centre.maybe(self.centre_id.as_ref(), "centreId") else { return Ok(None) };
        Ok(Some(Filter {
            status: self.status.unwrap_or_default(),
            centre_id,
            territory: self.territory.map(|code| code.0),
            category: self.category,
            opened_from: self.opened_from.map(|day| day.0),
            opened_to: self.opened_to.map(|day| day.0),
            code: self.code,
            external_reference: self.external_reference,
            assessment_overdue: self.assessment_overdue,
            person: self.person.map(|search| lookup(session, search)).transpose()?,
        }))
    }
}

fn lookup(session: &Session, search: PersonSearchInput) -> Checked<person::Lookup> {
    let (actor, seal) = (session.actor(), session.seal());
    if !actor.holds(Scope::PersonsRead) {
        return Err(Error::Denied { scope: Scope::PersonsRead.word() });
    }
    if actor.purpose.is_none() {
        let message = "A search for a person needs a purpose: send the header Mistok-Purpose.";
        return Err(Error::question(ErrorCode::PurposeRequired, "filter.person", message));
    }
    let own = actor.organization_id;
    Ok(match search {
        PersonSearchInput::TaxNumber(text) => {
            person::by_tax_number(seal, own, TaxNumber::parse(&text, "filter.person.taxNumber")?.expose())
        }
        PersonSearchInput::Phone(text) => person::by_phone(seal, own, &phone::parse(&text, "filter.person.phone")?),
        PersonSearchInput::NameAndBirthDate(named) => {
            person::by_name(seal, own, &named.family_name, &named.given_name, named.birth_date.0)
        }
    })
}

impl Case {
    /// The case of this id, as far as the caller may read it.
    pub async fn find(ctx: &Context<'_>, id: Uuid) -> Result<Option<Self>> {
        Ok(loaders::load(ctx, super::loader::CaseOf(id)).await?.and_then(|row| Self::seen(ctx, row)))
    }

    /// A row, if the caller may read it.
    pub fn seen(ctx: &Context<'_>, row: model::Case) -> Option<Self> {
        policy::may(Session::of(ctx).actor(), CaseAct::Read, row.organization_id, row.id).is_ok().then_some(Self(row))
    }
}

/// The consent of this id: of one's own case, or one under which a referral was received.
pub async fn consent(ctx: &Context<'_>, id: Uuid) -> Result<Option<Consent>> {
    let row = loaders::load(ctx, super::loader::ConsentById(id)).await?;
    let actor = Session::of(ctx).actor();
    Ok(row.filter(|row| policy::may_read_consent(actor, row).is_ok()).map(Consent))
}

/// Questions about cases.
#[derive(Default)]
pub struct CaseQuery;

#[Object]
impl CaseQuery {
    /// One's own case by its id; null where there is none (випадок).
    #[graphql(directive = scope::apply("cases:read".to_owned()))]
    async fn case(&self, ctx: &Context<'_>, #[graphql(desc = "Global id of the case.")] id: ID) -> Result<Option<Case>> {
        match node::open(&id) {
            Some((Kind::Case, key)) => Case::find(ctx, key).await,
            _ => Ok(None),
        }
    }

    /// One's own cases, newest first (випадки).
    #[graphql(
        directive = scope::apply("cases:read".to_owned()),
        directive = fails::apply([&page::FAULTS[..], &[ErrorCode::PurposeRequired]].concat())
    )]
    #[allow(clippy::too_many_arguments)]
    async fn cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<CaseFilter>,
        #[graphql(desc = "Items from the beginning, 1 to 100; exactly one of first and last.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor before which the page ends.")] before: Option<String>,
    ) -> Result<CaseConnection> {
        let session = Session::of(ctx);
        let named = format!("cases {filter:?}");
        let window = Window::<store::Key>::of(&page::ask(first, after, last, before), &named)?;
        let Some(filter) = filter.unwrap_or_default().plain(session)? else {
            return Ok(CaseConnection::empty());
        };
        let (own, today) = (session.actor().organization_id, session.db().clock().today());
        let reading = session.reading().await?;
        let rows = store::page(reading.link(), own, &filter, &window, today).await?;
        let total = match ctx.look_ahead().field("totalCount").exists() {
            true => Some(store::count(reading.link(), own, &filter, today, page::COUNTED).await?),
            false => None,
        };
        Ok(CaseConnection::of(window.cut(rows), total, |row| window.cursor(&(row.created_at, row.id)), Case))
    }
}
