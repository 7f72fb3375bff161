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
    centre (id) {
        id -> Uuid,
        name -> Text,
        territory_code -> Text,
        origin_territory_code -> Nullable<Text>,
        provider_id -> Uuid,
        host_id -> Nullable<Uuid>,
        status -> Text,
        opened_on -> Nullable<Text>,
        address -> Nullable<Text>,
        phone -> Nullable<Text>,
        barrier_free -> Nullable<Bool>,
        search -> Text,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    centre_post (centre_id, place) {
        centre_id -> Uuid,
        place -> Int4,
        role -> Text,
        count_hundredths -> Int4,
        since -> Nullable<Text>,
        until -> Nullable<Text>,
    }
}

diesel::table! {
    centre_status (centre_id, version) {
        centre_id -> Uuid,
        version -> Int4,
        status -> Text,
        since -> Text,
        recorded_at -> Timestamptz,
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

diesel::table! {
    offering (id) {
        id -> Uuid,
        organization_id -> Uuid,
        service_id -> Uuid,
        centre_id -> Nullable<Uuid>,
        territories -> Array<Text>,
        capacity -> Text,
        capacity_as_of -> Timestamptz,
        expected_wait -> Nullable<Text>,
        version -> Int4,
    }
}

diesel::table! {
    organization (id) {
        id -> Uuid,
        kind -> Text,
        name -> Text,
        name_en -> Nullable<Text>,
        edrpou -> Nullable<Text>,
        territory_code -> Nullable<Text>,
        registry_number -> Nullable<Text>,
        active -> Bool,
        contacts -> Jsonb,
        search -> Text,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    organization_secret (organization_id) {
        organization_id -> Uuid,
        wrapped_key -> Bytea,
        tax_number_sealed -> Bytea,
        tax_number_hash -> Bytea,
    }
}

diesel::table! {
    participation (territory_code) {
        territory_code -> Text,
        status -> Text,
        since -> Text,
        ministry_order -> Nullable<Text>,
        version -> Int4,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    service_type (id) {
        id -> Uuid,
        code -> Text,
        name -> Text,
        name_en -> Nullable<Text>,
        classifier_code -> Nullable<Text>,
        mhpss_code -> Nullable<Text>,
    }
}

diesel::table! {
    territory (code) {
        code -> Text,
        level -> Text,
        name -> Text,
        former_names -> Array<Text>,
        parent_code -> Nullable<Text>,
        region_code -> Text,
        ancestors -> Array<Text>,
        search -> Text,
        version -> Int4,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    access,
    centre,
    centre_post,
    centre_status,
    change,
    change_audience,
    idempotency,
    lease,
    offering,
    organization,
    organization_secret,
    participation,
    service_type,
    territory,
);
