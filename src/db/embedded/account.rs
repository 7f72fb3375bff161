//! Under whose name the private cluster runs.

use super::Fault;
use std::{
    fs::{self, DirBuilder, Permissions},
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

/// The user that runs mistok, or `nobody` in the place of root.
#[derive(Clone, Copy, Debug)]
pub(super) enum Account {
    Own { uid: u32 },
    Nobody { uid: u32, gid: u32 },
}

impl Account {
    pub(super) fn choose() -> Self {
        let user = rustix::process::geteuid();
        if !user.is_root() {
            return Self::Own { uid: user.as_raw() };
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let (uid, gid) = nobody(&passwd).unwrap_or((65534, 65534));
        Self::Nobody { uid, gid }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Own { .. } => "that runs mistok",
            Self::Nobody { .. } => "nobody",
        }
    }

    fn uid(self) -> u32 {
        match self {
            Self::Own { uid } | Self::Nobody { uid, .. } => uid,
        }
    }

    /// A program that runs under this account, hears nothing of the terminal's Ctrl-C and of the caller's PG… variables.
    pub(super) fn alone(self, command: &mut Command) -> &mut Command {
        command.env_clear().env("LC_ALL", "C").env("TZ", "UTC").env("PATH", "/usr/local/bin:/usr/bin:/bin");
        // The caller's directory may be closed to the account.
        command.current_dir("/").stdin(Stdio::null()).process_group(0);
        if let Self::Nobody { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Makes a directory, and those above it, through which the account can pass.
    pub(super) fn make_way(self, dir: &Path) -> Result<(), Fault> {
        if let Some(above) = dir.parent() {
            fs::create_dir_all(above).map_err(Fault::io("cannot make", above))?;
        }
        fs::create_dir(dir).map_err(Fault::io("cannot make", dir))?;
        self.open_way(dir)
    }

    /// Closes a directory to others as far as the account allows.
    pub(super) fn open_way(self, dir: &Path) -> Result<(), Fault> {
        let mode = match self {
            Self::Own { .. } => 0o700,
            // Nobody passes through to the cluster; what lies beside it is for root alone.
            Self::Nobody { .. } => 0o711,
        };
        fs::set_permissions(dir, Permissions::from_mode(mode)).map_err(Fault::io("cannot close", dir))
    }

    /// Whether the account can pass all directories on the way.
    pub(super) fn reaches(self, dir: &Path) -> Result<(), Fault> {
        let mut look = Command::new("/bin/sh");
        look.args(["-c", "cd -- \"$0\""]).arg(dir).stderr(Stdio::null());
        match self.alone(&mut look).status() {
            Ok(status) if status.success() => Ok(()),
            _ => Err(Fault::OutOfReach { dir: dir.to_owned(), account: self.name().to_owned() }),
        }
    }

    /// A directory that belongs to the account and is closed to all others, made or found so.
    pub(super) fn own_directory(self, dir: &Path) -> Result<(), Fault> {
        match DirBuilder::new().mode(0o700).create(dir) {
            Ok(()) => {
                if let Self::Nobody { uid, gid } = self {
                    chown(dir, Some(uid), Some(gid)).map_err(Fault::io("cannot hand over", dir))?;
                }
                return Ok(());
            }
            Err(fault) if fault.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(fault) => return Err(Fault::io("cannot make", dir)(fault)),
        }
        // Somebody else may have made it first, in a directory that everybody writes.
        let found = fs::symlink_metadata(dir).map_err(Fault::io("cannot read", dir))?;
        if found.is_dir() && found.uid() == self.uid() && found.mode() & 0o077 == 0 {
            return Ok(());
        }
        Err(Fault::Failed {
            what: "taking the directory",
            said: format!("{} belongs to somebody else or is open to others", dir.display()),
        })
    }
}

/// The ids of `nobody` in the words of `/etc/passwd`, where some systems write them as negative numbers.
fn nobody(passwd: &str) -> Option<(u32, u32)> {
    let line = passwd.lines().find(|line| line.starts_with("nobody:"))?;
    let mut ids = line.split(':').skip(2).map(|id| id.parse::<i64>().ok().map(|id| id as u32));
    Some((ids.next()??, ids.next()??))
}

#[cfg(test)]
mod tests {
    use super::nobody;

    #[test]
    fn nobody_is_found() {
        assert_eq!(nobody("root:x:0:0::/:/bin/sh\nnobody:x:65534:65533:nobody:/:/no\n"), Some((65534, 65533)));
        assert_eq!(nobody("nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false"), Some((u32::MAX - 1, u32::MAX - 1)));
        assert_eq!(nobody("root:x:0:0::/:/bin/sh"), None);
    }
}
