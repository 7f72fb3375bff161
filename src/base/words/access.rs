//! Words about who asks, and what for.

words! {
    /// Why personal data is read: the header `Mistok-Purpose`, kept in the audit (мета доступу).
    AccessPurpose {
        /// Work with the person's case (ведення випадку).
        CaseWork = "CASE_WORK",
        /// Supervision of that work (супервізія).
        Supervision = "SUPERVISION",
        /// The person asked about the own data (запит суб'єкта персональних даних).
        SubjectRequest = "SUBJECT_REQUEST",
        /// An audit (аудит).
        Audit = "AUDIT",
        /// A duty that the law lays on the reader (обов'язок за законом).
        LegalDuty = "LEGAL_DUTY",
    }
}

words! {
    /// Who acted (хто діяв).
    ActorKind {
        /// An application of an organisation (застосунок).
        Application = "APPLICATION",
        /// The server itself, when a time had come (система).
        System = "SYSTEM",
        /// The operator of the server (оператор).
        Operator = "OPERATOR",
    }
}

words! {
    /// Whether an application may ask for tokens (стан застосунку).
    ApplicationStatus {
        /// It may (діє).
        Active = "ACTIVE",
        /// It may not, and its tokens are refused within one minute (відкликано).
        Revoked = "REVOKED",
    }
}

words! {
    /// Groups of fields about a person that are shared or kept back together (групи полів).
    FieldGroup {
        /// Age, sex, target group, size of the household (демографічні дані).
        Demographics = "DEMOGRAPHICS",
        /// Names, phone and which contact is safe (ім'я та зв'язок).
        Contact = "CONTACT",
        /// Where the person lives (адреса).
        Address = "ADDRESS",
        /// Who cares for the person (законний представник, опікун).
        Caregiver = "CAREGIVER",
        /// Why help is sought, notes, factors of hardship (причина звернення).
        Reason = "REASON",
        /// Services received before (отримані послуги).
        ServicesHistory = "SERVICES_HISTORY",
        /// The summary of the assessment of needs (висновок оцінки потреб).
        AssessmentSummary = "ASSESSMENT_SUMMARY",
        /// Violence, trafficking, mental disorder and the like, and the category itself (чутливі дані).
        Sensitive = "SENSITIVE",
    }
}

words! {
    /// Why a field is hidden: by the rule alone, the same whether or not there is a value (чому приховано).
    RedactionReason {
        /// The receiver has not accepted yet (ще не прийнято).
        BeforeAcceptance = "BEFORE_ACCEPTANCE",
        /// The consent does not name the group (поза згодою).
        OutsideConsent = "OUTSIDE_CONSENT",
        /// The memorandum between the two parties does not share the group (поза меморандумом).
        OutsideMemorandum = "OUTSIDE_MEMORANDUM",
        /// Without consent the law opens less (поза законною підставою).
        OutsideLegalBasis = "OUTSIDE_LEGAL_BASIS",
        /// The person has withdrawn the consent, or its time has ended (згоду відкликано).
        ConsentWithdrawn = "CONSENT_WITHDRAWN",
        /// The memorandum has ended, and with accepted referrals its last 30 days too (меморандум закінчився).
        MemorandumEnded = "MEMORANDUM_ENDED",
        /// The referral was declined or cancelled (скерування завершено без надання).
        AfterEnd = "AFTER_END",
        /// The days of retention after the end are over (строк зберігання минув).
        RetentionEnded = "RETENTION_ENDED",
        /// The referral was entered in error (внесено помилково).
        EnteredInError = "ENTERED_IN_ERROR",
        /// The person was erased (дані знищено).
        Erased = "ERASED",
        /// Your application lacks the scope for personal data (немає права на персональні дані).
        NotOwner = "NOT_OWNER",
        /// No purpose was named: send the header Mistok-Purpose (не вказано мету).
        PurposeMissing = "PURPOSE_MISSING",
    }
}
