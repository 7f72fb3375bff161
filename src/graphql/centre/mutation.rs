//! Changes of centres.

use super::object::Centre;
use crate::{
    base::{
        self, period,
        words::{
            change::ChangeType,
            organization::{CentreStatus, StaffRole},
        },
    },
    centre::{actions, model as row},
    graphql::{
        context::Session,
        directive::{emits, scope},
        error::Outcome,
        node::Kind,
        scalars::{Decimal, Katottg, PartialDate},
    },
    organization::model::Patch,
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};

payload!(CentrePayload, centre: Centre, "What became of a change of a centre (результат зміни центру).");

impl CentrePayload {
    async fn of(ctx: &Context<'_>, outcome: Outcome) -> Result<Self> {
        Ok(match outcome {
            Outcome::Done(done) => Self::done(Some(Centre::load(ctx, done.id).await?), done.replayed),
            Outcome::Refused(errors) => Self::refused(errors),
        })
    }
}

/// Posts of a team, not people (посади).
#[derive(Clone, Debug, InputObject)]
pub struct StaffPostInput {
    /// Which (посада).
    pub role: StaffRole,
    /// How many, with at most two decimals; half a post is "0.5" (кількість).
    pub count: Decimal,
    /// Since when; null: as long as anybody knows (відколи).
    pub since: Option<PartialDate>,
    /// Until when, inclusive; null: still there (доки).
    pub until: Option<PartialDate>,
}

fn partial(date: Option<PartialDate>, field: &str) -> Result<Option<period::PartialDate>, base::Error> {
    Ok(date.map(|date| period::PartialDate::parse(&date.0, field)).transpose()?)
}

fn posts(list: Vec<StaffPostInput>) -> Result<Vec<row::NewPost>, base::Error> {
    let post = |(place, input): (usize, StaffPostInput)| {
        Ok(row::NewPost {
            role: input.role,
            count: input.count.0,
            since: partial(input.since, &format!("posts.{place}.since"))?,
            until: partial(input.until, &format!("posts.{place}.until"))?,
        })
    };
    list.into_iter().enumerate().map(post).collect()
}

/// A new centre (новий центр).
#[derive(Clone, Debug, InputObject)]
pub struct CentreRegisterInput {
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    pub idempotency_key: Option<String>,
    /// Its name (назва).
    pub name: String,
    /// The hromada where it stands (громада розташування).
    pub territory: Katottg,
    /// The hromada that it serves, where that was relocated from occupied territory (релокована громада).
    pub origin_territory: Option<Katottg>,
    /// The organisation that gives the service there (надавач).
    pub provider_id: ID,
    /// The institution in whose rooms it works, if that is another one (установа, на базі якої діє центр).
    pub host_id: Option<ID>,
    /// PLANNED, OPEN or CLOSED (стан).
    pub status: CentreStatus,
    /// Since when it is in that state, as well as the source knows it; of one that is OPEN: when it opened (відколи).
    pub since: PartialDate,
    /// Where to find it (адреса).
    pub address: Option<String>,
    /// Its telephone number, such as +380670000001 or 067-000-00-01 (телефон).
    pub phone: Option<String>,
    /// Whether it is barrier-free; null: nobody has said (безбар'єрність).
    pub barrier_free: Option<bool>,
    /// The posts of its team (посади).
    pub posts: Option<Vec<StaffPostInput>>,
}

impl CentreRegisterInput {
    fn command(self) -> Result<row::Register, base::Error> {
        Ok(row::Register {
            name: self.name,
            territory: self.territory.0,
            origin_territory: self.origin_territory.map(|code| code.0),
            provider_id: Kind::Organization.key(&self.provider_id, "providerId")?,
            host_id: Kind::Organization.maybe(self.host_id.as_ref(), "hostId")?,
            status: self.status,
            since: period::PartialDate::parse(&self.since.0, "since")?,
            address: self.address,
            phone: self.phone,
            barrier_free: self.barrier_free,
            posts: posts(self.posts.unwrap_or_default())?,
        })
    }
}

/// A change of a centre: an absent field stays, null clears (зміна центру).
#[derive(Clone, Debug, InputObject)]
pub struct CentreUpdateInput {
    /// The centre.
    pub id: ID,
    /// The version that you have read; another one is VERSION_CONFLICT (очікувана версія).
    pub expected_version: i32,
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    pub idempotency_key: Option<String>,
    /// Its name (назва).
    pub name: MaybeUndefined<String>,
    /// The state into which it came: it opens, is suspended, opens again, closes for good (стан).
    pub status: MaybeUndefined<CentreStatus>,
    /// Since when it is in that state; null: today (відколи).
    pub on: Option<PartialDate>,
    /// Where to find it (адреса).
    pub address: MaybeUndefined<String>,
    /// Its telephone number (телефон).
    pub phone: MaybeUndefined<String>,
    /// Whether it is barrier-free (безбар'єрність).
    pub barrier_free: MaybeUndefined<bool>,
    /// All posts of its team anew, the past ones with their `until` (посади).
    pub posts: MaybeUndefined<Vec<StaffPostInput>>,
}

impl CentreUpdateInput {
    fn command(self) -> Result<row::Update, base::Error> {
        let team: Patch<Vec<StaffPostInput>> = self.posts.into();
        let posts = team.map(|list| list.map(posts).transpose()).transpose()?;
        Ok(row::Update {
            expected_version: self.expected_version,
            name: self.name.into(),
            status: self.status.into(),
            on: partial(self.on, "on")?,
            address: self.address.into(),
            phone: self.phone.into(),
            barrier_free: self.barrier_free.into(),
            posts,
        })
    }
}

/// Changes of centres.
#[derive(Default)]
pub struct CentreMutation;

#[Object]
impl CentreMutation {
    /// Registers a centre (реєстрація центру).
    #[graphql(
        directive = scope::apply("registry:write".to_owned()),
        directive = emits::apply(vec![ChangeType::CentreChanged])
    )]
    async fn centre_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The centre.")] input: CentreRegisterInput,
    ) -> Result<CentrePayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "centreRegister", input.idempotency_key.clone()).await?;
        let done = match input.command() {
            Ok(command) => actions::register(session.db(), session.actor(), &asked, &command).await,
            Err(refused) => Err(refused),
        };
        CentrePayload::of(ctx, Outcome::of(done)?).await
    }

    /// Changes a centre (зміна центру).
    #[graphql(
        directive = scope::apply("registry:write".to_owned()),
        directive = emits::apply(vec![ChangeType::CentreChanged])
    )]
    async fn centre_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: CentreUpdateInput,
    ) -> Result<CentrePayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "centreUpdate", input.idempotency_key.clone()).await?;
        let read = Kind::Centre.key(&input.id, "id").and_then(|id| Ok((id, input.command()?)));
        let done = match read {
            Ok((id, command)) => actions::update(session.db(), session.actor(), &asked, id, &command).await,
            Err(refused) => Err(refused),
        };
        CentrePayload::of(ctx, Outcome::of(done)?).await
    }
}
