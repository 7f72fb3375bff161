//! Who is asking, and the applications of the own organisation.

use super::{
    context::Session,
    directive::{emits, scope},
    error::{Outcome, UserError},
    loaders::{grouped, keyed, list, load},
    node::Kind,
    organization::Organization,
    scalars::DateTime,
    schema,
};
use crate::{
    access::{Scope, token::PublicKey},
    application::{
        Roster, Shelf,
        actions::{self, Issued},
        model as row, rules, store,
    },
    base::{
        Error,
        words::{access::ApplicationStatus, change::ChangeType},
    },
};
use async_graphql::{ComplexObject, Context, ID, InputObject, Object, Result, SimpleObject};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use uuid::Uuid;

/// Who is asking (хто запитує).
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Viewer {
    /// What the access token allows now: the scopes of the token that the application still holds (права).
    scopes: Vec<String>,
}

#[ComplexObject]
impl Viewer {
    /// The application that asks; null without the scope applications:manage (застосунок).
    async fn application(&self, ctx: &Context<'_>) -> Result<Option<Application>> {
        node(ctx, Session::of(ctx).actor().application_id).await
    }

    /// The organisation in whose name it asks (організація).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Organization> {
        Organization::load(ctx, Session::of(ctx).actor().organization_id).await
    }
}

/// An app of a partner, a client of the OAuth token endpoint. Only its own organisation sees it, and who has registered it (застосунок).
#[derive(Clone, SimpleObject)]
#[graphql(complex, directive = scope::apply("applications:manage".to_owned()))]
pub struct Application {
    /// Opaque id.
    #[graphql(owned)]
    pub id: ID,
    /// What people call it (назва).
    name: String,
    /// Its name at the token endpoint; public (ідентифікатор клієнта).
    client_id: String,
    /// What its tokens may allow (права).
    scopes: Vec<String>,
    /// Whether it may ask for tokens (стан).
    status: ApplicationStatus,
    /// When it was registered (зареєстровано).
    created_at: DateTime,
    /// When it last got a token, to the minute (останнє використання).
    last_used_at: Option<DateTime>,
    /// Until when the secret before the last rotation is good; null when it no longer is (старий секрет діє до).
    previous_secret_until: Option<DateTime>,
    /// The keys with which it signs in the place of a secret; empty where it has a secret (відкриті ключі).
    public_keys: Vec<ApplicationKey>,
    /// Whether it may ask registered documents alone (лише зареєстровані документи).
    trusted_documents_only: bool,
    /// Grows with each change; give it back as `expectedVersion` (версія).
    version: i32,
    #[graphql(skip)]
    key: Uuid,
    #[graphql(skip)]
    organization_id: Uuid,
}

/// A public key of an application, by which the token endpoint knows what it has signed (відкритий ключ застосунку).
#[derive(Clone, SimpleObject)]
pub struct ApplicationKey {
    /// Its name in the header `kid` of what is signed: its own, or else its thumbprint (назва ключа).
    kid: String,
    /// SHA-256 of the key by RFC 7638 in base64url: the same for the same key (відбиток ключа).
    thumbprint: String,
    /// With which algorithms it may sign: ES256, PS256, RS256, EdDSA (алгоритми).
    algorithms: Vec<String>,
}

/// Something deprecated in the schema that an application still asks for: change its documents before it goes (використання застарілого).
#[derive(Clone, SimpleObject)]
pub struct DeprecatedUse {
    /// Its place in the schema, such as `Type.field`, `Type.field(argument:)`, `Input.field`, `Enum.VALUE` (місце в схемі).
    coordinate: String,
    /// What to take in its place, and until when it is there; null once it is gone, or deprecated no more (причина).
    deprecation_reason: Option<String>,
    /// How many operations asked for it (кількість разів).
    count: i32,
    /// The first one (уперше).
    first_used_at: DateTime,
    /// The last one, of those that were counted: it takes half a minute (востаннє).
    last_used_at: DateTime,
}

impl ApplicationKey {
    fn of(key: &PublicKey) -> Self {
        let algorithms = key.algorithms().iter().map(|algorithm| algorithm.word().to_owned()).collect();
        Self { kid: key.kid().to_owned(), thumbprint: key.thumbprint().to_owned(), algorithms }
    }
}

