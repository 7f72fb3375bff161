//! Words about work done: services, activities, groups.

words! {
    /// How a service was given (форма надання послуги).
    DeliveryForm {
        /// To one person, face to face (індивідуально).
        Individual = "INDIVIDUAL",
        /// To several people together (у групі).
        Group = "GROUP",
        /// To a family (сім'ї).
        Family = "FAMILY",
        /// Over the internet (онлайн).
        Online = "ONLINE",
        /// By telephone (телефоном).
        Phone = "PHONE",
        /// By a mobile team on the spot (мобільною бригадою).
        Mobile = "MOBILE",
    }
}

words! {
    /// A course with a fixed membership (програма групи).
    Programme {
        /// Course of the WHO: five sessions for a fixed group (Самодопомога Плюс).
        SelfHelpPlus = "SELF_HELP_PLUS",
        /// Support group (група підтримки).
        SupportGroup = "SUPPORT_GROUP",
        /// For parents (батьківство).
        Parenting = "PARENTING",
        /// For young people who leave care (випускники інтернатних закладів).
        CareLeavers = "CARE_LEAVERS",
        /// Another course (інша програма).
        Other = "OTHER",
    }
}

words! {
    /// What a group session or an event is (вид заходу).
    ActivityKind {
        /// Session of a group (групове заняття).
        GroupSession = "GROUP_SESSION",
        /// Consultation of several people together (групова консультація).
        GroupConsultation = "GROUP_CONSULTATION",
        /// Training in mental health (тренінг з ментального здоров'я).
        MentalHealthTraining = "MENTAL_HEALTH_TRAINING",
        /// Event that brings the community together (захід із соціальної згуртованості).
        SocialCohesionEvent = "SOCIAL_COHESION_EVENT",
        /// Art therapy (арттерапія).
        ArtTherapy = "ART_THERAPY",
        /// Physical activity (фізична активність).
        PhysicalActivity = "PHYSICAL_ACTIVITY",
        /// For parents (батьківські заходи).
        Parenting = "PARENTING",
        /// Awareness event, campaign (інформаційний захід).
        AwarenessEvent = "AWARENESS_EVENT",
        /// Visit of a mobile team (виїзд мобільної бригади).
        MobileTeamVisit = "MOBILE_TEAM_VISIT",
        /// Study visit (навчальний візит).
        StudyVisit = "STUDY_VISIT",
        /// Event of the community (захід громади).
        CommunityEvent = "COMMUNITY_EVENT",
    }
}

words! {
    /// What is done with a call of which some rows are refused (дії при помилках у рядках).
    ErrorPolicy {
        /// Nothing is written unless every row is right (відхилити все).
        RejectEverything = "REJECT_EVERYTHING",
        /// Right rows are written, the others refused (відхилити рядки з помилками).
        RejectFailedRows = "REJECT_FAILED_ROWS",
    }
}

words! {
    /// What is done with a row whose externalReference is known and whose content differs; the same content is UNCHANGED in any case (наявний рядок).
    ExistingRow {
        /// The row is refused as a DUPLICATE (відхилити).
        Refuse = "REFUSE",
        /// It becomes a new version of the known one, and the history is kept (виправити).
        Correct = "CORRECT",
    }
}

words! {
    /// What became of a row (результат рядка).
    RowOutcome {
        /// It was written (записано).
        Recorded = "RECORDED",
        /// It was known with the same content: nothing was written (без змін).
        Unchanged = "UNCHANGED",
        /// It is a new version of a known row (виправлено).
        Corrected = "CORRECTED",
        /// The known row was taken out of every figure (вилучено).
        Voided = "VOIDED",
        /// Nothing was written; its userErrors say why, and where there are none another row of the call was refused (відхилено).
        Refused = "REFUSED",
    }
}
