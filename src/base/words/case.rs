//! Words about cases, persons, needs and consents.

words! {
    /// Whose need a case is (суб'єкт випадку).
    SubjectKind {
        /// One person (особа).
        Person = "PERSON",
        /// A family (сім'я).
        Family = "FAMILY",
        /// A group of people (група осіб).
        Group = "GROUP",
    }
}

words! {
    /// State of a case (стан випадку).
    CaseStatus {
        /// Opened; needs are not assessed yet (нове звернення).
        New = "NEW",
        /// Needs are being assessed (оцінювання потреб).
        Assessment = "ASSESSMENT",
        /// Assessed; to be decided (очікує рішення).
        DecisionPending = "DECISION_PENDING",
        /// Service was refused on a ground of the law (відмовлено).
        Refused = "REFUSED",
        /// The plan is being made (планування).
        Planning = "PLANNING",
        /// Services are given (надання послуг).
        Active = "ACTIVE",
        /// Interrupted for a time (призупинено).
        Suspended = "SUSPENDED",
        /// Closed (закрито).
        Closed = "CLOSED",
        /// Entered by mistake: kept, left out of every figure (внесено помилково).
        EnteredInError = "ENTERED_IN_ERROR",
    }
}

words! {
    /// Decision about a case (рішення).
    CaseDecision {
        /// Services will be given (надати послуги).
        Provide = "PROVIDE",
        /// Services are refused (відмовити).
        Refuse = "REFUSE",
    }
}

words! {
    /// Grounds on which the law lets a provider refuse (підстава відмови).
    CaseRefusalGround {
        /// No need was found (немає потреби).
        NoNeed = "NO_NEED",
        /// The provider does not give this service (послуга не надається).
        ServiceNotProvided = "SERVICE_NOT_PROVIDED",
        /// Medical contraindication (медичні протипоказання).
        MedicalContraindication = "MEDICAL_CONTRAINDICATION",
    }
}

words! {
    /// Why a case was closed (причина закриття).
    CaseCloseReason {
        /// The goals of the plan are met (цілі досягнуто).
        GoalsMet = "GOALS_MET",
        /// There is no need any more (потреба відпала).
        NeedCeased = "NEED_CEASED",
        /// The agreed time has ended (строк закінчився).
        TermEnded = "TERM_ENDED",
        /// The person has moved away (зміна місця проживання).
        Moved = "MOVED",
        /// The person no longer wants the service (відмова отримувача).
        RecipientRefused = "RECIPIENT_REFUSED",
        /// Rules of the service were breached (порушення правил).
        RulesBreached = "RULES_BREACHED",
        /// What was told proved untrue (недостовірні відомості).
        FalseData = "FALSE_DATA",
        /// The provider has ceased its work (надавач припинив діяльність).
        ProviderCeased = "PROVIDER_CEASED",
        /// The person has died (смерть отримувача).
        Deceased = "DECEASED",
        /// Handed over to another organisation (передано іншій організації).
        Transferred = "TRANSFERRED",
        /// The person cannot be reached (зв'язок втрачено).
        LostContact = "LOST_CONTACT",
    }
}

words! {
    /// How the person came (шлях звернення).
    IntakeChannel {
        /// In person (особисто).
        SelfInPerson = "SELF_IN_PERSON",
        /// By telephone (телефоном).
        SelfPhone = "SELF_PHONE",
        /// Online (онлайн).
        SelfOnline = "SELF_ONLINE",
        /// By a referral of another organisation (за скеруванням).
        Referral = "REFERRAL",
        /// By a notification that the law demands (за повідомленням).
        Notification = "NOTIFICATION",
        /// Found by outreach (виявлено під час виїзної роботи).
        Outreach = "OUTREACH",
    }
}

words! {
    /// Category of the person (цільова категорія).
    TargetCategory {
        /// Serving in the forces (військовослужбовець).
        Military = "MILITARY",
        /// Veteran (ветеран).
        Veteran = "VETERAN",
        /// Family of one who serves (сім'я військовослужбовця).
        MilitaryFamily = "MILITARY_FAMILY",
        /// Family of a fallen defender (сім'я загиблого).
        FamilyOfFallen = "FAMILY_OF_FALLEN",
        /// Family of one missing or in captivity (сім'я зниклого безвісти чи полоненого).
        FamilyOfMissingOrCaptive = "FAMILY_OF_MISSING_OR_CAPTIVE",
        /// Internally displaced person (внутрішньо переміщена особа).
        Idp = "IDP",
        /// Family with children (сім'я з дітьми).
        FamilyWithChildren = "FAMILY_WITH_CHILDREN",
        /// Child (дитина).
        Child = "CHILD",
        /// Person with a disability (особа з інвалідністю).
        PersonWithDisability = "PERSON_WITH_DISABILITY",
        /// Child with a disability (дитина з інвалідністю).
        ChildWithDisability = "CHILD_WITH_DISABILITY",
        /// Older person (особа похилого віку).
        OlderPerson = "OLDER_PERSON",
        /// One who lost a close person (особа, яка пережила втрату).
        Bereaved = "BEREAVED",
        /// Family in hard circumstances of life (сім'я у складних життєвих обставинах).
        FamilyInHardship = "FAMILY_IN_HARDSHIP",
        /// Foster family (прийомна сім'я).
        FosterFamily = "FOSTER_FAMILY",
        /// Young person leaving care (випускник закладу опіки).
        CareLeaver = "CARE_LEAVER",
        /// Everyone else (населення громади).
        GeneralPopulation = "GENERAL_POPULATION",
    }
}

