//! How long each phase of a referral may take (строки), and in which time: plain hours, or the working hours of Europe/Kyiv.

use super::{
    period::Calendar,
    words::referral::{ClockPhase, Urgency},
};
use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::Kyiv;
use std::{fmt, str::FromStr};

/// Days and hours that a configuration may give: more than three years are a mistake.
const MOST_DAYS: u32 = 1_100;

/// A length of time as people agree on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    Hours(u32),
    /// 24 hours each; in working time, the length of one working day each.
    Days(u32),
}

/// The lengths of one phase, by urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    pub emergency: Length,
    pub urgent: Length,
    pub normal: Length,
}

/// When a working day begins and ends, in minutes since midnight in Kyiv; 24:00 is the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkingHours {
    opens: u32,
    closes: u32,
}

/// The lengths of all phases and the time in which they are counted.
#[derive(Clone, Debug)]
pub struct Timetable {
    pub respond: Lengths,
    pub first_contact: Lengths,
    pub complete: Lengths,
    /// None: every clock runs in plain hours.
    pub hours: Option<WorkingHours>,
    pub calendar: Calendar,
}

impl Default for Timetable {
    fn default() -> Self {
        use Length::{Days, Hours};
        Self {
            respond: Lengths { emergency: Hours(24), urgent: Hours(72), normal: Days(14) },
            first_contact: Lengths { emergency: Hours(24), urgent: Days(3), normal: Days(14) },
            complete: Lengths { emergency: Days(7), urgent: Days(30), normal: Days(90) },
            hours: None,
            calendar: Calendar::default(),
        }
    }
}

impl Timetable {
    /// When a phase that begins now has to be done.
    pub fn due(&self, from: DateTime<Utc>, phase: ClockPhase, urgency: Urgency) -> DateTime<Utc> {
        let lengths = match phase {
            ClockPhase::Respond => self.respond,
            ClockPhase::FirstContact => self.first_contact,
            ClockPhase::Complete => self.complete,
        };
        let length = lengths.of(urgency);
        match self.working(urgency) {
            Some(hours) => self.worked_on(hours, from, length.counted(hours.day())),
            None => from + length.counted(Duration::days(1)),
        }
    }

    /// When a clock is due that was paused and goes on now: what was left of it at the pause is left now, in the same kind
    /// of time. A pause takes no time away, and a clock that was late already stays late.
    pub fn resumed(&self, due: DateTime<Utc>, paused: DateTime<Utc>, now: DateTime<Utc>, urgency: Urgency) -> DateTime<Utc> {
        if due < paused {
            return due;
        }
        let moved = match self.working(urgency) {
            Some(hours) => self.worked_on(hours, now, self.worked(hours, paused, due)),
            None => now + (due - paused),
        };
        moved.max(due)
    }

    /// The hours in which clocks of an urgency run; none: around the clock. An emergency knows no closing time.
    fn working(&self, urgency: Urgency) -> Option<WorkingHours> {
        self.hours.filter(|_| urgency != Urgency::Emergency)
    }

    /// The moment at which so much has been worked since another one.
    fn worked_on(&self, hours: WorkingHours, from: DateTime<Utc>, length: Duration) -> DateTime<Utc> {
        let mut left = length;
        if left <= Duration::zero() {
            return from;
        }
        for day in super::clock::day(from).iter_days().filter(|day| self.calendar.works(*day)) {
            let (opens, closes) = hours.on(day);
            let begins = opens.max(from);
            if begins + left <= closes {
                return begins + left;
            }
            left -= (closes - begins).max(Duration::zero());
        }
        from
    }

    /// How much is worked between two moments.
    fn worked(&self, hours: WorkingHours, from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
        let last = super::clock::day(to);
        let days = super::clock::day(from).iter_days().take_while(|day| *day <= last);
        let worked = days.filter(|day| self.calendar.works(*day)).map(|day| {
            let (opens, closes) = hours.on(day);
            (closes.min(to) - opens.max(from)).max(Duration::zero())
        });
        worked.fold(Duration::zero(), |sum, day| sum + day)
    }
}

impl Lengths {
    pub const fn of(self, urgency: Urgency) -> Length {
        match urgency {
            Urgency::Emergency => self.emergency,
            Urgency::Urgent => self.urgent,
            Urgency::Normal => self.normal,
        }
    }
}

impl Length {
    /// With a day of a certain length.
    fn counted(self, day: Duration) -> Duration {
        match self {
            Self::Hours(hours) => Duration::hours(hours.into()),
            Self::Days(days) => day * days.cast_signed(),
        }
    }
}

