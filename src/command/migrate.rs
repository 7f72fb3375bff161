//! `mistok migrate`: the tables, by the login that owns them.

use super::Outcome;
use crate::{
    config::{self, Faults},
    db::{migrate, roles},
};
use secrecy::{ExposeSecret, SecretString};

const HELP: &str = "\
The server works with two logins: mistok_owner makes the tables, mistok_app works with them and can neither
change them nor see past row-level security. An administrator makes both once:

  mistok migrate --print-roles | less        read it, put passwords in, run it with psql

and then, before each new version of the server:

  MISTOK_OWNER_URL=postgresql://mistok_owner:PASSWORD@HOST/mistok mistok migrate

With MISTOK_SUPERUSER_URL it makes both logins and the database first, with the passwords that stand in
MISTOK_OWNER_URL and MISTOK_DATABASE_URL.

It may run while an older server works. Two at once wait for each other. It needs a direct connection, not a pooler's.";

#[derive(clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Options {
    /// The database, by the login that owns it (mistok_owner): postgresql://mistok_owner:…@host/mistok
    #[arg(long, env = "MISTOK_OWNER_URL", hide_env_values = true, value_name = "URL")]
    owner_url: Option<SecretString>,
    /// Makes both logins and the database first: a superuser's address, with any database of that server
    #[arg(long, env = "MISTOK_SUPERUSER_URL", hide_env_values = true, value_name = "URL", requires = "database_url")]
    superuser_url: Option<SecretString>,
    /// With --superuser-url: the database, by the login that serves (mistok_app)
    #[arg(long, env = "MISTOK_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<SecretString>,
    /// Print the SQL that makes the two logins, and do nothing
    #[arg(long)]
    print_roles: bool,
    /// Take the last migration back, with all the data in what it made
    #[arg(long, conflicts_with = "print_roles")]
    down: bool,
}

pub(super) async fn run(options: &Options) -> Outcome {
    if options.print_roles {
        print!("{}", roles::print());
        return Ok(());
    }
    let url = config::check_url(options.owner_url.as_ref(), "MISTOK_OWNER_URL (--owner-url)");
    let both = options.superuser_url.as_ref().map(|superuser| {
        Faults::both(
            config::check_url(Some(superuser), "MISTOK_SUPERUSER_URL (--superuser-url)"),
            config::check_url(options.database_url.as_ref(), "MISTOK_DATABASE_URL (--database-url)"),
        )
    });
    let (url, both) = Faults::both(url, both.transpose())?;
    if let Some((superuser, app)) = both {
        let wanted = roles::Wanted::read(&url, &app)?;
        roles::make(superuser.expose_secret(), &wanted.passwords).await?;
        roles::make_database(superuser.expose_secret(), &wanted.database).await?;
    }
    if options.down {
        match migrate::down(url.expose_secret()).await? {
            Some(name) => println!("taken back: {name}"),
            None => println!("nothing to take back"),
        }
        return Ok(());
    }
    let done = migrate::up(url.expose_secret()).await?;
    done.iter().for_each(|name| println!("done: {name}"));
    println!("the database is up to date");
    Ok(())
}
