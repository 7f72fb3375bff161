//! The setting of the audit: with which keys its roots are signed. Without one there is no server: an audit that nobody can check is what
//! partners were promised not to get, and it would be noticed too late.

use super::Faults;
use ed25519_dalek::{SigningKey, pkcs8::DecodePrivateKey};
use secrecy::SecretString;
use std::{fs, path::PathBuf};

/// The keys of the audit.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct AuditOptions {
    /// Files with private keys that sign the hourly roots of the audit (Ed25519, PKCS#8, PEM), with commas between them. The first
    /// signs, all are published: to change a key, add the new one, put it first when everybody who checks has it, drop the old one
    #[arg(long, env = "MISTOK_AUDIT_KEYS", value_delimiter = ',', value_name = "FILES", help_heading = "Keys")]
    pub audit_keys: Vec<PathBuf>,
}

impl AuditOptions {
    /// PEM texts.
    pub(super) fn read(&self, faults: &mut Faults) -> Vec<SecretString> {
        if self.audit_keys.is_empty() {
            faults.add("MISTOK_AUDIT_KEYS (--audit-keys): missing; `mistok keys DIR` makes one");
        }
        let mut keys = Vec::new();
        for path in &self.audit_keys {
            match fs::read_to_string(path) {
                Ok(text) if SigningKey::from_pkcs8_pem(text.trim()).is_ok() => keys.push(SecretString::from(text)),
                Ok(_) => {
                    faults.add(format!("MISTOK_AUDIT_KEYS: {} holds no Ed25519 private key in PKCS#8 PEM", path.display()));
                }
                Err(fault) => faults.add(format!("MISTOK_AUDIT_KEYS: cannot read {}: {fault}", path.display())),
            }
        }
        keys
    }
}
