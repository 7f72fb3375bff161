//! Words about places, organisations, centres and what they offer.

words! {
    /// Level of a territorial unit. Kyiv and Sevastopol are SPECIAL_CITY: region and hromada at once wherever a rule asks for one; asking for HROMADA includes them.
    TerritoryLevel {
        /// Region, or the Autonomous Republic of Crimea (область).
        Region = "REGION",
        /// City with a special status (місто зі спеціальним статусом).
        SpecialCity = "SPECIAL_CITY",
        /// District (район).
        Raion = "RAION",
        /// Territorial community (територіальна громада).
        Hromada = "HROMADA",
    }
}

words! {
    /// How far a hromada is in the experimental project (стан участі громади).
    ParticipationStatus {
        /// It has applied (подала заявку).
        Applied = "APPLIED",
        /// The Ministry has selected it (відібрана).
        Selected = "SELECTED",
        /// The provider is chosen (обрано надавача).
        ProviderChosen = "PROVIDER_CHOSEN",
        /// The funding contract is signed (укладено договір).
        Contracted = "CONTRACTED",
        /// Its centre works (центр відкрито).
        Open = "OPEN",
        /// It has left the project (вийшла).
        Withdrawn = "WITHDRAWN",
        /// It was excluded from the project (виключена).
        Excluded = "EXCLUDED",
    }
}

words! {
    /// Kind of an organisation; it decides which scopes its applications may hold. A SOLE_PROPRIETOR has no EDRPOU, and the personal tax number never leaves the server.
    OrganizationKind {
        /// Ministry of social policy (міністерство).
        Ministry = "MINISTRY",
        /// Supervisory body such as the National Social Service (орган нагляду).
        OversightBody = "OVERSIGHT_BODY",
        /// Fund for Social Protection of Persons with Disabilities, central body (Фонд соціального захисту осіб з інвалідністю).
        Fund = "FUND",
        /// Regional branch of the Fund (обласне відділення Фонду).
        FundBranch = "FUND_BRANCH",
        /// Local authority and its departments (орган місцевого самоврядування).
        LocalAuthority = "LOCAL_AUTHORITY",
        /// Municipal institution, such as a centre of social services (комунальна установа).
        MunicipalInstitution = "MUNICIPAL_INSTITUTION",
        /// State body: police, court, service for children (державний орган).
        StateBody = "STATE_BODY",
        /// Non-governmental organisation (громадська організація).
        Ngo = "NGO",
        /// Charity (благодійна організація).
        Charity = "CHARITY",
        /// Sole proprietor (фізична особа — підприємець, ФОП).
        SoleProprietor = "SOLE_PROPRIETOR",
        /// International organisation (міжнародна організація).
        International = "INTERNATIONAL",
        /// Company (підприємство).
        Business = "BUSINESS",
        /// Religious organisation (релігійна організація).
        Religious = "RELIGIOUS",
    }
}

words! {
    /// Way of contact (спосіб зв'язку).
    ContactChannel {
        /// Telephone (телефон).
        Phone = "PHONE",
        /// E-mail (електронна пошта).
        Email = "EMAIL",
        /// Postal address or a visit (адреса).
        Address = "ADDRESS",
        /// Web page (сайт).
        Web = "WEB",
        /// Messenger (месенджер).
        Messenger = "MESSENGER",
    }
}

words! {
    /// Whether an organisation can take people for a service now (наявність місць).
    Capacity {
        /// It takes people now (приймає).
        Available = "AVAILABLE",
        /// There is a waiting list (черга).
        Waitlist = "WAITLIST",
        /// Only after an assessment of its own (потрібна додаткова оцінка).
        AdditionalAssessmentRequired = "ADDITIONAL_ASSESSMENT_REQUIRED",
        /// It takes nobody now (місць немає).
        None = "NONE",
        /// It has not said, or not within the last 14 days (невідомо).
        Unknown = "UNKNOWN",
    }
}

words! {
    /// How much an organisation has to do: its open referrals, measured by how many it ends in a month (навантаження).
    Workload {
        /// Up to a month of work (низьке).
        Low = "LOW",
        /// Up to two months of work (середнє).
        Medium = "MEDIUM",
        /// More than two months of work (високе).
        High = "HIGH",
        /// It has answered fewer than ten referrals in the last 180 days (невідоме).
        Unknown = "UNKNOWN",
    }
}

words! {
    /// State of a resilience centre (стан центру).
    CentreStatus {
        /// Planned, not yet open (планується).
        Planned = "PLANNED",
        /// Works (відкрито).
        Open = "OPEN",
        /// Does not work for a time (призупинено).
        Suspended = "SUSPENDED",
        /// Closed for good (закрито).
        Closed = "CLOSED",
    }
}

words! {
    /// Post in the team of a centre (посада).
    StaffRole {
        /// Social manager (соціальний менеджер).
        SocialManager = "SOCIAL_MANAGER",
        /// Specialist in social work (фахівець із соціальної роботи).
        SocialWorkSpecialist = "SOCIAL_WORK_SPECIALIST",
        /// Psychologist (психолог).
        Psychologist = "PSYCHOLOGIST",
        /// Coordinator (координатор).
        Coordinator = "COORDINATOR",
    }
}
