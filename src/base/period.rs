//! Calendar days in Kyiv, days of which a source knows only a part, working days, and lengths of time.

use crate::base::{Refusal, Result};
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc, Weekday};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// A calendar day as the API writes it: four digits, two and two, of the years that people count. No sign, no year 0, nothing that
/// PostgreSQL cannot keep.
pub fn day(text: &str) -> Option<NaiveDate> {
    let plain = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.split('-');
    let (year, month, date) = (parts.next()?, parts.next()?, parts.next()?);
    let shaped = plain(year, 4) && year != "0000" && plain(month, 2) && plain(date, 2) && parts.next().is_none();
    if shaped { text.parse().ok() } else { None }
}

/// Whether a moment lies in the years that people count, which RFC 3339 can write and PostgreSQL can keep.
pub fn is_counted(at: DateTime<Utc>) -> bool {
    (1..=9999).contains(&at.year())
}

/// A day as far as a source knows it, in the notation of EDTF (ISO 8601-2): `2024`, `2024-05`, `2024-05-27`, `XXXX-06-19`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartialDate {
    /// The year alone.
    Year(i32),
    /// Year and month ("травень 2024"), as the first day of that month.
    Month(NaiveDate),
    /// The day itself.
    Day(NaiveDate),
    /// Month and day; the source does not give the year.
    Yearless { month: u32, day: u32 },
}

impl PartialDate {
    /// Reads one; `field` is where it stands in the input.
    pub fn parse(text: &str, field: &str) -> Result<Self, Refusal> {
        text.parse().map_err(|NotADate| {
            Refusal::invalid(field, "This is no day and no part of one. Write YYYY, YYYY-MM, YYYY-MM-DD or XXXX-MM-DD.")
        })
    }

    /// The first day that it may mean; none where the year is not known.
    pub fn first_day(self) -> Option<NaiveDate> {
        match self {
            Self::Year(year) => NaiveDate::from_ymd_opt(year, 1, 1),
            Self::Month(first) => Some(first),
            Self::Day(day) => Some(day),
            Self::Yearless { .. } => None,
        }
    }

    /// The last day that it may mean: a rule that needs a day counts from it. None where the year is not known.
    pub fn last_day(self) -> Option<NaiveDate> {
        match self {
            Self::Year(year) => NaiveDate::from_ymd_opt(year, 12, 31),
            Self::Month(first) => first.checked_add_months(Months::new(1))?.pred_opt(),
            Self::Day(day) => Some(day),
            Self::Yearless { .. } => None,
        }
    }

    /// Whether it lies wholly after the day: no day that it may mean has come yet.
    pub fn is_after(self, day: NaiveDate) -> bool {
        self.first_day().is_some_and(|first| first > day)
    }
}

/// The text is not in one of the accepted forms, or there is no such day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADate;

impl FromStr for PartialDate {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let parts: Vec<&str> = text.split('-').collect();
        let number = |part: &str, length: usize| {
            let plain = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
            if plain { part.parse::<u32>().map_err(|_| NotADate) } else { Err(NotADate) }
        };
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).ok_or(NotADate);
        match parts[..] {
            ["XXXX", month, date] => {
                let (month, date) = (number(month, 2)?, number(date, 2)?);
                // A leap year, so that 29 February is a day.
                day(2000, month, date).map(|_| Self::Yearless { month, day: date })
            }
            [year, ref rest @ ..] => {
                let year = number(year, 4)?.cast_signed();
                match *rest {
                    _ if year == 0 => Err(NotADate),
                    [] => Ok(Self::Year(year)),
                    [month] => day(year, number(month, 2)?, 1).map(Self::Month),
                    [month, date] => day(year, number(month, 2)?, number(date, 2)?).map(Self::Day),
                    _ => Err(NotADate),
                }
            }
            [] => Err(NotADate),
        }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Month(first) => write!(f, "{}", first.format("%Y-%m")),
            Self::Day(day) => write!(f, "{day}"),
            Self::Yearless { month, day } => write!(f, "XXXX-{month:02}-{day:02}"),
        }
    }
}

/// Which days are free beside Saturdays and Sundays: configuration, since holidays move with the law (in martial law there are none).
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    days_off: BTreeSet<NaiveDate>,
}

impl Calendar {
    pub fn new(days_off: impl IntoIterator<Item = NaiveDate>) -> Self {
        Self { days_off: days_off.into_iter().collect() }
    }

    /// Monday to Friday, unless the configuration says otherwise.
    pub fn works(&self, day: NaiveDate) -> bool {
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !self.days_off.contains(&day)
    }
}

/// The `count`-th working day after `date`, which is not counted itself (0 gives `date`). The last day of the calendar if there is none.
pub fn add_working_days(date: NaiveDate, count: u32, calendar: &Calendar) -> NaiveDate {
    let mut later = date.iter_days().skip(1).filter(|day| calendar.works(*day));
    match count {
        0 => date,
        count => later.nth(count as usize - 1).unwrap_or(NaiveDate::MAX),
    }
}