impl Application {
    fn of(row: &row::Application, now: chrono::DateTime<chrono::Utc>) -> Self {
        Self {
            id: Kind::Application.id(row.id),
            name: row.name.clone(),
            client_id: row.client_id.clone(),
            scopes: row.scopes.clone(),
            status: row.status,
            created_at: row.created_at.into(),
            last_used_at: row.last_used_at.map(DateTime),
            previous_secret_until: row.previous_secret_until.filter(|until| *until > now).map(DateTime),
            public_keys: row.keys().iter().map(ApplicationKey::of).collect(),
            trusted_documents_only: row.trusted_documents_only,
            version: row.version,
            key: row.id,
            organization_id: row.organization_id,
        }
    }
}

#[ComplexObject]
impl Application {
    /// The organisation whose app it is (організація).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Organization> {
        Organization::load(ctx, self.organization_id).await
    }

    /// What it asks for although it is deprecated; told to its own organisation alone (застаріле, яким користується).
    async fn deprecated_uses(&self, ctx: &Context<'_>) -> Result<Vec<DeprecatedUse>> {
        let known = ctx.data_unchecked::<Arc<schema::Checker>>().shape().deprecated();
        let rows = list(ctx, DeprecatedUsesOf(self.key)).await?;
        let one = |row: row::DeprecatedUse| DeprecatedUse {
            deprecation_reason: known.get(&row.coordinate).cloned(),
            coordinate: row.coordinate,
            count: i32::try_from(row.count).unwrap_or(i32::MAX),
            first_used_at: row.first_used_at.into(),
            last_used_at: row.last_used_at.into(),
        };
        Ok(rows.into_iter().map(one).collect())
    }
}

loader! {
    /// What an application asks for although it is deprecated.
    DeprecatedUsesOf(Uuid) -> Vec<row::DeprecatedUse>,
    |_loaders, reading, ids| grouped(store::deprecated_uses(reading.link(), &ids).await?, |row| row.application_id)
}

/// The application of a global id, for `node` and other edges; none without the scope.
pub async fn node(ctx: &Context<'_>, key: Uuid) -> Result<Option<Application>> {
    if !Session::of(ctx).actor().holds(Scope::ApplicationsManage) {
        return Ok(None);
    }
    let now = Session::of(ctx).reading().await?.now();
    Ok(load(ctx, ApplicationById(key)).await?.map(|row| Application::of(&row, now)))
}

loader! {
    /// An application by its id.
    ApplicationById(Uuid) -> Arc<row::Application>,
    |_loaders, reading, ids| keyed(store::find(reading.link(), &ids).await?, |row| row.id)
}

/// Queries about who asks.
#[derive(Default)]
pub struct ApplicationQuery;

#[Object]
impl ApplicationQuery {
    /// Who is asking (хто запитує).
    async fn viewer(&self, ctx: &Context<'_>) -> Viewer {
        Viewer { scopes: Session::of(ctx).actor().scopes.words() }
    }

    /// The applications of the own organisation, newest first, revoked ones included (перелік застосунків).
    #[graphql(directive = scope::apply("applications:manage".to_owned()))]
    async fn applications(&self, ctx: &Context<'_>) -> Result<Vec<Application>> {
        let session = Session::of(ctx);
        let reading = session.reading().await?;
        let rows = store::list(reading.link(), session.actor().organization_id).await?;
        Ok(rows.iter().map(|row| Application::of(row, reading.now())).collect())
    }
}

/// A new application (новий застосунок).
#[derive(Clone, Debug, InputObject)]
pub struct ApplicationRegisterInput {
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and shows no secret.
    idempotency_key: Option<String>,
    /// Another organisation, whose first application it becomes: only with registry:write. Null: your own (організація).
    organization_id: Option<ID>,
    /// What people call it, 1 to 100 characters (назва).
    name: String,
    /// What its tokens may allow: for your own organisation no more than you hold, for another all that its kind may hold (права).
    scopes: Vec<String>,
    /// For an application that must hold no secret: its public keys, 1 to 5, each a JSON Web Key as text or PEM (`BEGIN PUBLIC KEY`): P-256, Ed25519, RSA of 2048 to 4096 bits. It gets no secret, and signs what it shows at the token endpoint (`private_key_jwt`). Null: it gets a secret (відкриті ключі).
    public_keys: Option<Vec<String>>,
}

/// Other keys for an application (заміна відкритих ключів).
#[derive(Clone, Debug, InputObject)]
pub struct ApplicationKeysReplaceInput {
    /// The application.
    id: ID,
    /// The version that you have read; another one is VERSION_CONFLICT (очікувана версія).
    expected_version: i32,
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    idempotency_key: Option<String>,
    /// All keys that are good from now on, 1 to 5, as in `applicationRegister`. To change one without a gap, give the old one and the new one, and later the new one alone (відкриті ключі).
    public_keys: Vec<String>,
}

