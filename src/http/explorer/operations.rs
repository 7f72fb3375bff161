//! The operations that the explorer offers: the files of `schema/operations` as they are when the program is built, in the order
//! of the README's table, with the variables and the purpose with which the walk asks them first. A test holds the list complete.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Operations of one kind of user that belong together.
struct Group {
    kind: &'static str,
    name: &'static str,
    operations: &'static [(&'static str, &'static str)],
}

macro_rules! groups {
    ($($kind:literal $group:literal: $($name:literal)+;)+) => {
        &[$(Group {
            kind: $kind,
            name: $group,
            operations: &[$((
                $name,
                include_str!(concat!("../../../schema/operations/", $kind, "/", $name, ".graphql")),
            )),+],
        }),+]
    };
}

const GROUPS: &[Group] = groups! {
    "partner" "before":
        "viewer" "rate-limit" "territory-search" "service-types" "codelist" "receivers" "referral-candidates" "centre";
    "partner" "sender":
        "case-open" "cases" "consent-give" "referral-create" "consent-withdraw" "case-close";
    "partner" "subject":
        "subject-export" "person-erase";
    "partner" "receiver":
        "referrals-inbound" "referral-accept" "referral-start" "referral-complete" "referral-decline"
        "referral-redaction-acknowledge" "offering-update";
    "partner" "both":
        "referral" "referral-status" "referral-hidden" "access-explain" "audit-trail" "audit-proof" "audit-keys" "nodes";
    "partner" "provider":
        "memorandum-create" "memorandum-update" "memorandum-invite" "memorandum-suspend" "memorandum-resume" "memorandum-renew"
        "memorandum-terminate" "coverage-gaps";
    "partner" "party":
        "memoranda" "memorandum" "memorandum-sign" "memorandum-withdraw";
    "partner" "changes":
        "changes-head" "changes" "changes-follow";
    "partner" "webhooks":
        "webhook-endpoint-create" "webhook-test" "webhook-endpoints" "webhook-endpoint-update" "webhook-secret-rotate"
        "webhook-replay" "webhook-endpoint-delete";
    "partner" "work":
        "services-record" "activities-record" "group-create" "service-deliveries" "activities" "groups";
    "partner" "contract":
        "contract" "act-draft" "act-submit";
    "partner" "figures":
        "observation-report";
    "analyst" "figures":
        "centres" "partner-count" "participation" "organizations" "organization-by-edrpou" "own-referrals" "indicators"
        "releases" "observations";
    "funder" "contract":
        "contract-create" "contract-sign" "contract-activate" "contract-amend" "contract-suspend" "contract-resume"
        "contract-complete" "contract-terminate" "contract-cancel";
    "funder" "money":
        "contracts" "acts-waiting" "act-accept" "act-return" "tranche-approve" "tranche-withhold" "tranche-cancel"
        "payment-record" "payment-reverse" "reconciliation";
    "operator" "registry":
        "organization-register" "centre-register" "participation-record";
    "operator" "applications":
        "applications" "application-register" "application-rotate-secret" "application-keys-replace"
        "trusted-documents-register" "application-revoke";
};

/// What the walk says of a question; the rest is for its test.
#[derive(Deserialize)]
pub struct Step {
    /// `partner/viewer`.
    pub operation: String,
    /// The header Mistok-Purpose.
    pub purpose: Option<String>,
    #[serde(default)]
    pub variables: Map<String, Value>,
    /// Parts of the answer for later steps: name and place.
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
}

/// All steps of the walk, in their order.
pub fn walk() -> Vec<Step> {
    serde_json::from_str(include_str!("../../../schema/operations/walk.json")).expect("the walk is a test of its own")
}

/// All operations, in the order of the menu: the kind of user, the name and the text of each.
pub fn each() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    GROUPS.iter().flat_map(|group| group.operations.iter().map(|(name, text)| (group.kind, *name, *text)))
}

/// All of them, as the page reads them.
pub fn all() -> String {
    let walk = walk();
    let groups = GROUPS.iter().map(|Group { kind, name, operations }| {
        let operations = operations.iter().map(|(name, text)| {
            let step = walk.iter().find(|step| step.operation == format!("{kind}/{name}"));
            json!({
                "name": name,
                "text": text,
                "purpose": step.and_then(|step| step.purpose.as_deref()),
                "variables": step.map(|step| &step.variables),
            })
        });
        json!({"kind": kind, "name": name, "operations": operations.collect::<Vec<_>>()})
    });
    Value::from_iter(groups).to_string()
}
