//! Tables for people with spreadsheets: rows in from a file, rows out as a stream.

mod export;
mod import;

use crate::{command::mistok, stage::place, town::Town};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use uuid::Uuid;

/// A directory of a test's own, with what is imported in it.
pub struct Desk(PathBuf);

impl Desk {
    pub fn new(name: &str) -> Self {
        let dir = place(name);
        fs::create_dir(&dir).unwrap();
        Self(dir)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// `mistok import` for an organisation of the town.
pub fn importing(town: &Town, what: &str, file: &Path, organization: Uuid, more: &[&str]) -> Command {
    let organization = organization.to_string();
    let mut command = mistok(&["import", what, file.to_str().unwrap(), "--organization", &organization]);
    command.args(more).env("MISTOK_DATABASE_URL", town.served.stage.app_url());
    command
}

/// How it ended and what it said.
pub fn said(output: &Output) -> (Option<i32>, String) {
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text)
}

/// The same, run to its end.
pub fn imported(town: &Town, what: &str, file: &Path, organization: Uuid, more: &[&str]) -> (Option<i32>, String) {
    said(&importing(town, what, file, organization, more).output().unwrap())
}