impl WorkingHours {
    /// How long a working day is.
    fn day(self) -> Duration {
        Duration::minutes((self.closes - self.opens).into())
    }

    /// When a day opens and closes. On the two days when the clocks change it may be an hour longer or shorter.
    fn on(self, day: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
        (moment(day, self.opens, LocalResult::earliest), moment(day, self.closes, LocalResult::latest))
    }
}

/// A minute of a day in Kyiv. One that the clocks leave out is the moment at which they are moved; of one that comes twice
/// the caller takes its own.
fn moment(
    day: NaiveDate,
    minutes: u32,
    pick: fn(LocalResult<DateTime<chrono_tz::Tz>>) -> Option<DateTime<chrono_tz::Tz>>,
) -> DateTime<Utc> {
    let local = day.and_time(NaiveTime::MIN) + Duration::minutes(minutes.into());
    let there = (0..=180).find_map(|later| pick(Kyiv.from_local_datetime(&(local + Duration::minutes(later)))));
    there.map_or_else(|| local.and_utc(), |at| at.to_utc())
}

/// The text is in none of the accepted forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnAgreement;

impl FromStr for Length {
    type Err = NotAnAgreement;

    /// `24h` or `14d`.
    fn from_str(text: &str) -> Result<Self, NotAnAgreement> {
        let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(NotAnAgreement)?;
        let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let count: u32 = if plain { number.parse().map_err(|_| NotAnAgreement)? } else { 0 };
        match unit {
            "h" if (1..=MOST_DAYS * 24).contains(&count) => Ok(Self::Hours(count)),
            "d" if (1..=MOST_DAYS).contains(&count) => Ok(Self::Days(count)),
            _ => Err(NotAnAgreement),
        }
    }
}

impl FromStr for Lengths {
    type Err = NotAnAgreement;

    /// `24h,72h,14d`: EMERGENCY, URGENT, NORMAL.
    fn from_str(text: &str) -> Result<Self, NotAnAgreement> {
        let mut lengths = text.split(',').map(|part| part.trim().parse());
        let mut next = || lengths.next().unwrap_or(Err(NotAnAgreement));
        let all = Self { emergency: next()?, urgent: next()?, normal: next()? };
        if lengths.next().is_some() { Err(NotAnAgreement) } else { Ok(all) }
    }
}

impl FromStr for WorkingHours {
    type Err = NotAnAgreement;

    /// `09:00-18:00`.
    fn from_str(text: &str) -> Result<Self, NotAnAgreement> {
        let (opens, closes) = text.split_once('-').ok_or(NotAnAgreement)?;
        let hours = Self { opens: minute(opens)?, closes: minute(closes)? };
        if hours.opens < hours.closes { Ok(hours) } else { Err(NotAnAgreement) }
    }
}

fn minute(text: &str) -> Result<u32, NotAnAgreement> {
    let (hour, minute) = text.trim().split_once(':').ok_or(NotAnAgreement)?;
    let number = |part: &str| {
        let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        if plain { part.parse::<u32>().map_err(|_| NotAnAgreement) } else { Err(NotAnAgreement) }
    };
    match (number(hour)?, number(minute)?) {
        (24, 0) => Ok(24 * 60),
        (hour, minute) if hour < 24 && minute < 60 => Ok(hour * 60 + minute),
        _ => Err(NotAnAgreement),
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hours(hours) => write!(f, "{hours}h"),
            Self::Days(days) => write!(f, "{days}d"),
        }
    }
}

