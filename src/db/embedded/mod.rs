//! A PostgreSQL of our own, from the system's binaries: a private cluster on a unix socket, for `mistok demo` and for
//! the tests. Nobody but its owner reaches it, it listens on no port, and it never outlives the process that started it.
//!
//! ```text
//! DIR/lock          held while a mistok uses DIR; holds its process id
//! DIR/cluster/      the cluster's data
//! DIR/run/          the socket (in the temporary directory where DIR's path is too long for a socket)
//! DIR/postgres.log  what the server says, anew at each start
//! ```
//!
//! PostgreSQL refuses to run as root: as root it runs under the account `nobody`.

mod account;
mod binaries;
mod server;

pub use binaries::Binaries;

use account::Account;
use server::Server;
use std::{
    fs::{self, File},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    process::Command,
};

/// What is worth how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Every commit survives a crash of the machine.
    Kept,
    /// Nothing is worth anything: no fsync, and the directory vanishes with the process.
    ThrownAway,
}

/// Why there is no private cluster. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("{0}")]
    NotInstalled(String),
    #[error("a mistok runs already on {dir} (process {pid}): stop it first, or name another directory with --data")]
    Busy { dir: PathBuf, pid: String },
    #[error("{0} is not empty and holds no cluster of mistok: name another directory with --data")]
    Foreign(PathBuf),
    #[error(
        "the account {account}, under which PostgreSQL has to run, cannot reach {dir}: name a directory outside of home with --data"
    )]
    OutOfReach { dir: PathBuf, account: String },
    #[error(
        "{dir} was made by PostgreSQL {made}, and only {found} is here: install PostgreSQL {made}, or begin anew with --fresh"
    )]
    OtherVersion { dir: PathBuf, made: String, found: String },
    #[error("{what} failed: {said}")]
    Failed { what: &'static str, said: String },
    #[error("{what} {path}: {source}")]
    Io { what: &'static str, path: PathBuf, source: io::Error },
}

impl Fault {
    fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

/// The name of the cluster's superuser.
pub const SUPERUSER: &str = "postgres";

/// A running private cluster. Dropped, it stops.
#[derive(Debug)]
pub struct Cluster {
    server: Server,
    socket: PathBuf,
    home: Home,
    durability: Durability,
}

impl Cluster {
    /// Starts the cluster of a directory and makes it first where there is none. Blocks for about a second at the most.
    pub fn start(dir: &Path, durability: Durability) -> Result<Self, Fault> {
        let home = Home::enter(dir)?;
        let binaries = home.binaries()?;
        home.settle()?;
        if !home.cluster().exists() {
            home.found(&binaries, durability)?;
        }
        let socket = home.socket()?;
        let doomed = (durability == Durability::ThrownAway).then_some(home.dir.as_path());
        let server = Server::start(&binaries, &home.account, &home.cluster(), &socket, &home.dir.join("postgres.log"), doomed)?;
        Ok(Self { server, socket, home, durability })
    }

    /// The address for a login and a database, as diesel-async and psql read it.
    pub fn url(&self, role: &str, database: &str) -> String {
        let mut host = String::new();
        for byte in self.socket.as_os_str().as_encoded_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => host.push(char::from(*byte)),
                other => host.push_str(&format!("%{other:02X}")),
            }
        }
        format!("postgresql://{role}@{host}/{database}")
    }

    /// Programs of the same PostgreSQL (`psql`, `pg_dump`).
    pub fn program(&self, name: &str) -> Result<PathBuf, Fault> {
        Ok(self.home.binaries()?.program(name))
    }

    /// Ends all sessions and stops the server.
    pub fn stop(self) {}
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.server.stop();
        // A socket's directory in the temporary directory; the one beside the data stays.
        if !self.socket.starts_with(&self.home.dir) {
            let _ = fs::remove_dir(&self.socket);
        }
        if self.durability == Durability::ThrownAway {
            let _ = fs::remove_dir_all(&self.home.dir);
        }
    }
}

/// Throws a directory's cluster away. Other files in it stay.
pub fn erase(dir: &Path) -> Result<(), Fault> {
    if !dir.exists() {
        return Ok(());
    }
    let home = Home::enter(dir)?;
    home.settle()?;
    for path in [home.cluster(), home.unfinished()] {
        if path.exists() {
            fs::remove_dir_all(&path).map_err(Fault::io("cannot remove", &path))?;
        }
    }
    Ok(())
}

