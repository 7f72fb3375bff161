//! Where the system keeps PostgreSQL, or how it gets one.

use super::Fault;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The oldest version that has all that the schema needs.
const OLDEST: u32 = 15;

/// A directory with `postgres`, `initdb` and the rest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binaries {
    major: u32,
    dir: PathBuf,
}

impl Binaries {
    /// All that are new enough, the newest first.
    pub fn find() -> Result<Vec<Self>, Fault> {
        let found: BTreeSet<Self> = places().into_iter().filter_map(|dir| Self::at(&dir)).collect();
        let newest = found.iter().next_back().map(|binaries| binaries.major);
        let found: Vec<Self> = found.into_iter().rev().filter(|binaries| binaries.major >= OLDEST).collect();
        match (found.is_empty(), newest) {
            (false, _) => Ok(found),
            (true, None) => Err(Fault::NotInstalled(format!("no PostgreSQL is installed here. {}", advice()))),
            (true, Some(old)) => Err(Fault::NotInstalled(format!(
                "PostgreSQL {old} is installed here, and mistok needs {OLDEST} or newer. {}",
                advice()
            ))),
        }
    }

    pub fn major(&self) -> u32 {
        self.major
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Whether a module of PostgreSQL's own package lies where the server looks for it.
    pub(super) fn has_module(&self, name: &str) -> bool {
        let told = Command::new(self.program("pg_config")).arg("--pkglibdir").output();
        let told = told.ok().and_then(|said| String::from_utf8(said.stdout).ok()).map(|dir| PathBuf::from(dir.trim()));
        let above = self.dir.parent().unwrap_or(&self.dir);
        let places =
            told.into_iter().chain(["lib", "lib/postgresql", "lib/pgsql", "lib64/pgsql"].map(|place| above.join(place)));
        let files = [format!("{name}.so"), format!("{name}.dylib")];
        places.into_iter().any(|place| files.iter().any(|file| place.join(file).exists()))
    }

    /// A distribution may install clients alone: the server's programs are what counts.
    fn at(dir: &Path) -> Option<Self> {
        let postgres = dir.join("postgres");
        if !dir.join("initdb").exists() || !postgres.exists() {
            return None;
        }
        let said = Command::new(&postgres).arg("--version").output().ok()?;
        // A place on PATH may hold links to some of the programs: all of them lie together where the links lead.
        let dir = fs::canonicalize(postgres).ok()?.parent()?.to_owned();
        Some(Self { major: major(&String::from_utf8(said.stdout).ok()?)?, dir })
    }
}

/// "postgres (PostgreSQL) 15.18 (Debian …)" or "… 18beta1".
fn major(version: &str) -> Option<u32> {
    let number = version.split_whitespace().find(|word| word.starts_with(|sign: char| sign.is_ascii_digit()))?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    if let Ok(said) = Command::new("pg_config").arg("--bindir").output() {
        places.extend(String::from_utf8(said.stdout).ok().map(|dir| PathBuf::from(dir.trim())));
    }
    // Debian; Red Hat's own repository; Homebrew; Postgres.app.
    for (above, below) in [
        ("/usr/lib/postgresql", "bin"),
        ("/usr", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("/home/linuxbrew/.linuxbrew/opt", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "bin"),
    ] {
        let versions = fs::read_dir(above).into_iter().flatten().flatten();
        let versions = versions.filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            above.contains("ostgres") || name.starts_with("pgsql") || name.starts_with("postgresql")
        });
        places.extend(versions.map(|entry| entry.path().join(below)));
    }
    places.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    places
}

/// The one line that installs it, and the way without.
pub(super) fn advice() -> String {
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let line = installation(&system);
    format!(
        "Install it:\n    {line}\n\
         or run both the server and its database in containers:\n    docker compose --file docker/compose.yaml up demo"
    )
}

fn installation(system: &str) -> &'static str {
    let field = |name: &str| {
        let value = system.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_default().trim_matches('"').to_owned()
    };
    let names = format!("{} {}", field("ID"), field("ID_LIKE"));
    let is = |name: &str| names.split_whitespace().any(|word| word == name);
    if cfg!(target_os = "macos") {
        "brew install postgresql@17"
    } else if is("debian") || is("ubuntu") {
        "sudo apt-get install --yes postgresql"
    } else if is("fedora") || is("rhel") || is("centos") {
        "sudo dnf install --assumeyes postgresql-server"
    } else if is("alpine") {
        "sudo apk add postgresql"
    } else if is("arch") {
        "sudo pacman --sync postgresql"
    } else if is("suse") || is("opensuse") {
        "sudo zypper install postgresql-server"
    } else {
        "install the server package of PostgreSQL 15 or newer of your system"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("postgres"), None);
    }

    #[test]
    #[cfg(not(target_os = "macos"))]
    fn each_system_gets_its_own_line() {
        for (system, word) in [
            ("ID=debian", "apt-get"),
            ("NAME=Mint\nID=linuxmint\nID_LIKE=\"ubuntu debian\"", "apt-get"),
            ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"", "dnf"),
            ("ID=alpine", "apk"),
            ("", "server package"),
        ] {
            assert!(installation(system).contains(word), "{system}");
        }
    }
}