/// A new secret for an application (новий секрет).
#[derive(Clone, Debug, InputObject)]
pub struct ApplicationRotateSecretInput {
    /// The application.
    id: ID,
    /// The version that you have read; another one is VERSION_CONFLICT (очікувана версія).
    expected_version: i32,
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and shows no secret.
    idempotency_key: Option<String>,
    /// How many hours the secret of before stays good, 0 to 168 (години, протягом яких діють обидва секрети).
    #[graphql(default = 24)]
    overlap_hours: i32,
}

/// The end of an application (відкликання застосунку).
#[derive(Clone, Debug, InputObject)]
pub struct ApplicationRevokeInput {
    /// The application.
    id: ID,
    /// The version that you have read; another one is VERSION_CONFLICT (очікувана версія).
    expected_version: i32,
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    idempotency_key: Option<String>,
}

/// Documents that an application registers, to ask them by their hashes (реєстрація документів).
#[derive(Clone, Debug, InputObject)]
pub struct TrustedDocumentsRegisterInput {
    /// Your own key of this call, at most 128 characters: a retry with the same key changes nothing and answers the same.
    idempotency_key: Option<String>,
    /// The application that may ask them (застосунок).
    application_id: ID,
    /// Their texts, up to 20,000 bytes each; each must fit the schema. The hash of a document is SHA-256 of its text, byte by byte (документи).
    documents: Vec<String>,
    /// Whether all others go (замінити наявні).
    #[graphql(default)]
    replace: bool,
    /// Whether the application may ask no others from then on; null: as before (лише зареєстровані).
    only: Option<bool>,
}

payload!(ApplicationPayload, application: Application, "What became of a change of an application (результат зміни застосунку).");

/// What became of a change that makes a secret. The secret is shown once; a replay has none (результат із секретом).
#[derive(SimpleObject)]
pub struct ApplicationSecretPayload {
    /// The changed application, read anew; null when the change was refused.
    application: Option<Application>,
    /// The new secret, shown this once: the server keeps only a keyed hash. Null for an application with public keys (секрет клієнта).
    client_secret: Option<String>,
    /// The rules that the input breaks; empty when the change was made (порушені правила).
    user_errors: Vec<UserError>,
    /// Whether an earlier call with the same idempotency key made the change (повторний запит).
    replayed: bool,
}

impl ApplicationSecretPayload {
    async fn of(ctx: &Context<'_>, issued: std::result::Result<Issued, Error>) -> Result<Self> {
        let (secret, done) = match issued {
            Ok(Issued { done, secret }) => (secret, Ok(done)),
            Err(fault) => (None, Err(fault)),
        };
        let shown = |secret: SecretString| secret.expose_secret().to_owned();
        Ok(match Outcome::of(done)? {
            Outcome::Done(done) => Self {
                application: node(ctx, done.id).await?,
                client_secret: secret.map(shown),
                user_errors: Vec::new(),
                replayed: done.replayed,
            },
            Outcome::Refused(user_errors) => Self { application: None, client_secret: None, user_errors, replayed: false },
        })
    }
}

/// Whether all documents fit the schema; the first that does not is named.
async fn fit(ctx: &Context<'_>, documents: &[String]) -> std::result::Result<(), Error> {
    let checker = ctx.data::<Arc<schema::Checker>>().map_err(|fault| Error::internal(fault.message))?;
    for (place, text) in documents.iter().enumerate().take(rules::MOST_DOCUMENTS) {
        if let Err(faults) = checker.document(text).await {
            let why = faults.into_iter().next().map(|fault| fault.message).unwrap_or_default();
            let message = said!("The document does not fit the schema: {why}", why);
            return Err(Error::invalid(&format!("documents.{place}"), message));
        }
    }
    Ok(())
}

/// Changes of applications.
#[derive(Default)]
pub struct ApplicationMutation;

