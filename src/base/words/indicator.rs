//! Words about figures: what is counted, in which unit, and how a figure is told.

words! {
    /// What a figure counts (показник). Each has one unit, for computed and reported figures alike.
    Indicator {
        /// Cases opened in the period; CASE (відкриті випадки).
        CasesOpened = "CASES_OPENED",
        /// Cases closed in the period; CASE (закриті випадки).
        CasesClosed = "CASES_CLOSED",
        /// Cases at work on a day; CASE (випадки в роботі).
        CasesActive = "CASES_ACTIVE",
        /// Services: deliveries, and attendances of sessions, consultations, trainings and cohesion events; SERVICE (надані послуги).
        ServicesProvided = "SERVICES_PROVIDED",
        /// Consultations of one person; SERVICE (індивідуальні консультації).
        IndividualConsultations = "INDIVIDUAL_CONSULTATIONS",
        /// Sessions of groups; EVENT (групові заняття).
        GroupSessions = "GROUP_SESSIONS",
        /// Consultations of groups; EVENT (групові консультації).
        GroupConsultations = "GROUP_CONSULTATIONS",
        /// Trainings in the basics of mental health; EVENT (навчання з основ психічного здоров'я).
        MentalHealthTrainings = "MENTAL_HEALTH_TRAININGS",
        /// Events that bring the hromada together; EVENT (заходи з підвищення соціальної згуртованості).
        SocialCohesionEvents = "SOCIAL_COHESION_EVENTS",
        /// Events with elements of art therapy; EVENT (заходи з арт-терапії).
        ArtTherapyEvents = "ART_THERAPY_EVENTS",
        /// Physical activities such as fitball; EVENT (фізична активність).
        PhysicalActivities = "PHYSICAL_ACTIVITIES",
        /// Other events for the hromada; EVENT (заходи для громади).
        CommunityEvents = "COMMUNITY_EVENTS",
        /// Study visits to others; EVENT (навчальні візити).
        StudyVisits = "STUDY_VISITS",
        /// Groups of a course such as Self-Help Plus; EVENT: a group is counted as what is held (групи курсу).
        CourseGroups = "COURSE_GROUPS",
        /// Members of such groups; PERSON (учасники курсу).
        CourseMembers = "COURSE_MEMBERS",
        /// Participants of activities, each as often as they came; ATTENDANCE (відвідування заходів).
        ActivityParticipants = "ACTIVITY_PARTICIPANTS",
        /// Distinct partners under memoranda in force on a day; ORGANIZATION (партнери за меморандумами).
        MemorandumPartners = "MEMORANDUM_PARTNERS",
        /// Centres that work on a day; CENTRE (відкриті центри).
        CentresOpen = "CENTRES_OPEN",
        /// Centres that are planned on a day; CENTRE (заплановані центри).
        CentresPlanned = "CENTRES_PLANNED",
        /// Hromadas that have joined the project, which is not the number of open centres; HROMADA (громади в проєкті).
        HromadasInProject = "HROMADAS_IN_PROJECT",
        /// Posts of a team on a day; POST (посади).
        StaffPosts = "STAFF_POSTS",
        /// Referrals sent; REFERRAL (надіслані скерування).
        ReferralsSent = "REFERRALS_SENT",
        /// Referrals accepted; REFERRAL (прийняті скерування).
        ReferralsAccepted = "REFERRALS_ACCEPTED",
        /// Referrals declined; REFERRAL (відхилені скерування).
        ReferralsDeclined = "REFERRALS_DECLINED",
        /// Referrals completed; REFERRAL (завершені скерування).
        ReferralsCompleted = "REFERRALS_COMPLETED",
        /// Referrals that wait for an answer longer than they may; REFERRAL (прострочені скерування).
        ReferralsOverdue = "REFERRALS_OVERDUE",
        /// Median time from sending to the answer; HOURS (медіана часу до відповіді).
        MedianHoursToRespond = "MEDIAN_HOURS_TO_RESPOND",
        /// Funding contracts of the Fund, in one's own figures also those with other funders, in force on the last day of the period: signed by then (a date known in part counts from the last day that it may mean) and not ended, suspended ones too; CONTRACT (договори).
        FundingContracts = "FUNDING_CONTRACTS",
        /// Amounts on that day, with the amendments in force on it, of the contracts that FUNDING_CONTRACTS counts; MONEY (сума договорів).
        FundingContracted = "FUNDING_CONTRACTED",
        /// Payments under contracts of the Fund, in one's own figures also under others, less reversals, each by its day; MONEY (сплачено).
        FundingPaid = "FUNDING_PAID",
        /// What acts under the same contracts as FUNDING_PAID were accepted for in the period's months, divided by SERVICES_PROVIDED of the same part and period; MONEY: to the kopiyka, kept back where those services are (вартість послуги).
        CostPerService = "COST_PER_SERVICE",
        /// People who turned to a centre; PERSON (звернулося людей).
        PersonsApplied = "PERSONS_APPLIED",
        /// Who received services. Sources count "families or persons" together: a person alone counts as a family of one; FAMILY (отримувачі, сімей/осіб).
        Recipients = "RECIPIENTS",
        /// People reached by work with groups and by projects; PERSON (охоплені груповою та проєктною роботою).
        GroupProjectReach = "GROUP_PROJECT_REACH",
        /// Assessments of needs, an act each; CASE. Never added to those of war-affected children (акти оцінки потреб).
        NeedsAssessments = "NEEDS_ASSESSMENTS",
        /// Families assessed for the status of a child affected by war; FAMILY (оцінка для статусу дитини, яка постраждала внаслідок воєнних дій).
        WarAffectedChildAssessments = "WAR_AFFECTED_CHILD_ASSESSMENTS",
        /// People who received humanitarian aid; PERSON (отримувачі гуманітарної допомоги).
        HumanitarianAidRecipients = "HUMANITARIAN_AID_RECIPIENTS",
        /// Educational events; EVENT (просвітницькі заходи).
        EducationalEvents = "EDUCATIONAL_EVENTS",
        /// Families in social support; FAMILY (сім'ї під соціальним супроводом).
        FamiliesInSocialSupport = "FAMILIES_IN_SOCIAL_SUPPORT",
        /// People who live in a shelter on a day; PERSON (мешканці притулку).
        ShelterResidents = "SHELTER_RESIDENTS",
        /// Visits of a mobile team; EVENT (виїзди мобільної бригади).
        MobileTeamVisits = "MOBILE_TEAM_VISITS",
        /// People reached by one campaign; PERSON. Campaigns are never added: they reach the same people (охоплені кампанією).
        CampaignReach = "CAMPAIGN_REACH",
    }
}

