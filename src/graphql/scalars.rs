//! Scalars. Each checks its shape; check digits, existence and rules are the business of the slices.

use crate::base::{money, period};
use async_graphql::{InputType, InputValueError, InputValueResult, Pos, Scalar, ScalarType, Value};
use chrono::{NaiveDate, SecondsFormat, Utc};

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime(pub chrono::DateTime<Utc>);

/// A moment after RFC 3339 (https://www.rfc-editor.org/rfc/rfc3339), answered in UTC: "2026-11-22T09:30:00Z".
#[Scalar]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let at = text(&value).and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok()).map(|at| at.to_utc());
        // An offset may lead out of the years that the answer could write.
        at.filter(|at| period::is_counted(*at))
            .map(Self)
            .ok_or_else(|| wrong("a moment after RFC 3339 such as \"2026-11-22T09:30:00Z\""))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl From<chrono::DateTime<Utc>> for DateTime {
    fn from(at: chrono::DateTime<Utc>) -> Self {
        Self(at)
    }
}

/// A calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub NaiveDate);

/// A calendar day in Europe/Kyiv: "2026-11-22".
#[Scalar]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let day = text(&value).and_then(period::day);
        day.map(Self).ok_or_else(|| wrong("a calendar day such as \"2026-11-22\""))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl From<NaiveDate> for Date {
    fn from(day: NaiveDate) -> Self {
        Self(day)
    }
}

/// Declares a scalar that is a text of a certain shape.
macro_rules! text_scalar {
    ($(#[$about:meta])* $name:ident, $shape:expr, $example:literal) => {
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub String);

        $(#[$about])*
        #[Scalar]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                let shaped: fn(&str) -> bool = $shape;
                let text = text(&value).filter(|text| shaped(text));
                text.map(|text| Self(text.to_owned())).ok_or_else(|| wrong($example))
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    };
}

text_scalar! {
    /// A date of which a source may know only the year, the month or the day of the year (EDTF): "2024", "2024-05", "2024-05-27", "XXXX-05-27".
    PartialDate, partial_date, "a date such as \"2024\", \"2024-05\", \"2024-05-27\" or \"XXXX-05-27\""
}
text_scalar! {
    /// A month: "2025-03".
    YearMonth, |text| text.len() == 7 && period::day(&format!("{text}-01")).is_some(), "a month such as \"2025-03\""
}
text_scalar! {
    /// A code of the codifier of administrative units (КАТОТТГ): UA and 17 digits, such as "UA48020130000080862".
    Katottg, |text| text.strip_prefix("UA").is_some_and(|rest| digits(rest, 17)), "UA and 17 digits such as \"UA48020130000080862\""
}
text_scalar! {
    /// A code of the state register of enterprises (ЄДРПОУ): 8 digits, leading zeros kept, the last one a check digit.
    Edrpou, |text| digits(text, 8), "8 digits such as \"00032129\""
}
text_scalar! {
    /// A decimal number as a string: "0.5". Never a float.
    Decimal, decimal, "a decimal number as a string such as \"0.5\""
}
text_scalar! {
    /// Money in hryvnias (гривні) as a decimal string with two digits: "1200000.00". Never a float.
    Money, money::shaped, "an amount in hryvnias with at most two decimals such as \"1200000.00\""
}
text_scalar! {
    /// A duration after ISO 8601: "P14D", "PT2H".
    Duration, |text| text.starts_with('P') && text.len() > 1 && text.len() <= 40, "a duration after ISO 8601 such as \"P14D\""
}

impl Money {
    /// Of whole kopiykas.
    pub fn of(kopiykas: i64) -> Self {
        Self(money::text(kopiykas))
    }
}

impl YearMonth {
    /// The month of a day.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.format("%Y-%m").to_string())
    }

    /// Its first day.
    pub fn first_day(&self) -> NaiveDate {
        format!("{}-01", self.0).parse().unwrap_or(NaiveDate::MIN)
    }
}

/// Whether a value has the shape of a scalar of ours, for the coercion of variables; other names are not ours to judge.
pub fn check(name: &str, value: &Value) -> Result<(), String> {
    fn shape<T: ScalarType + InputType>(value: &Value) -> Result<(), String> {
        <T as ScalarType>::parse(value.clone()).map(drop).map_err(|fault| fault.into_server_error(Pos::default()).message)
    }
    match name {
        "DateTime" => shape::<DateTime>(value),
        "Date" => shape::<Date>(value),
        "PartialDate" => shape::<PartialDate>(value),
        "YearMonth" => shape::<YearMonth>(value),
        "Katottg" => shape::<Katottg>(value),
        "Edrpou" => shape::<Edrpou>(value),
        "Decimal" => shape::<Decimal>(value),
        "Duration" => shape::<Duration>(value),
        "Money" => shape::<Money>(value),
        _ => Ok(()),
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn wrong<T>(expected: &str) -> InputValueError<T>
where
    T: InputType,
{
    InputValueError::custom(format!("Expected {expected}."))
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn decimal(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    let plain = |text: &str| !text.is_empty() && text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain(whole) && part.is_none_or(plain)
}

fn partial_date(text: &str) -> bool {
    let day = |text: &str| period::day(text).is_some();
    match text.len() {
        4 => digits(text, 4) && text != "0000",
        7 => day(&format!("{text}-01")),
        10 => day(text) || text.strip_prefix("XXXX").is_some_and(|rest| day(&format!("2000{rest}"))),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_day_that_people_count() {
        let date = |text: &str| <Date as ScalarType>::parse(Value::String(text.to_owned())).is_ok();
        for good in ["0001-01-01", "2024-02-29", "9999-12-31"] {
            assert!(date(good), "{good}");
        }
        for bad in
            ["-99999-1-1", "+99999-1-1", "-001-01-01", "0000-01-01", "2023-02-29", "2024-2-029", "20240229--", "2024-02-2 "]
        {
            assert!(!date(bad) && !partial_date(bad), "{bad}");
        }
        for bad in ["+9999-1", "-001-01", "2024-13", "XXXX-02-30", "0000-05", "0000"] {
            assert!(!partial_date(bad), "{bad}");
        }
    }
    #[test]
    fn a_moment_can_be_written_as_it_was_read() {
        let moment =
            |text: &str| <DateTime as ScalarType>::parse(Value::String(text.to_owned())).map(|at| ScalarType::to_value(&at));
        for good in ["0001-01-01T00:00:00Z", "2026-11-22T09:30:00.000001Z", "9999-12-31T23:59:59Z"] {
            assert_eq!(moment(good).ok(), Some(Value::String(good.to_owned())));
        }
        for bad in ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "+10000-01-01T00:00:00Z"]
        {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }
}
