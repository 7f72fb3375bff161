//! Words about funding contracts.

words! {
    /// State of a funding contract (стан договору).
    ContractStatus {
        /// Being written; the provider does not know of it (чернетка).
        Draft = "DRAFT",
        /// Both have signed; its work has not begun (підписано).
        Signed = "SIGNED",
        /// Work is done, claimed and paid (діє).
        Active = "ACTIVE",
        /// For a time nothing is claimed, accepted or paid (призупинено).
        Suspended = "SUSPENDED",
        /// Carried out; what is owed is still paid (виконано).
        Completed = "COMPLETED",
        /// Ended before its time; what was done by then is still claimed and paid (розірвано).
        Terminated = "TERMINATED",
        /// A draft that came to nothing (скасовано).
        Cancelled = "CANCELLED",
    }
}

words! {
    /// Why a funding contract was terminated (підстава припинення).
    ContractEndReason {
        /// Its term has run out (строк минув).
        Expired = "EXPIRED",
        /// Both agreed (за згодою сторін).
        Mutual = "MUTUAL",
        /// The provider has not kept it (порушення надавачем).
        ProviderBreach = "PROVIDER_BREACH",
        /// There is no money for it any more (припинення фінансування).
        FundingWithdrawn = "FUNDING_WITHDRAWN",
        /// The provider was struck off the register of providers (виключення з реєстру).
        RegistryExclusion = "REGISTRY_EXCLUSION",
        /// The hromada has left the project (вихід громади).
        HromadaWithdrew = "HROMADA_WITHDREW",
        /// A court has decided so (рішення суду).
        Court = "COURT",
        /// Another one; the note says which (інше).
        Other = "OTHER",
    }
}

words! {
    /// Who chose the provider (хто обрав надавача).
    SelectionAuthority {
        /// The Ministry (Міністерство).
        Ministry = "MINISTRY",
        /// The Fund (Фонд).
        Fund = "FUND",
        /// The hromada (громада).
        Hromada = "HROMADA",
        /// A commission after a competition (конкурсна комісія).
        CompetitionCommission = "COMPETITION_COMMISSION",
        /// The source does not say (невідомо).
        Unknown = "UNKNOWN",
    }
}

words! {
    /// What a line of a contract pays for (стаття витрат).
    BudgetLine {
        /// Pay of the team (оплата праці команди).
        TeamPay = "TEAM_PAY",
        /// Specialists who are called in (залучені фахівці).
        EngagedSpecialists = "ENGAGED_SPECIALISTS",
        /// Stationery (канцелярські товари).
        Stationery = "STATIONERY",
        /// Household goods (господарські товари).
        HouseholdGoods = "HOUSEHOLD_GOODS",
        /// Food (продукти харчування).
        Food = "FOOD",
        /// Materials for psychosocial work (матеріали для психосоціальної роботи).
        PsychosocialMaterials = "PSYCHOSOCIAL_MATERIALS",
        /// Transport (транспорт).
        Transport = "TRANSPORT",
        /// Something else (інше).
        Other = "OTHER",
    }
}

words! {
    /// When a tranche is paid (вид траншу).
    TrancheKind {
        /// Before the work; settled by later acts (аванс).
        Advance = "ADVANCE",
        /// While it goes on (проміжний).
        Interim = "INTERIM",
        /// After the last act (остаточний).
        Final = "FINAL",
    }
}

words! {
    /// State of a tranche (стан траншу).
    TrancheStatus {
        /// Foreseen by the contract (заплановано).
        Planned = "PLANNED",
        /// The funder has released it to be paid (погоджено).
        Approved = "APPROVED",
        /// Payments add up to it (сплачено).
        Paid = "PAID",
        /// The funder keeps it back (утримано).
        Withheld = "WITHHELD",
        /// It is not paid any more (скасовано).
        Cancelled = "CANCELLED",
    }
}

words! {
    /// What an amendment changes above all (предмет додаткової угоди).
    AmendmentKind {
        /// The amount (сума).
        Amount = "AMOUNT",
        /// The last day (строк).
        Term = "TERM",
        /// The lines, within the same amount (розподіл за статтями).
        BudgetLines = "BUDGET_LINES",
        /// Something else; the rationale says what (інше).
        Other = "OTHER",
    }
}

words! {
    /// State of a monthly act (стан акта).
    ActStatus {
        /// Being written; the provider alone knows of it (чернетка).
        Draft = "DRAFT",
        /// Waits for the funder's decision (подано).
        Submitted = "SUBMITTED",
        /// To be corrected and submitted again (повернено).
        Returned = "RETURNED",
        /// Accepted, in whole or in part; to be paid (прийнято).
        Accepted = "ACCEPTED",
        /// Payments add up to what was accepted (оплачено).
        Paid = "PAID",
    }
}

words! {
    /// Whether money and work agree (результат звірки).
    ReconciliationState {
        /// What is paid is what the work is worth (збігається).
        Matched = "MATCHED",
        /// More was paid than was accepted (переплата).
        Overpaid = "OVERPAID",
        /// Work was done that is not paid (недоплата).
        Underpaid = "UNDERPAID",
        /// Money was paid and no work at all was accepted for it (оплата без підтвердження).
        Unexplained = "UNEXPLAINED",
    }
}