words! {
    /// What one of a figure is (одиниця).
    IndicatorUnit {
        /// Case (випадок).
        Case = "CASE",
        /// Person (особа).
        Person = "PERSON",
        /// Family; a person alone is a family of one (сім'я).
        Family = "FAMILY",
        /// One person's coming to one activity (відвідування).
        Attendance = "ATTENDANCE",
        /// Service (послуга).
        Service = "SERVICE",
        /// Referral (скерування).
        Referral = "REFERRAL",
        /// Event (захід).
        Event = "EVENT",
        /// Organisation (організація).
        Organization = "ORGANIZATION",
        /// Centre (центр).
        Centre = "CENTRE",
        /// Post, not a person (посада).
        Post = "POST",
        /// Hromada (громада).
        Hromada = "HROMADA",
        /// Contract (договір).
        Contract = "CONTRACT",
        /// Hryvnia (гривня).
        Money = "MONEY",
        /// Hours (година).
        Hours = "HOURS",
    }
}

words! {
    /// By what figures are divided (розріз).
    Dimension {
        /// Region (область).
        Region = "REGION",
        /// Hromada (громада).
        Hromada = "HROMADA",
        /// Centre (центр).
        Centre = "CENTRE",
        /// Provider (надавач).
        Provider = "PROVIDER",
        /// Month (місяць).
        Month = "MONTH",
        /// Category of the need; of persons (категорія).
        TargetCategory = "TARGET_CATEGORY",
        /// Group of categories; of persons (цільова група).
        TargetGroup = "TARGET_GROUP",
        /// Sex; of persons (стать).
        Sex = "SEX",
        /// Age band; of persons (вікова група).
        AgeBand = "AGE_BAND",
        /// Service; of persons (послуга).
        Service = "SERVICE",
        /// Kind of the activity (вид заходу).
        ActivityKind = "ACTIVITY_KIND",
        /// State of the referral; of persons (стан скерування).
        ReferralStatus = "REFERRAL_STATUS",
    }
}

words! {
    /// How a figure stands to the true one, as its source says it (порівняння).
    Comparator {
        /// Exactly so (дорівнює).
        Eq = "EQ",
        /// More than: "понад 2 тисячі" is GT 2000 (понад).
        Gt = "GT",
        /// At least (щонайменше).
        Gte = "GTE",
        /// Less than (менш як).
        Lt = "LT",
        /// About (близько).
        Approx = "APPROX",
    }
}

words! {
    /// What a figure says of its time (вид показника).
    ObservationKind {
        /// What happened within a period (за період).
        Flow = "FLOW",
        /// What there was on a day, the period's last (на дату).
        Stock = "STOCK",
        /// What is aimed at (ціль).
        Target = "TARGET",
    }
}

words! {
    /// Where a figure comes from; the two are never mixed (походження).
    Origin {
        /// Counted by the server from what was recorded (обчислено).
        Computed = "COMPUTED",
        /// As a source reported it (за повідомленням джерела).
        Reported = "REPORTED",
    }
}

words! {
    /// Whether a figure has a value, and whether you may see it; null is not zero (стан показника).
    CellStatus {
        /// The value is shown (оприлюднено).
        Published = "PUBLISHED",
        /// A value about few people, kept back so that nobody can be recognised (приховано: замало осіб).
        Suppressed = "SUPPRESSED",
        /// The source gives no value (не повідомлено).
        NotReported = "NOT_REPORTED",
    }
}