words! {
    /// Target groups as the project reports them (цільова група).
    TargetGroup {
        /// The first five categories: those who serve, veterans and their families (військові та їхні сім'ї).
        MilitaryAndFamilies = "MILITARY_AND_FAMILIES",
        /// Internally displaced persons (ВПО).
        Idp = "IDP",
        /// All others (інші).
        Other = "OTHER",
    }
}

impl TargetCategory {
    /// The group under which the project reports this category.
    pub const fn group(self) -> TargetGroup {
        match self {
            Self::Military | Self::Veteran | Self::MilitaryFamily | Self::FamilyOfFallen | Self::FamilyOfMissingOrCaptive => {
                TargetGroup::MilitaryAndFamilies
            }
            Self::Idp => TargetGroup::Idp,
            _ => TargetGroup::Other,
        }
    }
}

words! {
    /// Factors of hardship that the Law on Social Services names (чинники складних життєвих обставин).
    HardshipFactor {
        /// Old age (похилий вік).
        Elderly = "ELDERLY",
        /// Partial or complete loss of mobility (втрата рухової активності).
        LossOfMobility = "LOSS_OF_MOBILITY",
        /// Long or incurable illness (тривала хвороба).
        LongIllness = "LONG_ILLNESS",
        /// Mental or behavioural disorder; sensitive (психічний розлад).
        MentalDisorder = "MENTAL_DISORDER",
        /// Disability (інвалідність).
        Disability = "DISABILITY",
        /// Homelessness (бездомність).
        Homelessness = "HOMELESSNESS",
        /// Unemployment (безробіття).
        Unemployment = "UNEMPLOYMENT",
        /// Low income (малозабезпеченість).
        LowIncome = "LOW_INCOME",
        /// Behavioural difficulties of a child (поведінкові розлади дитини).
        ChildBehaviour = "CHILD_BEHAVIOUR",
        /// Parents do not fulfil their duties (ухилення батьків від обов'язків).
        ParentalNeglect = "PARENTAL_NEGLECT",
        /// Loss of social ties (втрата соціальних зв'язків).
        LossOfSocialTies = "LOSS_OF_SOCIAL_TIES",
        /// Released from prison; sensitive (звільнення з місць позбавлення волі).
        ReleasedFromPrison = "RELEASED_FROM_PRISON",
        /// Abuse of a child; sensitive (жорстоке поводження з дитиною).
        ChildAbuse = "CHILD_ABUSE",
        /// Gender-based violence; sensitive (насильство за ознакою статі).
        GenderBasedViolence = "GENDER_BASED_VIOLENCE",
        /// Domestic violence; sensitive (домашнє насильство).
        DomesticViolence = "DOMESTIC_VIOLENCE",
        /// Trafficking in human beings; sensitive (торгівля людьми).
        HumanTrafficking = "HUMAN_TRAFFICKING",
        /// Damage by hostilities or disasters (шкода від бойових дій).
        DamageByHostilities = "DAMAGE_BY_HOSTILITIES",
        /// Internal displacement (внутрішнє переміщення).
        InternalDisplacement = "INTERNAL_DISPLACEMENT",
        /// Use of psychoactive substances; sensitive (вживання психоактивних речовин).
        PsychoactiveSubstances = "PSYCHOACTIVE_SUBSTANCES",
    }
}

impl HardshipFactor {
    /// Those that belong to the group SENSITIVE.
    pub const fn sensitive(self) -> bool {
        matches!(
            self,
            Self::MentalDisorder
                | Self::PsychoactiveSubstances
                | Self::ChildAbuse
                | Self::GenderBasedViolence
                | Self::DomesticViolence
                | Self::HumanTrafficking
                | Self::ReleasedFromPrison
        )
    }
}

words! {
    /// Sex (стать).
    Sex {
        /// Female (жіноча).
        Female = "FEMALE",
        /// Male (чоловіча).
        Male = "MALE",
        /// Not told (не вказано).
        Unspecified = "UNSPECIFIED",
    }
}

