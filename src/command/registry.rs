//! `mistok organization` and `mistok application`: the operator's part in the registry. Nobody registers himself: an
//! organisation and its first application come from here, or from a holder of registry:write.

use super::{Outcome, told};
use crate::{
    access::Scope,
    application::{model::Documents, operator, shelf},
    base::{clock::Clock, words::organization::OrganizationKind},
    config::{self, DatabaseOptions, MasterKeyOptions},
    db::{Db, Errand, vault},
    graphql::{error::Faults, node::Kind, schema},
    organization,
    seal::Seal,
};
use clap::{Args, Subcommand, builder::PossibleValuesParser};
use secrecy::ExposeSecret;
use std::{fs, path::PathBuf};
use uuid::Uuid;

const ORGANIZATION: &str = "\
Example:
  mistok organization register --kind MINISTRY --edrpou 00034022 --name 'Міністерство соціальної політики' \\
      --territory UA80000000000093317

It prints the id that `mistok application register` asks for. Everything else about organisations is done by the
Ministry through the API.";

const APPLICATION: &str = "\
Examples:
  mistok application register 0198… --name 'Журнал центру'                 every scope that its kind may hold
  mistok application register 0198… --name 'Звіти' --scope analytics:read   as few as it needs
  mistok application register 0198… --name 'Фонд' --public-key fund.pem     no secret: it signs with its own key
  mistok application list 0198…
  mistok application rotate-secret CLIENT-ID --overlap-hours 24
  mistok application replace-keys CLIENT-ID --public-key old.pem --public-key new.pem
  mistok application revoke CLIENT-ID

A secret is shown once: the database keeps a keyed hash of it. A revoked application is out within a minute.";

/// The database and the key under which secrets are hashed.
#[derive(Args, Debug)]
struct Ground {
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    master_key: MasterKeyOptions,
}

impl Ground {
    async fn open(&self) -> Result<(Db, Seal), Box<dyn std::error::Error>> {
        let (database, keys) = config::Faults::both(self.database.check(), self.master_key.check())?;
        let db = Db::of(&database, 1, Clock::default()).map_err(told)?;
        let seal = vault::open(&db, keys.all()).await.map_err(told)?;
        Ok((db, seal))
    }
}

#[derive(Args)]
#[command(after_help = ORGANIZATION)]
pub(super) struct OrganizationOptions {
    #[command(subcommand)]
    verb: OrganizationVerb,
}

#[derive(Subcommand)]
enum OrganizationVerb {
    /// Register an organisation; prints its id
    Register(RegisterOrganization),
    /// Show organisations, the newest first
    List {
        #[command(flatten)]
        ground: Ground,
        /// Words of the name, or the code (ЄДРПОУ)
        #[arg(default_value = "")]
        search: String,
    },
}

#[derive(Args)]
struct RegisterOrganization {
    #[command(flatten)]
    ground: Ground,
    /// What it is: it decides which rights its applications may hold
    #[arg(long, value_parser = PossibleValuesParser::new(OrganizationKind::ALL.iter().map(|kind| kind.word())), ignore_case = true)]
    kind: String,
    /// Its name in Ukrainian
    #[arg(long)]
    name: String,
    /// Its name in English
    #[arg(long)]
    name_en: Option<String>,
    /// Its code in the register of enterprises (ЄДРПОУ), 8 digits; a sole proprietor has none
    #[arg(long)]
    edrpou: Option<String>,
    /// Where it stands: a code of КАТОТТГ, such as UA48020130000080862
    #[arg(long)]
    territory: Option<String>,
    /// Its number in the register of providers of social services
    #[arg(long)]
    registry_number: Option<String>,
}

/// An id as the API gives it, or as the list of this command does.
pub(super) fn organization_id(text: &str) -> Result<Uuid, String> {
    let global = || Kind::Organization.key(&text.into(), "organization").ok();
    text.parse().ok().or_else(global).ok_or_else(|| "this is no id of an organisation".to_owned())
}

#[derive(Args)]
#[command(after_help = APPLICATION)]
pub(super) struct ApplicationOptions {
    #[command(subcommand)]
    verb: ApplicationVerb,
}

#[derive(Subcommand)]
enum ApplicationVerb {
    /// Register an application of an organisation; prints its id and its secret
    Register {
        #[command(flatten)]
        ground: Ground,
        /// The organisation's id, as the API or `organization list` gives it
        #[arg(value_parser = organization_id)]
        organization: Uuid,
        /// A name that its people know it by
        #[arg(long)]
        name: String,
        /// A right that it asks for; may be given several times [default: all that its kind may hold]
        #[arg(long = "scope", value_name = "SCOPE", value_parser = PossibleValuesParser::new(Scope::ALL.iter().map(|scope| scope.word())), hide_possible_values = true)]
        scopes: Vec<String>,
        /// File with a public key (PEM or JSON Web Key) with which it signs in the place of a secret; may be given several times
        #[arg(long = "public-key", value_name = "FILE")]
        public_keys: Vec<PathBuf>,
    },
    /// Show the applications of an organisation
    List {
        #[command(flatten)]
        ground: Ground,
        /// The organisation's id, as the API or `organization list` gives it
        #[arg(value_parser = organization_id)]
        organization: Uuid,
    },
    /// End an application: no new tokens, and those that are out are refused
    Revoke {
        #[command(flatten)]
        ground: Ground,
        /// The application's client id
        client_id: String,
    },
    /// Give an application a new secret; prints it
    RotateSecret {
        #[command(flatten)]
        ground: Ground,
        /// The application's client id
        client_id: String,
        /// How long the secret before it is good besides
        #[arg(long, default_value_t = 24, value_name = "HOURS")]
        overlap_hours: i32,
    },
    /// Give an application other public keys: those before, or a secret, are good no more
    ReplaceKeys {
        #[command(flatten)]
        ground: Ground,
        /// The application's client id
        client_id: String,
        /// File with a public key (PEM or JSON Web Key); may be given several times
        #[arg(long = "public-key", value_name = "FILE", required = true)]
        public_keys: Vec<PathBuf>,
    },
    /// Register documents of GraphQL that an application may ask by their hashes; prints each hash
    RegisterDocuments {
        #[command(flatten)]
        ground: Ground,
        /// The application's client id
        client_id: String,
        /// Files of documents, each one document
        files: Vec<PathBuf>,
        /// Drop all that were registered before
        #[arg(long)]
        replace: bool,
        /// From now on it asks nothing else
        #[arg(long, conflicts_with = "any")]
        only: bool,
        /// From now on it may ask any document again
        #[arg(long)]
        any: bool,
    },
}