/// A directory that is ours as long as this value lives.
#[derive(Debug)]
struct Home {
    dir: PathBuf,
    account: Account,
    /// The lock goes with the open file, so that it ends with the process however that ends.
    _lock: File,
}

impl Home {
    fn enter(dir: &Path) -> Result<Self, Fault> {
        let account = Account::choose();
        let lock_name = "lock";
        if !dir.exists() {
            account.make_way(dir)?;
        } else if !dir.join(lock_name).exists() {
            let mut entries = fs::read_dir(dir).map_err(Fault::io("cannot read", dir))?;
            if entries.next().is_some() {
                return Err(Fault::Foreign(dir.to_owned()));
            }
            account.open_way(dir)?;
        }
        let dir = fs::canonicalize(dir).map_err(Fault::io("cannot find", dir))?;
        let path = dir.join(lock_name);
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(Fault::io("cannot open", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = lock.read_to_string(&mut pid);
                return Err(Fault::Busy { dir, pid: pid.trim().to_owned() });
            }
            Err(fs::TryLockError::Error(fault)) => return Err(Fault::io("cannot lock", &path)(fault)),
        }
        lock.set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| writeln!(lock, "{}", std::process::id()))
            .map_err(Fault::io("cannot write", &path))?;
        account.reaches(&dir)?;
        Ok(Self { dir, account, _lock: lock })
    }

    fn cluster(&self) -> PathBuf {
        self.dir.join("cluster")
    }

    fn unfinished(&self) -> PathBuf {
        self.dir.join("cluster.unfinished")
    }

    /// The binaries of the version that made the cluster, or the newest ones.
    fn binaries(&self) -> Result<Binaries, Fault> {
        let found = Binaries::find()?;
        let newest = found.first().cloned().ok_or_else(|| Fault::NotInstalled(binaries::advice()))?;
        let Ok(made) = fs::read_to_string(self.cluster().join("PG_VERSION")) else { return Ok(newest) };
        let made = made.trim();
        found.iter().find(|binaries| binaries.major().to_string() == made).cloned().ok_or_else(|| Fault::OtherVersion {
            dir: self.dir.clone(),
            made: made.to_owned(),
            found: newest.major().to_string(),
        })
    }

    /// Ends a server that a killed mistok has left behind: the lock is ours, so nobody uses it.
    fn settle(&self) -> Result<(), Fault> {
        server::end_orphan(&self.cluster())
    }

    /// Makes the cluster, under another name until it is whole.
    fn found(&self, binaries: &Binaries, durability: Durability) -> Result<(), Fault> {
        let unfinished = self.unfinished();
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(Fault::io("cannot remove", &unfinished))?;
        }
        let mut said = String::new();
        // C.UTF-8 compares by code point and knows the case of Ukrainian letters, the same on every machine; some systems lack it.
        for locale in ["C.UTF-8", "en_US.UTF-8"] {
            self.account.own_directory(&unfinished)?;
            let mut initdb = Command::new(binaries.program("initdb"));
            initdb.arg("-D").arg(&unfinished).args([
                "--username",
                SUPERUSER,
                "--auth",
                "trust",
                "--encoding",
                "UTF8",
                "--locale",
                locale,
            ]);
            if durability == Durability::ThrownAway {
                initdb.arg("--no-sync");
            }
            let done =
                self.account.alone(&mut initdb).output().map_err(Fault::io("cannot run", &binaries.program("initdb")))?;
            if done.status.success() {
                let cluster = self.cluster();
                server::write_settings(&unfinished, durability, binaries)
                    .map_err(Fault::io("cannot write settings in", &unfinished))?;
                return fs::rename(&unfinished, &cluster).map_err(Fault::io("cannot make", &cluster));
            }
            said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
            fs::remove_dir_all(&unfinished).map_err(Fault::io("cannot remove", &unfinished))?;
        }
        Err(Fault::Failed { what: "initdb", said })
    }

    /// The directory of the socket, for its owner alone. The system limits a socket's path to about a hundred bytes.
    fn socket(&self) -> Result<PathBuf, Fault> {
        const ROOM: usize = 100 - "/.s.PGSQL.5432.lock".len();
        let near = self.dir.join("run");
        if near.as_os_str().len() <= ROOM {
            self.account.own_directory(&near)?;
            return Ok(near);
        }
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        self.dir.hash(&mut hasher);
        let far = std::env::temp_dir().join(format!("mistok-{:016x}", hasher.finish()));
        self.account.own_directory(&far)?;
        Ok(far)
    }
}
