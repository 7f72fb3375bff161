//! Tables as diesel knows them. Generated from the catalogue: `MISTOK_UPDATE=1 cargo test schema_is_generated`.

diesel::table! {
    access (id, at) {
        id -> Uuid,
        at -> Timestamptz,
        organization_id -> Uuid,
        application_id -> Uuid,
        acting_for -> Nullable<Text>,
        purpose -> Text,
        object_type -> Text,
        object_ids -> Array<Uuid>,
        fields -> Array<Text>,
        request_id -> Text,
    }
}

diesel::table! {
    change (seq, at) {
        epoch -> Int4,
        // tx: xid8, which diesel does not know
        seq -> Int8,
        at -> Timestamptz,
        #[sql_name = "type"]
        type_ -> Text,
        object_type -> Text,
        object_id -> Uuid,
        object_version -> Int4,
        actor_kind -> Text,
        organization_id -> Nullable<Uuid>,
        application_id -> Nullable<Uuid>,
        acting_for -> Nullable<Text>,
        detail -> Jsonb,
    }
}

diesel::table! {
    change_audience (organization_id, epoch, seq, at) {
        organization_id -> Uuid,
        epoch -> Int4,
        // tx: xid8, which diesel does not know
        seq -> Int8,
        at -> Timestamptz,
    }
}

diesel::table! {
    idempotency (application_id, mutation, key) {
        application_id -> Uuid,
        mutation -> Text,
        key -> Text,
        organization_id -> Uuid,
        input_hash -> Bytea,
        object_id -> Uuid,
        at -> Timestamptz,
    }
}

diesel::table! {
    lease (errand) {
        errand -> Text,
        holder -> Uuid,
        until -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    access,
    change,
    change_audience,
    idempotency,
    lease,
);
