//! Proofs that the audit is whole: of one entry, and the keys to check it with.

use super::{
    audit::{self, AuditEntry},
    context::Session,
    directive::{cost, scope},
    scalars::DateTime,
};
use crate::{
    base::Error,
    journal::proof::{
        Hash, Root,
        store::{self, Announced},
        tree,
    },
};
use async_graphql::{Context, ID, Object, Result};

/// Proof that an entry stands under a signed root (доказ цілісності запису). All hashes, and the signature, are in hexadecimal; how to check it with `openssl` and a few lines of Python: README, "Proofs".
pub struct AuditProof {
    entry: AuditEntry,
    index: usize,
    path: Vec<Hash>,
    root: Root,
}

/// Proof that an entry stands under a signed root (доказ цілісності запису). All hashes, and the signature, are in hexadecimal; how to check it with `openssl` and a few lines of Python: README, "Proofs".
#[Object(directive = scope::apply("audit:read".to_owned()))]
impl AuditProof {
    /// The entry (запис).
    async fn entry(&self) -> &AuditEntry {
        &self.entry
    }

    /// The place of the entry's leaf in the tree, from 0. Leaves stand in the order of their hashes and the tree is filled up to 4,096, so that it tells nothing of what others do (номер листка).
    async fn leaf_index(&self) -> i32 {
        i32::try_from(self.index).unwrap_or(i32::MAX)
    }

    /// The hashes beside the way from the leaf to the root, from below: 12 of them (RFC 9162, section 2.1.3) (шлях у дереві).
    async fn path(&self) -> Vec<String> {
        self.path.iter().map(ToString::to_string).collect()
    }

    /// The hash at the top of the tree (корінь).
    async fn root(&self) -> String {
        self.root.tree.to_string()
    }

    /// What is signed, byte by byte: it names the root in its line `tree`, its number and time, and the hash of the statement before it (підписаний текст).
    async fn statement(&self) -> String {
        self.root.statement()
    }

    /// Ed25519 (RFC 8032) over the statement (підпис).
    async fn signature(&self) -> String {
        crate::journal::proof::hex(&self.root.signature)
    }

    /// The key that has signed: one of auditKeys (ключ).
    async fn key_id(&self) -> &str {
        &self.root.key_id
    }
}

/// A key that signs roots of the audit (ключ підпису аудиту).
pub struct AuditKey(Announced);

/// A key that signs roots of the audit (ключ підпису аудиту).
#[Object]
impl AuditKey {
    /// Its thumbprint (RFC 7638) (ідентифікатор ключа).
    async fn id(&self) -> &str {
        &self.0.id
    }

    /// The public key, in PEM as OpenSSL reads it. Keep it: a proof is worth as much as your certainty that this is the server's key (відкритий ключ).
    async fn public_key(&self) -> &str {
        &self.0.public_key
    }

    /// When it was published; it may begin to sign later (опубліковано).
    async fn since(&self) -> DateTime {
        self.0.since.into()
    }

    /// When it signed last; null for the key that signs, and for one that is to come (востаннє підписав).
    async fn until(&self) -> Option<DateTime> {
        self.0.until.map(Into::into)
    }
}

/// Questions about proofs.
#[derive(Default)]
pub struct ProofQuery;

#[Object]
impl ProofQuery {
    /// Proof that an entry of an audit trail is recorded as it is told; null until the first root after it, which comes within an hour or two, and for what is no entry that you may see (доказ для запису аудиту).
    #[graphql(directive = scope::apply("audit:read".to_owned()), directive = cost::apply("1000".to_owned()))]
    async fn audit_proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the entry, from `auditTrail`.")] entry_id: ID,
    ) -> Result<Option<AuditProof>> {
        let Some(entry) = audit::find(ctx, &entry_id).await? else { return Ok(None) };
        let hash = Hash::try_from(entry.0.hash.clone()).map_err(|_| Error::internal("a hash of a wrong length"))?;
        let reading = Session::of(ctx).reading().await?;
        let Some(root) = store::over(reading.link(), hash, &entry.0.place).await? else { return Ok(None) };
        let leaves = root.filled().ok_or_else(|| Error::internal("a root that is no root"))?;
        let Ok(index) = leaves.binary_search(&hash) else { return Ok(None) };
        Ok(tree::path(&leaves, index).map(|path| AuditProof { entry, index, path, root }))
    }

    /// All keys that have signed or will sign roots of the audit, oldest first (ключі підпису аудиту).
    #[graphql(directive = scope::apply("audit:read".to_owned()))]
    async fn audit_keys(&self, ctx: &Context<'_>) -> Result<Vec<AuditKey>> {
        let reading = Session::of(ctx).reading().await?;
        Ok(store::keys(reading.link()).await?.into_iter().map(AuditKey).collect())
    }
}
