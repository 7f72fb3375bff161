//! Words about memoranda of cooperation.

words! {
    /// Part of an organisation in a memorandum (роль сторони).
    PartyRole {
        /// Gives the service of the centre; moves the memorandum as a whole (надавач послуг центру).
        CentreProvider = "CENTRE_PROVIDER",
        /// Sends people to the centre or takes them (партнер).
        Partner = "PARTNER",
    }
}

words! {
    /// How far a party is with a memorandum (стан сторони).
    PartyStatus {
        /// Named in a draft; it does not know of it yet (у чернетці).
        Drafted = "DRAFTED",
        /// Invited to sign; blocks nobody (запрошено).
        Invited = "INVITED",
        /// Has signed: bound from its own signature on (підписано).
        Signed = "SIGNED",
        /// Has left or declined; the others stay (вийшла).
        Withdrawn = "WITHDRAWN",
    }
}

words! {
    /// State of a memorandum, computed for a day from its dates and events, so that the past stays reproducible (стан меморандуму).
    MemorandumStatus {
        /// Being written; its provider alone knows of it (чернетка).
        Draft = "DRAFT",
        /// Partners are invited; the provider and at least one of them have not both signed (узгодження).
        Negotiation = "NEGOTIATION",
        /// The provider and at least one partner have signed; its first day has not come (підписано).
        Signed = "SIGNED",
        /// Binds those who have signed (чинний).
        InForce = "IN_FORCE",
        /// For a time nobody is sent under it (призупинено).
        Suspended = "SUSPENDED",
        /// Its last day has passed (строк минув).
        Expired = "EXPIRED",
        /// Ended by the provider before its time (припинено).
        Terminated = "TERMINATED",
    }
}
