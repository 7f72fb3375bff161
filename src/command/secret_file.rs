//! Secrets in files: readable by their owner alone, written whole or not at all.

use secrecy::{ExposeSecret, SecretString};
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, fchown},
    path::Path,
};

/// Replaces a file, which stays its owner's: an administrator writes what the server reads.
pub(super) fn write(path: &Path, text: &SecretString) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let unfinished = path.with_file_name(name);
    let mut file = fs::File::options().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    let owned = match fs::metadata(path) {
        Ok(old) => fchown(&file, Some(old.uid()), Some(old.gid())),
        Err(_) => Ok(()),
    };
    let written = owned.and_then(|()| file.write_all(text.expose_secret().as_bytes())).and_then(|()| file.sync_all());
    match written.and_then(|()| fs::rename(&unfinished, path)) {
        Ok(()) => Ok(()),
        Err(fault) => {
            let _ = fs::remove_file(&unfinished);
            Err(fault)
        }
    }
}

/// Reads a file, or makes it first.
pub(super) fn read_or_make(path: &Path, make: impl FnOnce() -> SecretString) -> Result<SecretString, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(SecretString::from(text)),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
            let text = make();
            write(path, &text).map_err(|fault| format!("cannot write {}: {fault}", path.display()))?;
            Ok(text)
        }
        Err(fault) => Err(format!("cannot read {}: {fault}", path.display())),
    }
}