#[Object]
impl ApplicationMutation {
    /// Registers an application within one's own organisation, with no scope that its kind may not hold or the caller does not; or the first one of another (реєстрація застосунку).
    #[graphql(
        directive = scope::apply("applications:manage".to_owned()),
        directive = emits::apply(vec![ChangeType::ApplicationChanged])
    )]
    async fn application_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application.")] input: ApplicationRegisterInput,
    ) -> Result<ApplicationSecretPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "applicationRegister", input.idempotency_key).await?;
        let issued = match Kind::Organization.maybe(input.organization_id.as_ref(), "organizationId") {
            Ok(organization_id) => {
                let wish = actions::Register {
                    organization_id,
                    name: input.name,
                    scopes: input.scopes,
                    public_keys: input.public_keys,
                };
                actions::register(session.db(), session.seal(), session.actor(), &asked, &wish).await
            }
            Err(refused) => Err(refused),
        };
        ApplicationSecretPayload::of(ctx, issued).await
    }

    /// Makes a new secret; the one before stays good for some hours, so that nothing stands still. Not for an application with public keys, see `applicationKeysReplace` (заміна секрету).
    #[graphql(
        directive = scope::apply("applications:manage".to_owned()),
        directive = emits::apply(vec![ChangeType::ApplicationChanged])
    )]
    async fn application_rotate_secret(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and for how long both secrets are good.")] input: ApplicationRotateSecretInput,
    ) -> Result<ApplicationSecretPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "applicationRotateSecret", input.idempotency_key).await?;
        let issued = match Kind::Application.key(&input.id, "id") {
            Ok(id) => {
                let (db, seal, actor) = (session.db(), session.seal(), session.actor());
                actions::rotate_secret(db, seal, actor, &asked, id, input.expected_version, input.overlap_hours).await
            }
            Err(refused) => Err(refused),
        };
        ApplicationSecretPayload::of(ctx, issued).await
    }

    /// Gives an application other public keys. Those before are good no more, nor is a secret that it had: from then on it signs. Tokens that are out end by themselves, within 15 minutes (заміна відкритих ключів).
    #[graphql(
        directive = scope::apply("applications:manage".to_owned()),
        directive = emits::apply(vec![ChangeType::ApplicationChanged])
    )]
    async fn application_keys_replace(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and its keys.")] input: ApplicationKeysReplaceInput,
    ) -> Result<ApplicationPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "applicationKeysReplace", input.idempotency_key).await?;
        let done = match Kind::Application.key(&input.id, "id") {
            Ok(id) => {
                let (db, actor) = (session.db(), session.actor());
                actions::replace_keys(db, actor, &asked, id, input.expected_version, &input.public_keys).await
            }
            Err(refused) => Err(refused),
        };
        Ok(match Outcome::of(done)? {
            Outcome::Done(done) => ApplicationPayload::done(node(ctx, done.id).await?, done.replayed),
            Outcome::Refused(errors) => ApplicationPayload::refused(errors),
        })
    }

    /// Registers documents, which the application may ask by their hash alone (`documentId`), and limits it to them if so wished: a stolen token asks nothing else then (реєстрація довірених документів).
    #[graphql(
        directive = scope::apply("applications:manage".to_owned()),
        directive = emits::apply(vec![ChangeType::ApplicationChanged])
    )]
    async fn trusted_documents_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, and which.")] input: TrustedDocumentsRegisterInput,
    ) -> Result<ApplicationPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "trustedDocumentsRegister", input.idempotency_key).await?;
        let (roster, shelf) = (ctx.data::<Arc<Roster>>()?, ctx.data::<Arc<Shelf>>()?);
        let documents = row::Documents { texts: input.documents, replace: input.replace, only: input.only };
        let fits = fit(ctx, &documents.texts).await;
        let done = match fits.and_then(|()| Kind::Application.key(&input.application_id, "applicationId")) {
            Ok(id) => actions::register_documents(session.db(), roster, shelf, session.actor(), &asked, id, &documents).await,
            Err(refused) => Err(refused),
        };
        Ok(match Outcome::of(done)? {
            Outcome::Done(done) => ApplicationPayload::done(node(ctx, done.id).await?, done.replayed),
            Outcome::Refused(errors) => ApplicationPayload::refused(errors),
        })
    }

    /// Ends an application for good: its tokens are refused within one minute (відкликання застосунку).
    #[graphql(
        directive = scope::apply("applications:manage".to_owned()),
        directive = emits::apply(vec![ChangeType::ApplicationChanged])
    )]
    async fn application_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ApplicationRevokeInput,
    ) -> Result<ApplicationPayload> {
        let session = Session::of(ctx);
        let asked = session.ask(ctx, "applicationRevoke", input.idempotency_key).await?;
        let roster = ctx.data::<Arc<Roster>>()?;
        let done = match Kind::Application.key(&input.id, "id") {
            Ok(id) => actions::revoke(session.db(), roster, session.actor(), &asked, id, input.expected_version).await,
            Err(refused) => Err(refused),
        };
        Ok(match Outcome::of(done)? {
            Outcome::Done(done) => ApplicationPayload::done(node(ctx, done.id).await?, done.replayed),
            Outcome::Refused(errors) => ApplicationPayload::refused(errors),
        })
    }
}