fn texts(files: &[PathBuf]) -> Result<Vec<String>, String> {
    let read = |file: &PathBuf| fs::read_to_string(file).map_err(|fault| format!("cannot read {}: {fault}", file.display()));
    files.iter().map(read).collect()
}

pub(super) async fn organization(options: OrganizationOptions) -> Outcome {
    let new = match options.verb {
        OrganizationVerb::Register(new) => new,
        OrganizationVerb::List { ground, search } => {
            let (db, _) = ground.open().await?;
            for row in organization::operator::list(&db, &search).await.map_err(told)? {
                let ceased = if row.active { "" } else { "  (ceased)" };
                println!("{}  {}  {}{ceased}", row.id, row.kind, row.name);
            }
            return Ok(());
        }
    };
    let (db, seal) = new.ground.open().await?;
    let kind = OrganizationKind::of(&new.kind.to_uppercase()).ok_or("no such kind of organisation")?;
    let command = organization::model::Register {
        kind,
        name: new.name,
        name_en: new.name_en,
        edrpou: new.edrpou,
        tax_number: None,
        territory: new.territory,
        registry_number: new.registry_number,
        contacts: Vec::new(),
    };
    let row = organization::operator::register(&db, &seal, &command).await.map_err(told)?;
    println!("registered: {}\nid: {}", row.name, row.id);
    Ok(())
}

pub(super) async fn application(options: ApplicationOptions) -> Outcome {
    match options.verb {
        ApplicationVerb::Register { ground, organization, name, scopes, public_keys } => {
            let (db, seal) = ground.open().await?;
            let public_keys = (!public_keys.is_empty()).then(|| texts(&public_keys)).transpose()?;
            let signs = public_keys.is_some();
            let wish = operator::Register { organization_id: organization, name, scopes, public_keys, ..Default::default() };
            let client = operator::register(&db, &seal, Errand::Operator, wish).await.map_err(told)?;
            println!("client id: {}", client.client_id);
            if !signs {
                println!("client secret: {}", client.secret.expose_secret());
            }
        }
        ApplicationVerb::List { ground, organization } => {
            let (db, _) = ground.open().await?;
            for row in operator::list(&db, organization).await.map_err(told)? {
                let used = row
                    .last_used_at
                    .map_or_else(|| "never used".to_owned(), |at| format!("last used {}", at.format("%F %R UTC")));
                println!("{}  {}  {}  {used}\n    {}", row.client_id, row.status, row.name, row.scopes.join(" "));
                for key in row.keys() {
                    println!("    signs with {}", key.kid());
                }
            }
        }
        ApplicationVerb::Revoke { ground, client_id } => {
            let (db, _) = ground.open().await?;
            operator::revoke(&db, &client_id).await.map_err(told)?;
            println!("revoked: {client_id}");
        }
        ApplicationVerb::RotateSecret { ground, client_id, overlap_hours } => {
            let (db, seal) = ground.open().await?;
            let secret = operator::rotate_secret(&db, &seal, &client_id, overlap_hours).await.map_err(told)?;
            println!("client secret: {}", secret.expose_secret());
        }
        ApplicationVerb::ReplaceKeys { ground, client_id, public_keys } => {
            let (db, _) = ground.open().await?;
            operator::replace_keys(&db, &client_id, &texts(&public_keys)?).await.map_err(told)?;
            println!("keys replaced: {client_id}");
        }
        ApplicationVerb::RegisterDocuments { ground, client_id, files, replace, only, any } => {
            let (db, _) = ground.open().await?;
            let texts = texts(&files)?;
            let gate = schema::Gate::new(schema::builder)?;
            for (file, text) in files.iter().zip(&texts) {
                let wrong = |faults: Faults| faults.first().map(|fault| fault.message.clone()).unwrap_or_default();
                gate.check(text).await.map_err(|faults| format!("{}: {}", file.display(), wrong(faults)))?;
            }
            let hashes: Vec<_> = texts.iter().map(|text| shelf::hash(text)).collect();
            let documents = Documents { texts, replace, only: (only || any).then_some(only) };
            operator::register_documents(&db, &client_id, &documents).await.map_err(told)?;
            for (file, hash) in files.iter().zip(hashes) {
                let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                println!("sha256:{hash}  {}", file.display());
            }
        }
    }
    Ok(())
}
