//! Words about referrals.

words! {
    /// The shared status of a referral: one for both sides (спільний стан скерування).
    ReferralStatus {
        /// Being written; the receiver cannot see it (чернетка).
        Draft = "DRAFT",
        /// Sent; to be answered by `respondBy` (надіслано).
        Sent = "SENT",
        /// The receiver has acknowledged it and reviews it (отримано).
        Received = "RECEIVED",
        /// The receiver takes the person (прийнято).
        Accepted = "ACCEPTED",
        /// The receiver does not take the person (відхилено).
        Declined = "DECLINED",
        /// First contact has happened (у роботі).
        InProgress = "IN_PROGRESS",
        /// Waits; clocks pause (призупинено).
        OnHold = "ON_HOLD",
        /// Done, with an outcome (завершено).
        Completed = "COMPLETED",
        /// Ended without the service (не надано).
        NotCompleted = "NOT_COMPLETED",
        /// Taken back (скасовано).
        Cancelled = "CANCELLED",
        /// A mistake: kept, left out of every figure (внесено помилково).
        EnteredInError = "ENTERED_IN_ERROR",
    }
}

words! {
    /// How soon help is needed (терміновість).
    Urgency {
        /// Danger to life or health: hours (екстрено).
        Emergency = "EMERGENCY",
        /// Days (терміново).
        Urgent = "URGENT",
        /// The usual time (звичайно).
        Normal = "NORMAL",
    }
}

words! {
    /// Ground on which a person's data may be passed on (правова підстава).
    LegalBasis {
        /// Consent of the person, the caregiver or the guardian (згода).
        Consent = "CONSENT",
        /// A notification that the law demands, without consent: a child at risk, violence (повідомлення за законом).
        LawNotification = "LAW_NOTIFICATION",
        /// Vital interest: an emergency with the safety flag set (життєво важливий інтерес).
        VitalInterest = "VITAL_INTEREST",
    }
}

words! {
    /// Why a referral was declined, held, not completed, cancelled or marked as an error (причина).
    ReferralReason {
        /// The person does not meet the conditions of the service (не відповідає умовам).
        NotEligible = "NOT_ELIGIBLE",
        /// No free places (немає місць).
        NoCapacity = "NO_CAPACITY",
        /// Outside of the area served (поза територією).
        OutOfArea = "OUT_OF_AREA",
        /// The service is not provided (послуга не надається).
        ServiceNotProvided = "SERVICE_NOT_PROVIDED",
        /// The same referral exists already (дублікат).
        Duplicate = "DUPLICATE",
        /// Too little is known to decide (бракує відомостей).
        InsufficientInformation = "INSUFFICIENT_INFORMATION",
        /// On the waiting list (у черзі).
        WaitingList = "WAITING_LIST",
        /// The person is not available for now (особа тимчасово недоступна).
        ClientUnavailable = "CLIENT_UNAVAILABLE",
        /// Documents are missing (очікування документів).
        AwaitingDocuments = "AWAITING_DOCUMENTS",
        /// Danger in the area (безпекова ситуація).
        SecuritySituation = "SECURITY_SITUATION",
        /// The person did not come (не з'явилася).
        NoShow = "NO_SHOW",
        /// The person cannot be reached (немає зв'язку).
        Unreachable = "UNREACHABLE",
        /// The person no longer wants the service (особа відмовилася).
        ClientDeclined = "CLIENT_DECLINED",
        /// The person has moved away (переїзд).
        Moved = "MOVED",
        /// The person has died (смерть).
        Deceased = "DECEASED",
        /// The consent was withdrawn (згоду відкликано).
        ConsentWithdrawn = "CONSENT_WITHDRAWN",
        /// The consent has expired (строк згоди минув).
        ConsentExpired = "CONSENT_EXPIRED",
        /// The memorandum between the parties has ended (меморандум закінчився).
        MemorandumEnded = "MEMORANDUM_ENDED",
        /// The person was erased by whom the record belongs to; set by the server alone (дані особи знищено).
        PersonErased = "PERSON_ERASED",
        /// The need has ceased (потреба відпала).
        NeedCeased = "NEED_CEASED",
        /// Sent by mistake (надіслано помилково).
        SentByMistake = "SENT_BY_MISTAKE",
        /// The provider has closed (надавач припинив діяльність).
        ProviderClosed = "PROVIDER_CLOSED",
        /// Another reason; say it in the note (інше).
        Other = "OTHER",
    }
}

words! {
    /// What came of a completed referral (результат).
    ReferralOutcome {
        /// The service was provided (послугу надано).
        ServiceProvided = "SERVICE_PROVIDED",
        /// It was provided in part (надано частково).
        PartiallyProvided = "PARTIALLY_PROVIDED",
        /// The person was referred onward (скеровано далі).
        ReferredOnward = "REFERRED_ONWARD",
    }
}

