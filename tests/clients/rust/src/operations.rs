//! The ready operations that are used here, as types: made from the schema each time it is compiled. Each has a module with its
//! `Variables`, its `ResponseData` and what they consist of.

use graphql_client::GraphQLQuery;

// The scalars of the schema, as texts.
pub type Date = String;
pub type DateTime = String;
pub type Duration = String;
pub type Id = String;
pub type Katottg = String;

macro_rules! operations {
    ($($name:ident $file:tt;)*) => {$(
        #[derive(GraphQLQuery)]
        #[graphql(
            schema_path = "../../../schema/schema.graphql",
            query_path = $file,
            variables_derives = "Clone, Debug, Default",
            response_derives = "Clone, Debug, PartialEq",
            normalization = "rust",
            skip_serializing_none
        )]
        pub struct $name;
    )*};
}

operations! {
    CaseOpen "../../../schema/operations/partner/case-open.graphql";
    Changes "../../../schema/operations/partner/changes.graphql";
    ChangesHead "../../../schema/operations/partner/changes-head.graphql";
    ConsentGive "../../../schema/operations/partner/consent-give.graphql";
    ReferralAccept "../../../schema/operations/partner/referral-accept.graphql";
    ReferralCandidates "../../../schema/operations/partner/referral-candidates.graphql";
    ReferralComplete "../../../schema/operations/partner/referral-complete.graphql";
    ReferralCreate "../../../schema/operations/partner/referral-create.graphql";
    ReferralStart "../../../schema/operations/partner/referral-start.graphql";
    ReferralStatus "../../../schema/operations/partner/referral-status.graphql";
    WebhookEndpointCreate "../../../schema/operations/partner/webhook-endpoint-create.graphql";
    WebhookEndpointDelete "../../../schema/operations/partner/webhook-endpoint-delete.graphql";
}

/// What `..Default::default()` of an input means: the server's own default, or, where a word has to be chosen, one that it refuses.
macro_rules! defaults {
    ($($module:ident::$word:ident = $value:expr;)*) => {$(
        impl Default for $module::$word {
            fn default() -> Self {
                use $module::$word::*;
                $value
            }
        }
    )*};
}

defaults! {
    case_open::IntakeChannel = Other(String::new());
    case_open::SubjectKind = Person;
    case_open::TargetCategory = Other(String::new());
    consent_give::ConsentGiver = Other(String::new());
    consent_give::ConsentMethod = Other(String::new());
    consent_give::SharingPurpose = Other(String::new());
    referral_candidates::Urgency = Normal;
    referral_complete::ReferralOutcome = Other(String::new());
    referral_create::LegalBasis = Consent;
    referral_create::Urgency = Normal;
}
