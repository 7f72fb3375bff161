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
        epoch -> Int4,
        // tx: xid8, which diesel does not know
        hash -> Bytea,
    }
}

diesel::table! {
    activity (id) {
        id -> Uuid,
        organization_id -> Uuid,
        centre_id -> Nullable<Uuid>,
        territory_code -> Text,
        group_id -> Nullable<Uuid>,
        kind -> Text,
        title -> Nullable<Text>,
        occurred_on -> Date,
        place -> Nullable<Text>,
        participants -> Nullable<Int4>,
        case_ids -> Array<Uuid>,
        target_category -> Nullable<Text>,
        partner_ids -> Array<Uuid>,
        supported_by_ids -> Array<Uuid>,
        external_reference -> Nullable<Text>,
        voided -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int4,
    }
}

diesel::table! {
    application (id) {
        id -> Uuid,
        organization_id -> Uuid,
        name -> Text,
        client_id -> Text,
        scopes -> Array<Text>,
        status -> Text,
        secret_hash -> Bytea,
        previous_secret_hash -> Nullable<Bytea>,
        previous_secret_until -> Nullable<Timestamptz>,
        seeded_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        last_used_at -> Nullable<Timestamptz>,
        version -> Int4,
        public_keys -> Nullable<Array<Text>>,
        trusted_documents_only -> Bool,
    }
}

diesel::table! {
    assertion (application_id, id) {
        application_id -> Uuid,
        id -> Bytea,
        until -> Timestamptz,
    }
}

