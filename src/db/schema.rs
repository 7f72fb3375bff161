//! Tables as diesel knows them. Generated from the catalogue: `MISTOK_UPDATE=1 cargo test schema_is_generated`.

diesel::table! {
    use diesel::sql_types::*;
    #[sql_name = "case"]
    case (id) {
        id -> Uuid,
        code -> Text,
        organization_id -> Uuid,
        centre_id -> Nullable<Uuid>,
        territory_code -> Text,
        person_id -> Uuid,
        referral_id -> Nullable<Uuid>,
        subject_kind -> Text,
        household_size -> Nullable<Int4>,
        primary_category -> Text,
        categories -> Array<Text>,
        intake_channel -> Text,
        emergency -> Bool,
        safety_flag -> Bool,
        opened_on -> Date,
        closed_on -> Nullable<Date>,
        assessment_due_on -> Nullable<Date>,
        assessed_on -> Nullable<Date>,
        status -> Text,
        refusal_ground -> Nullable<Text>,
        close_reason -> Nullable<Text>,
        external_reference -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int4,
    }
}

diesel::table! {
    case_event (id) {
        id -> Uuid, case_id -> Uuid, organization_id -> Uuid, at -> Timestamptz,
        from_status -> Nullable<Text>, to_status -> Text, actor_kind -> Text, application_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    assessment (id) {
        id -> Uuid, case_id -> Uuid, organization_id -> Uuid, purpose -> Text, assessed_on -> Date, complexity -> Text, at -> Timestamptz,
    }
}

diesel::table! {
    plan_goal (id) {
        id -> Uuid, case_id -> Uuid, organization_id -> Uuid, position -> Int4, service_id -> Nullable<Uuid>,
        due_on -> Nullable<Date>, achieved_on -> Nullable<Date>, at -> Timestamptz, replaced_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    consent (id) {
        id -> Uuid, case_id -> Uuid, person_id -> Uuid, organization_id -> Uuid, receiver_id -> Uuid, purpose -> Text,
        field_groups -> Array<Text>, given_by -> Text, method -> Text, given_at -> Timestamptz, expires_at -> Timestamptz,
        withdrawn_at -> Nullable<Timestamptz>, expired_at -> Nullable<Timestamptz>, version -> Int4,
    }
}

diesel::table! {
    referral (id) {
        id -> Uuid, number -> Text, sender_id -> Uuid, receiver_id -> Uuid, sender_centre_id -> Nullable<Uuid>, receiver_centre_id -> Nullable<Uuid>,
        service_id -> Uuid, territory_code -> Text, urgency -> Text, legal_basis -> Text, legal_ground -> Nullable<Text>, case_id -> Nullable<Uuid>,
        person_id -> Uuid, consent_id -> Nullable<Uuid>, subject_kind -> Text, minor -> Nullable<Bool>, safety_flag -> Bool, status -> Text,
        status_reason -> Nullable<Text>, outcome -> Nullable<Text>, parent_id -> Nullable<Uuid>, replaces_id -> Nullable<Uuid>,
        shared_groups -> Nullable<Array<Text>>, created_at -> Timestamptz, sent_at -> Nullable<Timestamptz>, respond_by -> Nullable<Timestamptz>,
        accepted_at -> Nullable<Timestamptz>, ended_at -> Nullable<Timestamptz>, retention_until -> Nullable<Date>, redacted_at -> Nullable<Timestamptz>,
        updated_at -> Timestamptz, version -> Int4,
    }
}

diesel::table! {
    referral_event (id) {
        id -> Uuid, referral_id -> Uuid, at -> Timestamptz, from_status -> Nullable<Text>, to_status -> Text, reason -> Nullable<Text>,
        organization_id -> Nullable<Uuid>, version -> Int4,
    }
}
