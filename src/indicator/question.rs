//! What may be asked of computed figures, and what each indicator is counted from. Pure.

use super::model::{Funding, Measure, Question, Span, Whose};
use crate::{
    activity::rules::GROUP_WORK,
    base::{
        Error, Result,
        error::ErrorCode,
        words::indicator::{Dimension, Indicator, Protection},
    },
};
use Dimension as By;
use Measure as M;

/// Dimensions of one question.
const MOST: usize = 3;
/// Of persons, of one's own figures and of others'.
const OF_PERSONS: (usize, usize) = (2, 1);
/// Indicators of one question.
const INDICATORS: usize = 20;

/// What a figure is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The sum of these entries of the roll-up within the period; with words, of those alone.
    Flow(&'static [(Measure, &'static [&'static str])]),
    /// The first less the second, of all days until the last one of the period.
    Level(Measure, Measure),
    /// The median of how long the answers of the period took; medians are never added.
    Median,
    /// What there was on the last day of the period, by the registry and the memoranda.
    Stock,
    /// Funding contracts, acts and payments, of everybody and live.
    Funding(Funding),
    /// What acts were accepted for, divided by the services of the same part and period.
    Cost,
    /// Nothing: a source may report it.
    Reported,
}

/// What an indicator is counted from.
pub const fn source(indicator: Indicator) -> Source {
    use Indicator as I;
    match indicator {
        I::CasesOpened => Source::Flow(&[(M::CaseOpened, &[])]),
        I::CasesClosed => Source::Flow(&[(M::CaseClosed, &[])]),
        I::CasesActive => Source::Level(M::CaseOpened, M::CaseEnded),
        I::ServicesProvided => Source::Flow(&[(M::Delivery, &[]), (M::Participant, GROUP_WORK)]),
        I::IndividualConsultations => Source::Flow(&[(M::Delivery, &["INDIVIDUAL"])]),
        I::GroupSessions => Source::Flow(&[(M::Event, &["GROUP_SESSION"])]),
        I::GroupConsultations => Source::Flow(&[(M::Event, &["GROUP_CONSULTATION"])]),
        I::MentalHealthTrainings => Source::Flow(&[(M::Event, &["MENTAL_HEALTH_TRAINING"])]),
        I::SocialCohesionEvents => Source::Flow(&[(M::Event, &["SOCIAL_COHESION_EVENT"])]),
        I::ArtTherapyEvents => Source::Flow(&[(M::Event, &["ART_THERAPY"])]),
        I::PhysicalActivities => Source::Flow(&[(M::Event, &["PHYSICAL_ACTIVITY"])]),
        I::CommunityEvents => Source::Flow(&[(M::Event, &["COMMUNITY_EVENT"])]),
        I::StudyVisits => Source::Flow(&[(M::Event, &["STUDY_VISIT"])]),
        I::EducationalEvents => Source::Flow(&[(M::Event, &["AWARENESS_EVENT"])]),
        I::MobileTeamVisits => Source::Flow(&[(M::Event, &["MOBILE_TEAM_VISIT"])]),
        I::CourseGroups => Source::Flow(&[(M::Course, &[])]),
        I::CourseMembers => Source::Flow(&[(M::Member, &[])]),
        I::ActivityParticipants => Source::Flow(&[(M::Participant, &[])]),
        I::NeedsAssessments => Source::Flow(&[(M::Assessment, &["SOCIAL_SERVICES"])]),
        I::WarAffectedChildAssessments => Source::Flow(&[(M::Assessment, &["WAR_AFFECTED_CHILD_STATUS"])]),
        I::ReferralsSent => Source::Flow(&[(M::Sent, &[])]),
        I::ReferralsAccepted => Source::Flow(&[(M::Accepted, &[])]),
        I::ReferralsDeclined => Source::Flow(&[(M::Declined, &[])]),
        I::ReferralsCompleted => Source::Flow(&[(M::Completed, &[])]),
        I::ReferralsOverdue => Source::Flow(&[(M::Overdue, &[])]),
        I::MemorandumPartners | I::CentresOpen | I::CentresPlanned | I::HromadasInProject | I::StaffPosts => Source::Stock,
        I::MedianHoursToRespond => Source::Median,
        I::FundingContracts => Source::Funding(Funding::Contracts),
        I::FundingContracted => Source::Funding(Funding::Contracted),
        I::FundingPaid => Source::Funding(Funding::Paid),
        I::CostPerService => Source::Cost,
        I::PersonsApplied
        | I::Recipients
        | I::GroupProjectReach
        | I::HumanitarianAidRecipients
        | I::FamiliesInSocialSupport
        | I::ShelterResidents
        | I::CampaignReach => Source::Reported,
    }
}

/// Whether entries of a measure can be told apart by a dimension.
pub const fn tells(measure: Measure, by: Dimension) -> bool {
    match by {
        By::Region | By::Hromada | By::Centre | By::Provider | By::Month => true,
        By::TargetCategory | By::TargetGroup => {
            matches!(measure, M::Delivery | M::Event | M::Participant | M::CaseOpened | M::CaseClosed | M::CaseEnded)
        }
        By::Sex | By::AgeBand => matches!(measure, M::Delivery | M::CaseOpened | M::CaseClosed | M::CaseEnded),
        By::Service => {
            matches!(measure, M::Delivery | M::Sent | M::Accepted | M::Declined | M::Completed | M::Overdue)
        }
        By::ActivityKind => matches!(measure, M::Event | M::Participant),
        By::ReferralStatus => matches!(measure, M::Sent | M::Accepted | M::Declined | M::Completed),
    }
}

/// Whether an indicator is divided by a dimension: where at least one part of it tells; the rest stands under "not told".
pub fn divides(indicator: Indicator, by: Dimension) -> bool {
    match source(indicator) {
        Source::Flow(parts) => parts.iter().any(|(measure, _)| tells(*measure, by)),
        Source::Level(measure, _) => by != By::Month && tells(measure, by),
        Source::Median => matches!(by, By::Region | By::Hromada | By::Centre | By::Month),
        Source::Stock | Source::Funding(Funding::Contracts | Funding::Contracted) => {
            matches!(by, By::Region | By::Hromada | By::Centre | By::Provider)
        }
        Source::Funding(Funding::Paid | Funding::Accepted) | Source::Cost => {
            matches!(by, By::Region | By::Hromada | By::Centre | By::Provider | By::Month)
        }
        Source::Reported => matches!(by, By::Region | By::Hromada | By::Centre | By::Provider),
    }
}

/// Whether a question is one that has an answer.
pub fn check(question: &Question) -> Result<()> {
    let no = |field, message: String| Err(Error::question(ErrorCode::BadUserInput, field, message));
    let mut indicators = question.indicators.clone();
    indicators.sort();
    indicators.dedup();
    if indicators.is_empty() || question.indicators.len() > INDICATORS {
        return no("input.indicators", format!("Ask for 1 to {INDICATORS} indicators."));
    }
    if indicators.len() < question.indicators.len() {
        return no("input.indicators", "One stands here twice.".to_owned());
    }
    let mut by = question.by.clone();
    by.sort();
    by.dedup();
    if by.len() < question.by.len() {
        return no("input.by", "One stands here twice.".to_owned());
    }
    let of_persons = by.iter().filter(|dimension| dimension.is_of_persons()).count();
    let most = if question.whose == Whose::Own { OF_PERSONS.0 } else { OF_PERSONS.1 };
    let about_people = question.indicators.iter().any(|indicator| indicator.protection() != Protection::Free);
    if by.len() > MOST || (about_people && of_persons > most) || of_persons > OF_PERSONS.0 {
        let message = format!(
            "At most {MOST} dimensions, and of those that divide people {} of one's own figures, {} of others'.",
            OF_PERSONS.0, OF_PERSONS.1
        );
        return Err(Error::question(ErrorCode::TooManyDimensions, "input.by", message));
    }
    if by.contains(&By::TargetCategory) && by.contains(&By::TargetGroup) {
        return no("input.by", "A category belongs to one group: take one of the two.".to_owned());
    }
    let places = [By::Region, By::Hromada, By::Centre, By::Provider];
    if let Some(dimension) = by.iter().find(|by| !question.computed && !places.contains(by)) {
        return no("input.by", format!("Reported figures stand as they were told: they are not divided by {dimension}."));
    }
    for indicator in &question.indicators {
        if let Some(dimension) = by.iter().find(|dimension| !divides(*indicator, **dimension)) {
            return no("input.by", format!("{indicator} is not divided by {dimension}."));
        }
        if question.computed && source(*indicator) == Source::Reported {
            return no("input.indicators", format!("{indicator} is reported alone: ask with origin REPORTED."));
        }
    }
    let costs = question.computed && question.indicators.iter().any(|indicator| source(*indicator) == Source::Cost);
    if costs && !question.span.is_whole_months() {
        let message = "An act tells of a whole month: what a service has cost is asked for by months.";
        return Err(Error::question(ErrorCode::RangeNotAllowed, "input.period", message));
    }
    if question.whose == Whose::Others && about_people && question.computed {
        if !question.span.is_closed_months {
            let message = "Figures about people of others exist for months, quarters and years alone.";
            return Err(Error::question(ErrorCode::RangeNotAllowed, "input.period", message));
        }
        let medians = question.indicators.iter().any(|indicator| source(*indicator) == Source::Median);
        if medians && !by.contains(&By::Month) && Span::month(question.span.from) != Some(question.span) {
            return no("input.period", "A median of others is told of each month: medians are never added.".to_owned());
        }
        if question.provider_id.is_some() || question.centre_id.is_some() {
            return no(
                "input",
                "providerId and centreId narrow one's own figures about people, not those of others.".to_owned(),
            );
        }
        if by.contains(&By::ActivityKind) {
            return no(
                "input.by",
                "Participants of others are published together, not by the kind of the activity.".to_owned(),
            );
        }
        if by.contains(&By::Provider) {
            return no("input.by", "Figures about people of others come by region, hromada and centre.".to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(indicators: &[Indicator], by: &[Dimension], whose: Whose) -> Question {
        let span = Span::month("2025-03-01".parse().expect("a day")).expect("a month");
        let (indicators, by) = (indicators.to_vec(), by.to_vec());
        let (provider_id, centre_id) = (None, None);
        Question { indicators, by, span, computed: true, whose, provider_id, centre_id, territory: None, kinds: Vec::new() }
    }

    fn code(question: &Question) -> Option<ErrorCode> {
        match check(question) {
            Ok(()) => None,
            Err(Error::Question { code, .. }) => Some(code),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn people_are_divided_once_for_others_and_twice_for_oneself() {
        let cases = [Indicator::CasesOpened];
        assert_eq!(code(&question(&cases, &[By::Sex, By::AgeBand, By::Month], Whose::Own)), None);
        assert_eq!(code(&question(&cases, &[By::Sex, By::AgeBand], Whose::Others)), Some(ErrorCode::TooManyDimensions));
        assert_eq!(code(&question(&cases, &[By::Sex, By::Region, By::Month], Whose::Others)), None);
        assert_eq!(
            code(&question(&cases, &[By::Sex, By::AgeBand, By::TargetGroup], Whose::Own)),
            Some(ErrorCode::TooManyDimensions)
        );
    }

    #[test]
    fn a_range_of_others_is_for_what_counts_no_people() {
        let mut asked = question(&[Indicator::CasesOpened], &[], Whose::Others);
        asked.span.is_closed_months = false;
        assert_eq!(code(&asked), Some(ErrorCode::RangeNotAllowed));
        asked.indicators = vec![Indicator::GroupSessions];
        assert_eq!(code(&asked), None);
    }

    #[test]
    fn what_a_service_has_cost_is_asked_for_by_whole_months() {
        let mut asked = question(&[Indicator::CostPerService], &[By::Provider, By::Month], Whose::Own);
        assert_eq!(code(&asked), None);
        asked.span.is_closed_months = false;
        assert_eq!(code(&asked), None, "days from the first of a month to the last of one");
        asked.span.to = "2025-03-30".parse().expect("a day");
        assert_eq!(code(&asked), Some(ErrorCode::RangeNotAllowed));
        asked.indicators = vec![Indicator::FundingPaid];
        assert_eq!(code(&asked), None, "payments have their day");
        assert_eq!(
            code(&question(&[Indicator::CostPerService], &[By::Provider], Whose::Others)),
            Some(ErrorCode::BadUserInput)
        );
    }

    #[test]
    fn each_indicator_knows_its_dimensions() {
        assert_eq!(code(&question(&[Indicator::StaffPosts], &[By::Sex], Whose::Own)), Some(ErrorCode::BadUserInput));
        assert_eq!(code(&question(&[Indicator::CampaignReach], &[], Whose::Own)), Some(ErrorCode::BadUserInput));
        assert_eq!(code(&question(&[Indicator::GroupSessions], &[By::ActivityKind], Whose::Others)), None);
        assert_eq!(code(&question(&[Indicator::FundingPaid], &[By::Provider, By::Month], Whose::Others)), None);
        assert_eq!(
            code(&question(&[Indicator::FundingContracted], &[By::Month], Whose::Others)),
            Some(ErrorCode::BadUserInput)
        );
        assert_eq!(code(&question(&[], &[], Whose::Own)), Some(ErrorCode::BadUserInput));
        assert_eq!(code(&question(&[Indicator::CasesOpened; 2], &[], Whose::Own)), Some(ErrorCode::BadUserInput));
    }
}