words! {
    /// Age in years, in bands (вікова група).
    AgeBand {
        /// 0 to 5 years (0–5 років).
        Upto5 = "AGE_0_5",
        /// 6 to 13 years (6–13 років).
        Upto13 = "AGE_6_13",
        /// 14 to 17 years (14–17 років).
        Upto17 = "AGE_14_17",
        /// 18 to 34 years (18–34 роки).
        Upto34 = "AGE_18_34",
        /// 35 to 59 years (35–59 років).
        Upto59 = "AGE_35_59",
        /// 60 years and more (60 років і старше).
        From60 = "AGE_60_PLUS",
        /// The birth date is not known (невідомо).
        Unknown = "UNKNOWN",
    }
}

words! {
    /// What an assessment of needs is for; assessments of different purposes are never added together (мета оцінки).
    AssessmentPurpose {
        /// For social services (для надання соціальних послуг).
        SocialServices = "SOCIAL_SERVICES",
        /// For the status of a child affected by the war (статус дитини, яка постраждала внаслідок воєнних дій).
        WarAffectedChildStatus = "WAR_AFFECTED_CHILD_STATUS",
        /// Another one (інша).
        Other = "OTHER",
    }
}

words! {
    /// How complex a case is (складність випадку).
    CaseComplexity {
        /// Simple (простий).
        Simple = "SIMPLE",
        /// Of middle complexity (середньої складності).
        Moderate = "MODERATE",
        /// Complex (складний).
        Complex = "COMPLEX",
        /// Emergency (екстрений).
        Emergency = "EMERGENCY",
    }
}

words! {
    /// Purpose for which a consent lets data be shared (мета передавання).
    SharingPurpose {
        /// Work with the person's case (ведення випадку).
        CaseWork = "CASE_WORK",
    }
}

words! {
    /// Who has given a consent (ким надано згоду).
    ConsentGiver {
        /// The person (особисто).
        Client = "CLIENT",
        /// The caregiver (законний представник).
        Caregiver = "CAREGIVER",
        /// The guardian (опікун).
        Guardian = "GUARDIAN",
    }
}

words! {
    /// How a consent was given (спосіб надання згоди).
    ConsentMethod {
        /// On paper (письмово).
        Written = "WRITTEN",
        /// Spoken and recorded (усно, із записом).
        VerbalRecorded = "VERBAL_RECORDED",
        /// With an electronic signature (електронним підписом).
        ElectronicSignature = "ELECTRONIC_SIGNATURE",
    }
}

words! {
    /// What a sealed piece about a person is. Part of each seal: never rename one.
    Slot {
        /// What is known of the person (відомості про особу).
        Person = "PERSON",
        /// Factors of hardship of a case (чинники).
        Factors = "FACTORS",
        /// Summary of an assessment (висновок).
        Summary = "SUMMARY",
        /// Text of a goal (ціль).
        Goal = "GOAL",
        /// Why a referral is asked for, or why a case took a step (причина).
        Reason = "REASON",
        /// Why data is passed on without consent (обґрунтування).
        Justification = "JUSTIFICATION",
        /// Note on a step of a referral (нотатка).
        Note = "NOTE",
        /// Evidence of a consent (підтвердження згоди).
        Evidence = "EVIDENCE",
        /// Age band, sex and target group at the sending (демографія).
        Demographics = "DEMOGRAPHICS",
        /// Factors that the sender disclosed without consent (розкриті чинники).
        Disclosed = "DISCLOSED",
    }
}

words! {
    /// By what a person is found again within one organisation (ключ пошуку).
    LookupKind {
        /// Personal tax number (РНОКПП).
        TaxNumber = "TAX_NUMBER",
        /// Telephone (телефон).
        Phone = "PHONE",
        /// Names and birth date (ім'я та дата народження).
        NameAndBirthDate = "NAME_AND_BIRTH_DATE",
    }
}

words! {
    /// On which ground a person is erased: law of Ukraine 2297-VI "On protection of personal data", articles 8 and 15 (підстава знищення даних).
    ErasureGround {
        /// The person demands it, since the data are processed unlawfully or are untrue: article 8, part 2, item 6 (вимога особи).
        SubjectRequest = "SUBJECT_REQUEST",
        /// The time for which they may be kept is over: article 15, part 2, item 1 (закінчився строк зберігання).
        StoragePeriodEnded = "STORAGE_PERIOD_ENDED",
        /// The relations with the person have ended: article 15, part 2, item 2 (припинено правовідносини).
        RelationsEnded = "RELATIONS_ENDED",
        /// The Commissioner for Human Rights demands it: article 15, part 2, item 3 (припис Уповноваженого).
        CommissionerOrder = "COMMISSIONER_ORDER",
        /// A court has decided it: article 15, part 2, item 4 (рішення суду).
        CourtDecision = "COURT_DECISION",
    }
}