/// What must be asked before a figure of others is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// It counts people: a small number may point at one.
    People,
    /// It counts services: as many people stand behind it at the most, perhaps fewer.
    Recipients,
    /// It is a median or an average: people stand behind it as its base.
    Base,
    /// It counts no people.
    Free,
}

impl IndicatorUnit {
    /// Whether it counts people, one way or another. A case is somebody's.
    pub const fn is_about_people(self) -> bool {
        matches!(self, Self::Case | Self::Person | Self::Family | Self::Attendance | Self::Referral)
    }
}

impl Indicator {
    /// What one of it is. NEEDS_ASSESSMENTS are acts, one for each case; RECIPIENTS are "families or persons" in their source:
    /// FAMILY never says more people than there are.
    pub const fn unit(self) -> IndicatorUnit {
        use IndicatorUnit as Unit;
        match self {
            Self::CasesOpened | Self::CasesClosed | Self::CasesActive | Self::NeedsAssessments => Unit::Case,
            Self::ServicesProvided | Self::IndividualConsultations => Unit::Service,
            Self::GroupSessions
            | Self::GroupConsultations
            | Self::MentalHealthTrainings
            | Self::SocialCohesionEvents
            | Self::ArtTherapyEvents
            | Self::PhysicalActivities
            | Self::CommunityEvents
            | Self::StudyVisits
            | Self::CourseGroups
            | Self::EducationalEvents
            | Self::MobileTeamVisits => Unit::Event,
            Self::ActivityParticipants => Unit::Attendance,
            Self::MemorandumPartners => Unit::Organization,
            Self::CentresOpen | Self::CentresPlanned => Unit::Centre,
            Self::HromadasInProject => Unit::Hromada,
            Self::StaffPosts => Unit::Post,
            Self::ReferralsSent
            | Self::ReferralsAccepted
            | Self::ReferralsDeclined
            | Self::ReferralsCompleted
            | Self::ReferralsOverdue => Unit::Referral,
            Self::MedianHoursToRespond => Unit::Hours,
            Self::FundingContracts => Unit::Contract,
            Self::FundingContracted | Self::FundingPaid | Self::CostPerService => Unit::Money,
            Self::Recipients | Self::WarAffectedChildAssessments | Self::FamiliesInSocialSupport => Unit::Family,
            Self::CourseMembers
            | Self::PersonsApplied
            | Self::GroupProjectReach
            | Self::HumanitarianAidRecipients
            | Self::ShelterResidents
            | Self::CampaignReach => Unit::Person,
        }
    }

    /// What must be asked before a figure of others is shown.
    pub const fn protection(self) -> Protection {
        match (self, self.unit()) {
            (Self::CostPerService, _) | (_, IndicatorUnit::Hours) => Protection::Base,
            (_, IndicatorUnit::Service) => Protection::Recipients,
            (_, unit) if unit.is_about_people() => Protection::People,
            _ => Protection::Free,
        }
    }

    /// Whether a source may report it. Not where the server alone can know: the shared status of referrals, medians of it, and
    /// money, which follows from contracts and payments to the kopiyka.
    pub const fn is_reportable(self) -> bool {
        !matches!(self.unit(), IndicatorUnit::Referral | IndicatorUnit::Hours | IndicatorUnit::Money)
    }
}

impl Dimension {
    /// Whether it divides people, so that a cell may point at one.
    pub const fn is_of_persons(self) -> bool {
        matches!(
            self,
            Self::TargetCategory | Self::TargetGroup | Self::Service | Self::Sex | Self::AgeBand | Self::ReferralStatus
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_indicator_tells_its_unit() {
        // The description of each value is what an analyst reads: it names the unit that the program takes.
        let source = include_str!("indicator.rs");
        let list = source.split("Indicator {\n").nth(1).and_then(|rest| rest.split("\n    }\n").next()).expect("the list");
        let lines: Vec<&str> = list.lines().map(str::trim).collect();
        assert_eq!(lines.len(), 2 * Indicator::ALL.len());
        for (indicator, pair) in Indicator::ALL.iter().zip(lines.chunks(2)) {
            assert!(pair[1].contains(&format!("\"{indicator}\"")), "{indicator}");
            let unit = indicator.unit().word();
            assert!(
                pair[0].contains(&format!("; {unit} ("))
                    || pair[0].contains(&format!("; {unit}. "))
                    || pair[0].contains(&format!("; {unit}: ")),
                "{indicator}: {unit}"
            );
        }
    }

    #[test]
    fn what_counts_people_is_protected() {
        let of = |protection| Indicator::ALL.iter().filter(|one| one.protection() == protection).count();
        assert_eq!([of(Protection::Recipients), of(Protection::Base)], [2, 2]);
        for indicator in Indicator::ALL {
            assert_eq!(indicator.protection() == Protection::People, indicator.unit().is_about_people(), "{indicator}");
        }
        let told = Indicator::ALL.iter().filter(|one| !one.is_reportable()).count();
        assert_eq!(told, 9, "five of referrals, the median, three of money");
        assert_eq!(Dimension::ALL.iter().filter(|one| one.is_of_persons()).count(), 6);
    }
}