diesel::table! {
    assessment (id) {
        id -> Uuid,
        case_id -> Uuid,
        organization_id -> Uuid,
        purpose -> Text,
        assessed_on -> Date,
        complexity -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    audit_key (id) {
        id -> Text,
        public_key -> Text,
        since -> Timestamptz,
    }
}

diesel::table! {
    audit_root (number) {
        number -> Int8,
        at -> Timestamptz,
        from_place -> Text,
        until_place -> Text,
        leaves -> Bytea,
        filling -> Bytea,
        tree -> Bytea,
        previous_hash -> Nullable<Bytea>,
        signature -> Bytea,
        key_id -> Text,
    }
}

diesel::table! {
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
        assessed_by -> Nullable<Date>,
        status -> Text,
        refusal_ground -> Nullable<Text>,
        close_reason -> Nullable<Text>,
        external_reference -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int4,
        sex -> Text,
        age_band -> Text,
        erased_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    case_event (id) {
        id -> Uuid,
        case_id -> Uuid,
        organization_id -> Uuid,
        at -> Timestamptz,
        from_status -> Nullable<Text>,
        to_status -> Text,
        actor_kind -> Text,
        application_id -> Nullable<Uuid>,
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
        previous_hash -> Nullable<Bytea>,
        hash -> Bytea,
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
    change_head (object_id, object_type) {
        object_id -> Uuid,
        object_type -> Text,
        previous_hash -> Nullable<Bytea>,
        hash -> Bytea,
    }
}

diesel::table! {
    consent (id) {
        id -> Uuid,
        case_id -> Uuid,
        person_id -> Uuid,
        organization_id -> Uuid,
        receiver_id -> Uuid,
        purpose -> Text,
        field_groups -> Array<Text>,
        given_by -> Text,
        method -> Text,
        given_at -> Timestamptz,
        expires_at -> Timestamptz,
        withdrawn_at -> Nullable<Timestamptz>,
        expired_at -> Nullable<Timestamptz>,
        version -> Int4,
    }
}

diesel::table! {
    contract_event (id) {
        id -> Uuid,
        contract_id -> Uuid,
        at -> Timestamptz,
        change -> Text,
        subject_id -> Uuid,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        on_day -> Nullable<Date>,
        reason -> Nullable<Text>,
        amount_kop -> Nullable<Int8>,
        organization_id -> Uuid,
    }
}

diesel::table! {
    contract_line (id) {
        id -> Uuid,
        contract_id -> Uuid,
        terms -> Int2,
        place -> Int2,
        service_id -> Nullable<Uuid>,
        budget_line -> Text,
        unit -> Text,
        planned_parts -> Int8,
        unit_price_kop -> Int8,
        amount_kop -> Int8,
    }
}

diesel::table! {
    contract_terms (contract_id, number) {
        contract_id -> Uuid,
        number -> Int2,
        id -> Uuid,
        document -> Nullable<Text>,
        kind -> Nullable<Text>,
        rationale -> Nullable<Text>,
        effective_on -> Date,
        ends_on -> Date,
        amount_kop -> Int8,
        lines_of -> Int2,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    deprecated_use (application_id, organization_id, coordinate) {
        application_id -> Uuid,
        coordinate -> Text,
        organization_id -> Uuid,
        count -> Int8,
        first_used_at -> Timestamptz,
        last_used_at -> Timestamptz,
    }
}

diesel::table! {
    feed_epoch (epoch) {
        epoch -> Int4,
        system_identifier -> Int8,
        began_at -> Timestamptz,
    }
}

diesel::table! {
    former_version (object_id, version) {
        object_id -> Uuid,
        version -> Int4,
        organization_id -> Uuid,
        replaced_at -> Timestamptz,
        content -> Jsonb,
    }
}

diesel::table! {
    frozen_figure (indicator, dimension, level, month, place, value) {
        indicator -> Text,
        dimension -> Text,
        value -> Text,
        level -> Text,
        place -> Text,
        month -> Date,
        amount -> Int8,
        officials -> Bool,
        everyone -> Bool,
    }
}

diesel::table! {
    funding_contract (id) {
        id -> Uuid,
        number -> Text,
        funder_id -> Uuid,
        of_fund -> Bool,
        provider_id -> Uuid,
        centre_id -> Nullable<Uuid>,
        territory_code -> Text,
        region_code -> Text,
        selection_authority -> Nullable<Text>,
        selection_body -> Nullable<Text>,
        selection_number -> Nullable<Text>,
        selection_decided_on -> Nullable<Text>,
        payee_iban -> Nullable<Text>,
        starts_on -> Date,
        status -> Text,
        signed_on -> Nullable<Text>,
        signed_at -> Nullable<Timestamptz>,
        active_from -> Nullable<Date>,
        ended_on -> Nullable<Date>,
        end_reason -> Nullable<Text>,
        ceiling_kop -> Int8,
        accepted_kop -> Int8,
        paid_kop -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int4,
    }
}

diesel::table! {
    group (id) {
        id -> Uuid,
        organization_id -> Uuid,
        centre_id -> Uuid,
        programme -> Text,
        members -> Int4,
        started_on -> Date,
        external_reference -> Nullable<Text>,
        created_at -> Timestamptz,
        version -> Int4,
    }
}

diesel::table! {
    group_member (group_id, case_id) {
        group_id -> Uuid,
        case_id -> Uuid,
        organization_id -> Uuid,
    }
}

diesel::table! {
    idempotency (organization_id, application_id, mutation, key) {
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
    memorandum (id) {
        id -> Uuid,
        number -> Text,
        title -> Text,
        centre_id -> Uuid,
        provider_id -> Uuid,
        region_code -> Text,
        effective_from -> Date,
        effective_to -> Nullable<Date>,
        field_groups -> Array<Text>,
        retention_days -> Int4,
        onward_referral -> Bool,
        supersedes_id -> Nullable<Uuid>,
        invited_at -> Nullable<Timestamptz>,
        suspended_at -> Nullable<Timestamptz>,
        terminated_at -> Nullable<Timestamptz>,
        in_force_told_at -> Nullable<Timestamptz>,
        ended_told_at -> Nullable<Timestamptz>,
        warned_days -> Nullable<Int4>,
        known_to -> Array<Uuid>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int4,
        left_by -> Array<Uuid>,
        left_at -> Array<Timestamptz>,
        ended_unsigned -> Bool,
    }
}

diesel::table! {
    memorandum_coverage (memorandum_id, service_id, territory_code) {
        memorandum_id -> Uuid,
        service_id -> Uuid,
        territory_code -> Text,
    }
}

diesel::table! {
    memorandum_event (id) {
        id -> Uuid,
        memorandum_id -> Uuid,
        at -> Timestamptz,
        kind -> Text,
        organization_id -> Nullable<Uuid>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    memorandum_party (memorandum_id, organization_id, entry) {
        memorandum_id -> Uuid,
        organization_id -> Uuid,
        role -> Text,
        status -> Text,
        invited_at -> Nullable<Timestamptz>,
        signed_on -> Nullable<Text>,
        signed_at -> Nullable<Timestamptz>,
        withdrawn_at -> Nullable<Timestamptz>,
        bound_from -> Nullable<Timestamptz>,
        bound_until -> Nullable<Timestamptz>,
        wound_down_at -> Nullable<Timestamptz>,
        entry -> Int2,
    }
}

diesel::table! {
    memorandum_span (memorandum_id, since) {
        memorandum_id -> Uuid,
        since -> Date,
        status -> Text,
        until -> Date,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    observation (id) {
        id -> Uuid,
        organization_id -> Uuid,
        about_id -> Nullable<Uuid>,
        centre_id -> Nullable<Uuid>,
        territory_code -> Nullable<Text>,
        indicator -> Text,
        title -> Nullable<Text>,
        value_parts -> Nullable<Int8>,
        comparator -> Text,
        kind -> Text,
        period_from -> Nullable<Text>,
        period_to -> Nullable<Text>,
        source -> Text,
        note -> Nullable<Text>,
        supported_by -> Array<Uuid>,
        external_reference -> Nullable<Text>,
        created_at -> Timestamptz,
        version -> Int4,
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
    open_month (of_region, measure, word, month, territory_code) {
        of_region -> Bool,
        measure -> Text,
        word -> Text,
        month -> Date,
        territory_code -> Text,
        amount -> Int8,
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
    payment (id) {
        id -> Uuid,
        contract_id -> Uuid,
        act_id -> Nullable<Uuid>,
        tranche_id -> Nullable<Uuid>,
        reverses_id -> Nullable<Uuid>,
        amount_kop -> Int8,
        paid_on -> Date,
        reference -> Text,
        reason -> Nullable<Text>,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    person (id) {
        id -> Uuid,
        organization_id -> Uuid,
        created_at -> Timestamptz,
        erased_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    person_lookup (organization_id, kind, hash, person_id) {
        organization_id -> Uuid,
        kind -> Text,
        hash -> Bytea,
        person_id -> Uuid,
    }
}

diesel::table! {
    plan_goal (id) {
        id -> Uuid,
        case_id -> Uuid,
        organization_id -> Uuid,
        position -> Int4,
        service_id -> Nullable<Uuid>,
        due_on -> Nullable<Date>,
        achieved_on -> Nullable<Date>,
        at -> Timestamptz,
        replaced_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    receiver_day (organization_id, measure, day, tenths, part) {
        organization_id -> Uuid,
        measure -> Text,
        day -> Date,
        tenths -> Int2,
        part -> Int8,
        count -> Int4,
    }
}

diesel::table! {
    receiver_load (organization_id, part) {
        organization_id -> Uuid,
        part -> Int8,
        open -> Int4,
    }
}

diesel::table! {
    recording (id) {
        id -> Uuid,
        organization_id -> Uuid,
        at -> Timestamptz,
        results -> Jsonb,
    }
}

diesel::table! {
    referral (id) {
        id -> Uuid,
        number -> Text,
        sender_id -> Uuid,
        receiver_id -> Uuid,
        sender_centre_id -> Nullable<Uuid>,
        receiver_centre_id -> Nullable<Uuid>,
        service_id -> Uuid,
        territory_code -> Text,
        urgency -> Text,
        legal_basis -> Text,
        legal_ground -> Nullable<Text>,
        case_id -> Nullable<Uuid>,
        person_id -> Uuid,
        consent_id -> Nullable<Uuid>,
        subject_kind -> Text,
        minor -> Nullable<Bool>,
        safety_flag -> Bool,
        status -> Text,
        status_reason -> Nullable<Text>,
        outcome -> Nullable<Text>,
        parent_id -> Nullable<Uuid>,
        replaces_id -> Nullable<Uuid>,
        shared_groups -> Nullable<Array<Text>>,
        created_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
        respond_by -> Nullable<Timestamptz>,
        accepted_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        retention_until -> Nullable<Date>,
        redaction_requested_at -> Nullable<Timestamptz>,
        updated_at -> Timestamptz,
        version -> Int4,
        memorandum_id -> Nullable<Uuid>,
        redaction_acknowledged_at -> Nullable<Timestamptz>,
        erased_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    referral_clock (referral_id, phase) {
        referral_id -> Uuid,
        phase -> Text,
        owner_id -> Uuid,
        started_at -> Timestamptz,
        due_at -> Timestamptz,
        paused_at -> Nullable<Timestamptz>,
        stopped_at -> Nullable<Timestamptz>,
        breached_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    referral_event (id) {
        id -> Uuid,
        referral_id -> Uuid,
        at -> Timestamptz,
        from_status -> Nullable<Text>,
        to_status -> Text,
        reason -> Nullable<Text>,
        organization_id -> Nullable<Uuid>,
        version -> Int4,
    }
}

diesel::table! {
    referral_kept (referral_id) {
        referral_id -> Uuid,
        kept_at -> Timestamptz,
        person -> Nullable<Bytea>,
        factors -> Nullable<Bytea>,
        primary_category -> Nullable<Text>,
        household_size -> Nullable<Int4>,
    }
}

diesel::table! {
    referral_party (referral_id, org_id) {
        org_id -> Uuid,
        referral_id -> Uuid,
        role -> Text,
        status -> Text,
        seen_at -> Timestamptz,
        updated_at -> Timestamptz,
        due_at -> Timestamptz,
        number -> Text,
        urgency -> Text,
        legal_basis -> Text,
        outcome -> Nullable<Text>,
        service_id -> Uuid,
        counterparty_id -> Uuid,
        centre_id -> Nullable<Uuid>,
        case_id -> Nullable<Uuid>,
        redaction_pending -> Bool,
        territory_code -> Text,
        status_reason -> Nullable<Text>,
        created_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
        respond_by -> Nullable<Timestamptz>,
        version -> Int4,
    }
}

diesel::table! {
    registry_edition (single) {
        number -> Int8,
        // tx: xid8, which diesel does not know
        single -> Bool,
    }
}

diesel::table! {
    release (id) {
        id -> Uuid,
        last_month -> Date,
        published_at -> Timestamptz,
    }
}

diesel::table! {
    sealed (object_id, slot) {
        object_id -> Uuid,
        slot -> Text,
        person_id -> Uuid,
        organization_id -> Uuid,
        content -> Bytea,
    }
}

diesel::table! {
    service_act (id) {
        id -> Uuid,
        contract_id -> Uuid,
        provider_id -> Uuid,
        funder_id -> Uuid,
        of_fund -> Bool,
        region_code -> Text,
        month -> Date,
        status -> Text,
        round -> Int2,
        claimed_kop -> Int8,
        accepted_kop -> Nullable<Int8>,
        paid_kop -> Int8,
        created_at -> Timestamptz,
        first_submitted_at -> Nullable<Timestamptz>,
        submitted_at -> Nullable<Timestamptz>,
        decided_at -> Nullable<Timestamptz>,
        return_reason -> Nullable<Text>,
        note -> Nullable<Text>,
        updated_at -> Timestamptz,
        version -> Int4,
    }
}

diesel::table! {
    service_act_line (act_id, round, line_id) {
        act_id -> Uuid,
        round -> Int2,
        line_id -> Uuid,
        claimed_parts -> Int8,
        recorded_parts -> Nullable<Int8>,
        accepted_parts -> Nullable<Int8>,
        claimed_kop -> Int8,
        accepted_kop -> Nullable<Int8>,
    }
}

diesel::table! {
    service_delivery (id) {
        id -> Uuid,
        organization_id -> Uuid,
        centre_id -> Nullable<Uuid>,
        territory_code -> Text,
        case_id -> Nullable<Uuid>,
        activity_id -> Nullable<Uuid>,
        service_id -> Uuid,
        form -> Text,
        occurred_on -> Date,
        quantity -> Int4,
        specialist -> Nullable<Text>,
        target_category -> Nullable<Text>,
        sex -> Text,
        age_band -> Text,
        referral_id -> Nullable<Uuid>,
        external_reference -> Nullable<Text>,
        voided -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int4,
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

diesel::table! {
    tranche (id) {
        id -> Uuid,
        contract_id -> Uuid,
        terms -> Int2,
        until_terms -> Nullable<Int2>,
        kind -> Text,
        amount_kop -> Int8,
        due_on -> Date,
        status -> Text,
        paid_kop -> Int8,
    }
}

diesel::table! {
    trusted_document (application_id, hash) {
        application_id -> Uuid,
        hash -> Bytea,
        organization_id -> Uuid,
        text -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    webhook_attempt (id) {
        id -> Uuid,
        delivery_id -> Uuid,
        organization_id -> Uuid,
        at -> Timestamptz,
        response_status -> Nullable<Int2>,
        error -> Nullable<Text>,
    }
}

diesel::table! {
    webhook_delivery (id) {
        id -> Uuid,
        endpoint_id -> Uuid,
        organization_id -> Uuid,
        epoch -> Int4,
        tx -> Int8,
        seq -> Int8,
        #[sql_name = "type"]
        type_ -> Text,
        object_type -> Text,
        object_id -> Uuid,
        object_version -> Int4,
        occurred_at -> Timestamptz,
        status -> Text,
        attempts -> Int2,
        due_at -> Nullable<Timestamptz>,
        claimed_until -> Nullable<Timestamptz>,
        claim -> Nullable<Uuid>,
        created_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_endpoint (id) {
        id -> Uuid,
        organization_id -> Uuid,
        application_id -> Uuid,
        url -> Text,
        types -> Array<Text>,
        status -> Text,
        disabled_reason -> Nullable<Text>,
        secret -> Bytea,
        previous_secret -> Nullable<Bytea>,
        previous_secret_until -> Nullable<Timestamptz>,
        failing_since -> Nullable<Timestamptz>,
        paused_until -> Nullable<Timestamptz>,
        replayed_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        version -> Int4,
    }
}

diesel::table! {
    webhook_place (one) {
        one -> Bool,
        place -> Jsonb,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    access,
    activity,
    application,
    assertion,
    assessment,
    audit_key,
    audit_root,
    case,
    case_event,
    centre,
    centre_post,
    centre_status,
    change,
    change_audience,
    change_head,
    consent,
    contract_event,
    contract_line,
    contract_terms,
    deprecated_use,
    feed_epoch,
    former_version,
    frozen_figure,
    funding_contract,
    group,
    group_member,
    idempotency,
    lease,
    memorandum,
    memorandum_coverage,
    memorandum_event,
    memorandum_party,
    memorandum_span,
    observation,
    offering,
    open_month,
    organization,
    organization_secret,
    participation,
    payment,
    person,
    person_lookup,
    plan_goal,
    receiver_day,
    receiver_load,
    recording,
    referral,
    referral_clock,
    referral_event,
    referral_kept,
    referral_party,
    registry_edition,
    release,
    sealed,
    service_act,
    service_act_line,
    service_delivery,
    service_type,
    territory,
    tranche,
    trusted_document,
    webhook_attempt,
    webhook_delivery,
    webhook_endpoint,
    webhook_place,
);
