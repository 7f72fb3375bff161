//! The audit to look at: who acted, and the trail of one object.

use super::{
    application::{self, Application},
    change::global,
    context::Session,
    directive::{fails, scope},
    node::{self, Kind},
    organization::Organization,
    page::{self, COUNTED, FAULTS},
    scalars::DateTime,
    sight,
};
use crate::{
    access::Scope,
    base::{
        page::Window,
        words::access::{AccessPurpose, ActorKind},
    },
    journal::{ObjectType, audit, proof::hex},
};
use async_graphql::{Context, ID, Object, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use uuid::Uuid;

/// Who acted (хто діяв).
#[derive(Clone)]
pub struct AuditActor {
    pub kind: ActorKind,
    pub organization_id: Option<Uuid>,
    pub application_id: Option<Uuid>,
}

/// Who acted (хто діяв).
#[Object]
impl AuditActor {
    /// An application, the server itself or its operator (вид).
    async fn kind(&self) -> ActorKind {
        self.kind
    }

    /// The organisation; null for the server and its operator (організація).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        match self.organization_id {
            Some(id) => Ok(Some(Organization::load(ctx, id).await?)),
            None => Ok(None),
        }
    }

    /// The application; only of one's own organisation, and with the scope applications:manage (застосунок).
    async fn application(&self, ctx: &Context<'_>) -> Result<Option<Application>> {
        let own = self.organization_id.is_some_and(|id| Session::of(ctx).actor().is(id));
        match self.application_id.filter(|_| own) {
            Some(id) => application::node(ctx, id).await,
            None => Ok(None),
        }
    }
}

/// Who saw or changed what, for which purpose (запис аудиту). One entry of a read is one answer: it names everything that was read with it.
#[derive(Clone)]
pub struct AuditEntry(pub(super) audit::Entry);

connection!(
    AuditEntry,
    AuditEntryConnection,
    AuditEntryEdge,
    "A page of the trail of one object, newest first (сторінка аудиту)."
);

/// Who saw or changed what, for which purpose (запис аудиту). One entry of a read is one answer: it names everything that was read with it.
#[Object(directive = scope::apply("audit:read".to_owned()))]
impl AuditEntry {
    /// Global id: opaque, stable, and of your organisation alone.
    pub async fn id(&self, ctx: &Context<'_>) -> ID {
        let session = Session::of(ctx);
        let place =
            Place(self.0.object_type.word().into(), self.0.object_ids.first().copied().unwrap_or_default(), self.0.entry);
        let place = serde_json::to_vec(&place).expect("places are plain values");
        let sealed = session.seal().close_place(session.actor().organization_id, &place);
        ID(URL_SAFE_NO_PAD.encode([&[Kind::AuditEntry as u8], sealed.as_slice()].concat()))
    }

    /// When (коли).
    async fn at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Who (хто).
    async fn actor(&self) -> AuditActor {
        AuditActor { kind: self.0.actor_kind, organization_id: self.0.organization_id, application_id: self.0.application_id }
    }

    /// For whom of the partner's people, as its application said in the header Mistok-Acting-For; only of one's own organisation (працівник).
    async fn on_behalf_of(&self) -> Option<&str> {
        self.0.acting_for.as_deref()
    }

    /// Why it was read; null for a change (мета доступу).
    async fn purpose(&self) -> Option<AccessPurpose> {
        self.0.purpose
    }

    /// What was done: a value of ChangeType, or READ (дія).
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// The objects: of a change one, of a read all that were read in the same answer, as far as they are yours (об'єкти).
    async fn object_ids(&self) -> Vec<ID> {
        self.0.object_ids.iter().map(|id| global(self.0.object_type, *id).0).collect()
    }

    /// Which fields of personal data were read; empty for a change, whose kind says what was changed (поля).
    async fn fields(&self) -> &[String] {
        &self.0.fields
    }

    /// SHA-256 over the whole entry, also over what it does not tell you; in hexadecimal. Keep it, with its proof: whoever changes the entry changes it (геш запису).
    async fn hash(&self) -> String {
        hex(&self.0.hash)
    }

    /// The hash of the object's change before this one, which this one's hash covers; null for the first change, and for a read (геш попереднього запису).
    async fn previous_hash(&self) -> Option<String> {
        self.0.previous_hash.as_deref().map(hex)
    }
}

/// Where an entry is found again: in the trail of its first object.
#[derive(Serialize, Deserialize)]
struct Place<'a>(Cow<'a, str>, Uuid, Uuid);

/// An entry by its id, as far as its reader may see the trail that it stands in.
pub async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<AuditEntry>> {
    let session = Session::of(ctx);
    let actor = session.actor();
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(id.as_str()).ok()?;
        let sealed = bytes.strip_prefix(&[Kind::AuditEntry as u8])?;
        serde_json::from_slice::<Place<'static>>(&session.seal().open_place(actor.organization_id, sealed)?).ok()
    };
    let Some(Place(kind, object_id, entry)) = read().filter(|_| actor.holds(Scope::AuditRead)) else { return Ok(None) };
    let Some(kind) = ObjectType::of(&kind) else { return Ok(None) };
    let reading = session.reading().await?;
    Ok(audit::find(reading.link(), (kind, object_id), entry).await?.map(AuditEntry))
}

/// Questions to the audit.
#[derive(Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// Who saw or changed one object, newest first: changes that your organisation was told of; reads of personal data by your own applications, and, of a referral that you have sent, those of its receiver. The trail of a case holds the reads of its person too (журнал аудиту об'єкта).
    #[graphql(
        directive = scope::apply("audit:read".to_owned()),
        directive = fails::apply(FAULTS.to_vec())
    )]
    #[allow(clippy::too_many_arguments)]
    async fn audit_trail(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the object.")] object_id: ID,
        #[graphql(desc = "Items from the beginning, 1 to 100; exactly one of first and last.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor before which the page ends.")] before: Option<String>,
    ) -> Result<AuditEntryConnection> {
        let window = Window::<audit::Key>::of(&page::ask(first, after, last, before), &format!("audit of {}", *object_id))?;
        // What is no id of an object of the journal is the id of nothing.
        let named = node::open(&object_id).and_then(|(_, key)| {
            let object = ObjectType::ALL.iter().find(|object| global(**object, key).0 == object_id)?;
            Some((*object, key))
        });
        let object = named.unwrap_or((ObjectType::Recording, Uuid::nil()));
        let reading = Session::of(ctx).reading().await?;
        let rows = audit::page(reading.link(), object, &window).await?;
        let total = match sight::counted(ctx) {
            true => Some(audit::count(reading.link(), object, COUNTED).await?),
            false => None,
        };
        Ok(AuditEntryConnection::of(window.cut(rows), total, |row| window.cursor(&row.key()), AuditEntry))
    }
}