/// Whether the text is a duration of ISO 8601 in whole numbers: `P2W`, `P3D`, `PT36H`, `P1Y2M3DT4H5M6S`.
pub fn is_duration(text: &str) -> bool {
    // Units in their order, each at most once, each after its number; at least one in all, and one after T.
    let part = |mut rest: &str, units: &[char]| {
        let mut left = units.iter();
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let Some(unit) = rest[digits..].chars().next() else { return false };
            if !(1..=9).contains(&digits) || !left.any(|known| *known == unit) {
                return false;
            }
            rest = &rest[digits + unit.len_utf8()..];
        }
        true
    };
    let Some(rest) = text.strip_prefix('P') else { return false };
    match rest.split_once('T') {
        Some((date, time)) => !time.is_empty() && part(date, &['Y', 'M', 'D']) && part(time, &['H', 'M', 'S']),
        None => !rest.is_empty() && (part(rest, &['Y', 'M', 'D']) || part(rest, &['W'])),
    }
}

/// Checks a duration; `field` is where it stands in the input.
pub fn duration(text: &str, field: &str) -> Result<String, Refusal> {
    if is_duration(text) {
        return Ok(text.to_owned());
    }
    Err(Refusal::invalid(
        field,
        "This is not a duration of ISO 8601. Write P3D for three days, P2W for two weeks, PT36H for 36 hours.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Days;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect(text)
    }

    #[test]
    fn a_part_of_a_day_knows_its_ends() {
        let ends = |text: &str| {
            let date = PartialDate::parse(text, "since").expect(text);
            assert_eq!(date.to_string(), text);
            date.first_day().zip(date.last_day())
        };
        assert_eq!(ends("2024"), Some((day("2024-01-01"), day("2024-12-31"))));
        assert_eq!(ends("2024-02"), Some((day("2024-02-01"), day("2024-02-29"))));
        assert_eq!(ends("2024-12"), Some((day("2024-12-01"), day("2024-12-31"))));
        assert_eq!(ends("2025-05-27"), Some((day("2025-05-27"), day("2025-05-27"))));
        assert_eq!(ends("XXXX-06-19"), None);
        assert_eq!(ends("XXXX-02-29"), None);
    }

    #[test]
    fn other_texts_are_no_days() {
        for text in [
            "",
            "24",
            "2024-",
            "2024-13",
            "2024-5",
            "2023-02-29",
            "2024-02-30",
            "2024-05-27T00:00",
            "xxxx-06-19",
            "XXXX-06",
            "XXXX-13-01",
            "XXXX",
            "0000",
            "-2024",
            "+024",
            "2024-XX-01",
            "２０２４",
        ] {
            assert_eq!(PartialDate::parse(text, "since").expect_err(text).path, ["since"]);
        }
    }

    #[test]
    fn the_future_begins_when_no_possible_day_has_come() {
        let today = day("2024-05-27");
        let after = |text: &str| PartialDate::parse(text, "").expect(text).is_after(today);
        assert!(after("2025") && after("2024-06") && after("2024-05-28"));
        assert!(!after("2024") && !after("2024-05") && !after("2024-05-27") && !after("XXXX-12-31"));
    }

    #[test]
    fn working_days_leave_out_weekends_and_configured_days() {
        let plain = Calendar::default();
        // A Friday.
        assert_eq!(add_working_days(day("2025-05-23"), 0, &plain), day("2025-05-23"));
        assert_eq!(add_working_days(day("2025-05-23"), 1, &plain), day("2025-05-26"));
        assert_eq!(add_working_days(day("2025-05-23"), 5, &plain), day("2025-05-30"));
        assert_eq!(add_working_days(day("2025-05-24"), 5, &plain), day("2025-05-30"));
        let holiday = Calendar::new([day("2025-05-26")]);
        assert_eq!(add_working_days(day("2025-05-23"), 5, &holiday), day("2025-06-02"));
    }

    #[test]
    fn durations_have_the_shape_of_iso_8601() {
        for text in ["P2W", "P3D", "PT36H", "P1Y2M3DT4H5M6S", "P1M", "PT1M", "P10D", "P0D"] {
            assert!(is_duration(text), "{text}");
        }
        for text in [
            "",
            "P",
            "PT",
            "P1",
            "1D",
            "P1DT",
            "P1H",
            "PT1D",
            "P1D2Y",
            "P1W2D",
            "-P1D",
            "P1.5D",
            "P-1D",
            "p1d",
            "P1D1D",
            "P1Д",
            "P1234567890D",
        ] {
            assert!(!is_duration(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn ends_are_in_order_and_written_as_read(text in "(XXXX|[0-9]{4})(-[0-9]{2}){0,2}") {
            if let Ok(date) = text.parse::<PartialDate>() {
                prop_assert_eq!(date.to_string(), text);
                prop_assert!(date.first_day() <= date.last_day());
            }
        }

        /// Between the day and its n-th working day lie exactly n working days.
        #[test]
        fn n_days_are_n_days(offset in 0u64..4000, count in 0u32..40) {
            let from = day("2020-01-01") + Days::new(offset);
            let calendar = Calendar::new((0..400).map(|n| day("2020-01-07") + Days::new(n * 13)));
            let to = add_working_days(from, count, &calendar);
            let between = from.iter_days().skip(1).take_while(|day| *day <= to).filter(|day| calendar.works(*day)).count();
            prop_assert_eq!(between, count as usize);
            prop_assert!(count == 0 || calendar.works(to));
        }
    }
}
