//! Words of the journal.

words! {
    /// What has changed (вид зміни). A mutation's `@emits` names the changes that it publishes.
    ChangeType {
        /// A draft was written; for the sender alone (створено чернетку скерування).
        ReferralCreated = "REFERRAL_CREATED",
        /// A draft was changed; for the sender alone (змінено чернетку скерування).
        ReferralUpdated = "REFERRAL_UPDATED",
        /// A referral was sent (скерування надіслано).
        ReferralSent = "REFERRAL_SENT",
        /// The receiver acknowledged it (отримання підтверджено).
        ReferralReceived = "REFERRAL_RECEIVED",
        /// The receiver accepted it (скерування прийнято).
        ReferralAccepted = "REFERRAL_ACCEPTED",
        /// The receiver declined it (скерування відхилено).
        ReferralDeclined = "REFERRAL_DECLINED",
        /// First contact has happened (розпочато роботу).
        ReferralStarted = "REFERRAL_STARTED",
        /// It waits (скерування призупинено).
        ReferralHeld = "REFERRAL_HELD",
        /// It goes on (скерування відновлено).
        ReferralResumed = "REFERRAL_RESUMED",
        /// It is completed (завершено).
        ReferralCompleted = "REFERRAL_COMPLETED",
        /// It ended without the service (завершено без надання).
        ReferralNotCompleted = "REFERRAL_NOT_COMPLETED",
        /// It was cancelled (скасовано).
        ReferralCancelled = "REFERRAL_CANCELLED",
        /// It was a mistake (внесено помилково).
        ReferralEnteredInError = "REFERRAL_ENTERED_IN_ERROR",
        /// Personal data vanished from the receiver's view (дані приховано).
        ReferralRedacted = "REFERRAL_REDACTED",
        /// The receiver has acknowledged that it no longer keeps what it saw (приховання підтверджено).
        ReferralRedactionAcknowledged = "REFERRAL_REDACTION_ACKNOWLEDGED",
        /// A clock of it was missed; once for each clock (порушено строк).
        ReferralClockBreached = "REFERRAL_CLOCK_BREACHED",
        /// A case was opened (відкрито випадок).
        CaseOpened = "CASE_OPENED",
        /// A case was changed (змінено випадок).
        CaseChanged = "CASE_CHANGED",
        /// A case was closed (закрито випадок).
        CaseClosed = "CASE_CLOSED",
        /// A person was erased: nobody can read it any more (особу знеособлено).
        PersonErased = "PERSON_ERASED",
        /// A consent was given (надано згоду).
        ConsentGiven = "CONSENT_GIVEN",
        /// A consent was withdrawn (згоду відкликано).
        ConsentWithdrawn = "CONSENT_WITHDRAWN",
        /// A consent has expired (строк згоди минув).
        ConsentExpired = "CONSENT_EXPIRED",
        /// A memorandum was written; for its provider alone (створено меморандум).
        MemorandumCreated = "MEMORANDUM_CREATED",
        /// A memorandum that nobody has signed was changed (змінено меморандум).
        MemorandumUpdated = "MEMORANDUM_UPDATED",
        /// Partners were invited to it (запрошено партнерів).
        MemorandumInvited = "MEMORANDUM_INVITED",
        /// A party has signed it (меморандум підписано стороною).
        MemorandumSigned = "MEMORANDUM_SIGNED",
        /// It has come into force (набув чинності).
        MemorandumInForce = "MEMORANDUM_IN_FORCE",
        /// It was suspended: nobody is sent under it (призупинено).
        MemorandumSuspended = "MEMORANDUM_SUSPENDED",
        /// It was resumed (відновлено).
        MemorandumResumed = "MEMORANDUM_RESUMED",
        /// A partner has left it, or declined the invitation (партнер вийшов).
        MemorandumPartyLeft = "MEMORANDUM_PARTY_LEFT",
        /// It ends within 90, 60, 30 or 7 days; once each (строк добігає кінця).
        MemorandumExpiring = "MEMORANDUM_EXPIRING",
        /// It has expired or was terminated (меморандум закінчився).
        MemorandumEnded = "MEMORANDUM_ENDED",
        /// A funding contract was written; for the funder's side and those who oversee (створено договір).
        ContractCreated = "CONTRACT_CREATED",
        /// A funding contract was signed, activated, suspended or resumed (змінено договір).
        ContractChanged = "CONTRACT_CHANGED",
        /// Its terms were amended (укладено додаткову угоду).
        ContractAmended = "CONTRACT_AMENDED",
        /// It was completed, terminated, or cancelled as a draft (договір закінчився).
        ContractEnded = "CONTRACT_ENDED",
        /// A tranche was approved, withheld, cancelled, paid, or its payment taken back (змінено транш).
        TrancheChanged = "TRANCHE_CHANGED",
        /// An act was drafted; for its provider alone (складено чернетку акта).
        ActDrafted = "ACT_DRAFTED",
        /// An act was submitted, for the first time or again (акт подано).
        ActSubmitted = "ACT_SUBMITTED",
        /// An act was accepted, in whole or in part (акт прийнято).
        ActAccepted = "ACT_ACCEPTED",
        /// An act was returned to be corrected (акт повернено).
        ActReturned = "ACT_RETURNED",
        /// An act was paid in full (акт оплачено).
        ActPaid = "ACT_PAID",
        /// A payment was recorded, or reversed (внесено оплату).
        PaymentRecorded = "PAYMENT_RECORDED",
        /// Services were recorded, corrected or voided by one call (внесено послуги).
        ServicesRecorded = "SERVICES_RECORDED",
        /// Activities were recorded, corrected or voided by one call (внесено заходи).
        ActivitiesRecorded = "ACTIVITIES_RECORDED",
        /// A group was created (створено групу).
        GroupCreated = "GROUP_CREATED",
        /// Figures about people of a month were published (випуск показників).
        ReleasePublished = "RELEASE_PUBLISHED",
        /// An organisation was registered or changed (зміна організації).
        OrganizationChanged = "ORGANIZATION_CHANGED",
        /// A centre was registered or changed (зміна центру).
        CentreChanged = "CENTRE_CHANGED",
        /// A hromada's part in the project was recorded (участь громади).
        ParticipationRecorded = "PARTICIPATION_RECORDED",
        /// An offering or its capacity was changed (зміна пропозиції послуги).
        OfferingChanged = "OFFERING_CHANGED",
        /// An application was registered, changed or revoked (зміна застосунку).
        ApplicationChanged = "APPLICATION_CHANGED",
        /// A figure was reported; for the organisation alone that reported it (повідомлено показник).
        ObservationReported = "OBSERVATION_REPORTED",
        /// A webhook endpoint was created, changed or deleted, got a new secret, or is sent a stretch of the feed again (зміна адреси вебхука).
        WebhookEndpointChanged = "WEBHOOK_ENDPOINT_CHANGED",
        /// The server has disabled a webhook endpoint; `disabledReason` says why (адресу вебхука вимкнено).
        WebhookEndpointDisabled = "WEBHOOK_ENDPOINT_DISABLED",
        /// Nothing has changed: an endpoint is tried out (перевірка адреси вебхука).
        Test = "TEST",
    }
}
