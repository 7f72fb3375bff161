//! PostGraphile 5 on the same database, as its own documentation sets it up: `postgraphile/`, installed once by npm.

use super::{Outcome, account, ground::Ground, server};
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Its files, and where they are installed: beside the data, not beside the sources.
const FILES: [(&str, &str); 3] = [
    ("package.json", include_str!("postgraphile/package.json")),
    ("package-lock.json", include_str!("postgraphile/package-lock.json")),
    ("server.mjs", include_str!("postgraphile/server.mjs")),
];

pub struct Peer {
    child: Child,
    pub url: String,
}

impl Peer {
    pub async fn start(ground: &Ground) -> Outcome<Self> {
        ground.superuser().await?.batch_execute(include_str!("postgraphile/setup.sql")).await?;
        let dir = ground.dir().join("postgraphile");
        fs::create_dir_all(&dir)?;
        for (name, text) in FILES {
            fs::write(dir.join(name), text)?;
        }
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]), &dir)?;
        let listen = server::free_address()?;
        // Its own Node.js, whichever the system has: it needs a newer one than many.
        let child = Command::new(dir.join("node_modules/.bin/node"))
            .arg("server.mjs")
            .current_dir(&dir)
            .env("LISTEN", &listen)
            .env("PGHOST", ground.socket())
            .env("PGDATABASE", super::ground::DATABASE)
            .env("NODE_ENV", "production")
            .env("GRAPHILE_ENV", "production")
            // It says much about names of one sort.
            .stdout(Stdio::null())
            .stderr(fs::File::create(dir.join("postgraphile.log"))?)
            .spawn()?;
        let peer = Self { child, url: format!("http://{listen}") };
        server::answered(&format!("{}/graphql", peer.url), Duration::from_secs(60)).await?;
        Ok(peer)
    }

    /// Processor time of itself and of PostgreSQL.
    pub fn spent(&self, ground: &Ground) -> (Duration, Duration) {
        (account::with_children(self.child.id()), ground.spent())
    }
}

fn run(command: &mut Command, dir: &Path) -> Outcome {
    let done = command.current_dir(dir).output()?;
    if !done.status.success() {
        return Err(format!("npm: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    Ok(())
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