impl fmt::Display for Lengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.emergency, self.urgent, self.normal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::referral::{ClockPhase::*, Urgency::*};
    use chrono::Days;
    use proptest::prelude::*;

    /// A moment by the clocks of Kyiv.
    fn kyiv(text: &str) -> DateTime<Utc> {
        let local = text.parse::<chrono::NaiveDateTime>().expect(text);
        Kyiv.from_local_datetime(&local).earliest().expect(text).to_utc()
    }

    fn office() -> Timetable {
        let calendar = Calendar::new(["2026-08-24".parse().expect("a day")]);
        Timetable { hours: "09:00-18:00".parse().ok(), calendar, ..Timetable::default() }
    }

    #[test]
    fn plain_hours_are_hours() {
        let plain = Timetable::default();
        let from = kyiv("2026-05-22T17:59:00");
        for (phase, urgency, hours) in [
            (Respond, Emergency, 24),
            (Respond, Urgent, 72),
            (Respond, Normal, 14 * 24),
            (FirstContact, Emergency, 24),
            (FirstContact, Urgent, 72),
            (FirstContact, Normal, 14 * 24),
            (Complete, Emergency, 7 * 24),
            (Complete, Urgent, 30 * 24),
            (Complete, Normal, 90 * 24),
        ] {
            assert_eq!(plain.due(from, phase, urgency), from + Duration::hours(hours), "{phase} {urgency}");
        }
        // Nine in the evening before the clocks change is ten the day after.
        assert_eq!(plain.due(kyiv("2026-03-28T21:00:00"), Respond, Emergency), kyiv("2026-03-29T22:00:00"));
        assert_eq!(plain.due(kyiv("2026-10-24T21:00:00"), Respond, Emergency), kyiv("2026-10-25T20:00:00"));
    }

    #[test]
    fn working_time_leaves_out_nights_weekends_and_days_off() {
        let office = office();
        let due = |from, phase, urgency| office.due(kyiv(from), phase, urgency);
        // 72 hours are eight days of nine hours: from a Monday at noon to the Thursday of the week after at noon.
        assert_eq!(due("2026-05-18T12:00:00", Respond, Urgent), kyiv("2026-05-28T12:00:00"));
        // Three days end at the third evening, not at the next morning.
        assert_eq!(due("2026-05-18T09:00:00", FirstContact, Urgent), kyiv("2026-05-20T18:00:00"));
        assert_eq!(due("2026-05-18T07:00:00", FirstContact, Urgent), kyiv("2026-05-20T18:00:00"), "before it opens");
        assert_eq!(due("2026-05-22T18:00:00", FirstContact, Urgent), kyiv("2026-05-27T18:00:00"), "after it has closed");
        assert_eq!(due("2026-05-23T12:00:00", FirstContact, Urgent), kyiv("2026-05-27T18:00:00"), "a Saturday");
        assert_eq!(due("2026-08-24T12:00:00", FirstContact, Urgent), kyiv("2026-08-27T18:00:00"), "a day off");
        assert_eq!(due("2026-08-21T15:00:00", FirstContact, Urgent), kyiv("2026-08-27T15:00:00"), "around one");
        assert_eq!(due("2026-05-23T12:00:00", Respond, Emergency), kyiv("2026-05-24T12:00:00"), "an emergency does not wait");
    }

    #[test]
    fn the_clocks_change_in_the_night() {
        let office = office();
        let from = kyiv("2026-03-27T16:00:00");
        assert_eq!(office.due(from, FirstContact, Urgent), kyiv("2026-04-01T16:00:00"));
        assert_eq!(office.due(kyiv("2026-10-23T16:00:00"), FirstContact, Urgent), kyiv("2026-10-28T16:00:00"));
    }

    #[test]
    fn a_minute_that_is_left_out_is_when_the_clocks_are_moved() {
        let day = |text: &str| text.parse::<NaiveDate>().expect(text);
        let hours = |text: &str| text.parse::<WorkingHours>().expect(text);
        let (opens, closes) = hours("03:30-05:00").on(day("2026-03-29"));
        assert_eq!((opens, closes - opens), (kyiv("2026-03-29T04:00:00"), Duration::hours(1)));
        let (opens, closes) = hours("03:00-03:30").on(day("2026-10-25"));
        assert_eq!(closes - opens, Duration::minutes(90), "the hour comes twice, and is worked twice");
        let (opens, closes) = hours("00:00-24:00").on(day("2026-03-29"));
        assert_eq!(closes - opens, Duration::hours(23));
        assert_eq!(hours("00:00-24:00").on(day("2026-03-30")).0, closes, "the next day begins where it ends");
    }

    #[test]
    fn a_pause_takes_no_time_away() {
        let office = office();
        // Paused on a Friday with two hours left, resumed on the Wednesday: two hours of that day.
        let (due, paused) = (kyiv("2026-05-25T10:00:00"), kyiv("2026-05-22T17:00:00"));
        assert_eq!(office.resumed(due, paused, kyiv("2026-05-27T09:00:00"), Normal), kyiv("2026-05-27T11:00:00"));
        assert_eq!(
            office.resumed(due, paused, kyiv("2026-05-23T12:00:00"), Normal),
            kyiv("2026-05-25T11:00:00"),
            "the weekend is no time"
        );
        let plain = Timetable::default();
        assert_eq!(plain.resumed(due, paused, paused + Duration::days(9), Normal), due + Duration::days(9));
        assert_eq!(office.resumed(due, paused, paused + Duration::days(9), Emergency), due + Duration::days(9));
        let late = due + Duration::seconds(1);
        assert_eq!(office.resumed(due, late, late + Duration::days(9), Normal), due, "what was late stays late");
    }

    #[test]
    fn agreements_are_read() {
        for text in ["24h,72h,14d", "1h,1d,1100d"] {
            assert_eq!(text.parse::<Lengths>().expect(text).to_string(), text);
        }
        assert_eq!("24h, 72h, 14d".parse(), Ok(Timetable::default().respond));
        for text in ["", "24h", "24h,72h", "24h,72h,14d,1d", "0h,1h,1h", "1h,1h,1101d", "1h,1h,1w", "1h,1h,-1d", "1h,1h,й"] {
            assert_eq!(text.parse::<Lengths>(), Err(NotAnAgreement), "{text}");
        }
        for text in ["09:00-18:00", "00:00-24:00", "08:30 - 17:15"] {
            assert!(text.parse::<WorkingHours>().is_ok(), "{text}");
        }
        for text in ["", "9-18", "09:00", "18:00-09:00", "09:00-09:00", "09:00-24:01", "09:60-18:00", "09:00-18:00-19:00"] {
            assert_eq!(text.parse::<WorkingHours>(), Err(NotAnAgreement), "{text}");
        }
    }

    /// Any timetable: working hours of any length, days off here and there.
    fn timetables() -> impl Strategy<Value = Timetable> {
        let first = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day");
        let off = prop::collection::vec(0u64..730, 0..40);
        let lengths = (1u32..400, 1u32..60).prop_map(|(hours, days)| Lengths {
            emergency: Length::Hours(hours),
            urgent: Length::Hours(hours),
            normal: Length::Days(days),
        });
        (0u32..1439, 1u32..1440, off, lengths).prop_map(move |(opens, long, off, lengths)| Timetable {
            hours: Some(WorkingHours { opens, closes: (opens + long).min(24 * 60) }),
            calendar: Calendar::new(off.into_iter().map(|days| first + Days::new(days))),
            respond: lengths,
            ..Timetable::default()
        })
    }

    /// Seconds of two years from the beginning of 2026, with four changes of the clocks.
    fn moments() -> impl Strategy<Value = DateTime<Utc>> {
        (0i64..2 * 365 * 86_400).prop_map(|seconds| kyiv("2026-01-01T00:00:00") + Duration::seconds(seconds))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn who_begins_later_is_due_no_earlier(timetable in timetables(), from in moments(), later in 0i64..1_000_000) {
            for urgency in [Emergency, Urgent, Normal] {
                let due = timetable.due(from, Respond, urgency);
                prop_assert!(due > from);
                prop_assert!(due <= timetable.due(from + Duration::seconds(later), Respond, urgency));
            }
        }

        #[test]
        fn as_much_is_worked_as_was_agreed(timetable in timetables(), from in moments()) {
            let hours = timetable.hours.expect("there are some");
            for urgency in [Urgent, Normal] {
                let due = timetable.due(from, Respond, urgency);
                prop_assert_eq!(timetable.worked(hours, from, due), timetable.respond.of(urgency).counted(hours.day()));
                prop_assert!(timetable.worked(hours, from, due - Duration::seconds(1)) < timetable.worked(hours, from, due));
            }
        }

        #[test]
        fn a_pause_of_no_time_changes_nothing(timetable in timetables(), from in moments(), after in 0i64..2_000_000) {
            for (timetable, urgency) in [(&timetable, Normal), (&timetable, Emergency), (&Timetable::default(), Normal)] {
                let due = timetable.due(from, Respond, urgency);
                let paused = from + Duration::seconds(after);
                prop_assert_eq!(timetable.resumed(due, paused, paused, urgency), due);
            }
        }

        #[test]
        fn what_was_left_is_left(timetable in timetables(), from in moments(), after in 0i64..200_000, pause in 0i64..2_000_000) {
            let hours = timetable.hours.expect("there are some");
            let (due, paused) = (timetable.due(from, Respond, Normal), from + Duration::seconds(after));
            prop_assume!(paused <= due);
            let now = paused + Duration::seconds(pause);
            let moved = timetable.resumed(due, paused, now, Normal);
            // Nothing that is left ends at once, wherever the pause ends.
            let left = timetable.worked(hours, paused, due);
            prop_assert_eq!(timetable.worked(hours, now, moved), if left.is_zero() { timetable.worked(hours, now, due.max(now)) } else { left });
        }
    }
}