words! {
    /// What one may do with a referral (дія).
    ReferralAction {
        /// Change a draft: `referralUpdate` (змінити чернетку).
        Update = "UPDATE",
        /// Send a draft: `referralSend` (надіслати).
        Send = "SEND",
        /// Acknowledge its arrival: `referralAcknowledge` (підтвердити отримання).
        Acknowledge = "ACKNOWLEDGE",
        /// Take the person: `referralAccept` (прийняти).
        Accept = "ACCEPT",
        /// Not take the person: `referralDecline` (відхилити).
        Decline = "DECLINE",
        /// Note the first contact: `referralStart` (розпочати).
        Start = "START",
        /// Interrupt: `referralHold` (призупинити).
        Hold = "HOLD",
        /// Go on after an interruption: `referralResume` (відновити).
        Resume = "RESUME",
        /// End with an outcome: `referralComplete` (завершити).
        Complete = "COMPLETE",
        /// End without the service: `referralNotComplete` (завершити без надання).
        NotComplete = "NOT_COMPLETE",
        /// Take it back: `referralCancel` (скасувати).
        Cancel = "CANCEL",
        /// Mark it as a mistake: `referralMarkError` (позначити помилковим).
        MarkError = "MARK_ERROR",
        /// Complete it and send the person onward: `referralReferOnward` (скерувати далі).
        ReferOnward = "REFER_ONWARD",
        /// Acknowledge that what may no longer be seen is no longer kept: `referralRedactionAcknowledge` (підтвердити приховання).
        RedactionAcknowledge = "REDACTION_ACKNOWLEDGE",
    }
}

words! {
    /// Why a person cannot be sent this way (чому скерування неможливе).
    RoutingBlock {
        /// Between the two there is no memorandum of a centre, and none of them is an authority that needs none (немає меморандуму).
        NoMemorandum = "NO_MEMORANDUM",
        /// The memorandum between them is not in force today (меморандум не чинний).
        MemorandumNotInForce = "MEMORANDUM_NOT_IN_FORCE",
        /// The memorandum between them is suspended (дію меморандуму призупинено).
        MemorandumSuspended = "MEMORANDUM_SUSPENDED",
        /// One of the two has not signed the memorandum, or has left it (сторона не підписала меморандум).
        NotASignedParty = "NOT_A_SIGNED_PARTY",
        /// The memorandum does not cover the service (меморандум не охоплює послугу).
        ServiceNotCovered = "SERVICE_NOT_COVERED",
        /// The memorandum covers the service elsewhere, not in the person's hromada (меморандум не охоплює громаду).
        TerritoryNotCovered = "TERRITORY_NOT_COVERED",
        /// The organisation does not offer the service there (послуга не надається).
        ServiceNotOffered = "SERVICE_NOT_OFFERED",
        /// It says that it takes nobody now; EMERGENCY overrides it (немає місць).
        NoCapacity = "NO_CAPACITY",
        /// It has ceased its work (організація не діє).
        OrganizationInactive = "ORGANIZATION_INACTIVE",
    }
}

words! {
    /// Direction of a referral as the viewer sees it (напрям).
    Direction {
        /// Received by the viewer (вхідні).
        Inbound = "INBOUND",
        /// Sent by the viewer (вихідні).
        Outbound = "OUTBOUND",
    }
}

words! {
    /// Order of a list of referrals (порядок).
    ReferralOrder {
        /// By the viewer's own first sight: the sender's creation, the receiver's sending; newest first (спершу нові).
        NewestFirst = "NEWEST_FIRST",
        /// By the last change; latest first (за останньою зміною).
        UpdatedLast = "UPDATED_LAST",
        /// By the moment when the answer is due; most pressing first (за строком відповіді).
        RespondByFirst = "RESPOND_BY_FIRST",
    }
}

words! {
    /// Side of a referral (сторона).
    Party {
        /// Asks (надсилає).
        Sender = "SENDER",
        /// Fulfils (приймає).
        Receiver = "RECEIVER",
    }
}

words! {
    /// What a clock of a referral measures (етап строку).
    ClockPhase {
        /// From the sending to the answer: accepted or declined (відповідь).
        Respond = "RESPOND",
        /// From the acceptance to the first contact: IN_PROGRESS (перший контакт).
        FirstContact = "FIRST_CONTACT",
        /// From the acceptance to the end (завершення).
        Complete = "COMPLETE",
    }
}

words! {
    /// How a clock of a referral stands (стан строку).
    ClockState {
        /// It runs and is not past due (триває).
        Running = "RUNNING",
        /// It waits, since the referral is ON_HOLD (призупинено).
        Paused = "PAUSED",
        /// It stopped in time, also where the referral was cancelled or ended otherwise (дотримано).
        Met = "MET",
        /// It stopped late, or is past due and still runs (порушено).
        Breached = "BREACHED",
    }
}
