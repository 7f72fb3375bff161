//! Values of one cell: money, codes, days, lengths of time, words.

use super::{Parser, Seeds, refused, text};
use async_graphql::{ScalarType, Value};
use chrono::{DateTime, Utc};
use mistok::{
    base::{
        edrpou::Edrpou,
        iban,
        katottg::{self, Katottg},
        money,
        number::Number,
        period::{self, PartialDate},
        person_code::{self, TaxNumber},
        phone,
        text::{line, search_key, search_patterns},
        timetable::{Length, Lengths, Timetable, WorkingHours},
        words::{
            Word,
            access::AccessPurpose,
            activity::{ActivityKind, DeliveryForm},
            case::TargetCategory,
            change::ChangeType,
            organization::StaffRole,
            referral::{ClockPhase, Urgency},
        },
    },
    graphql::{node, scalars},
    sheet::{cell, column},
};

pub(super) const ALL: &[Parser] = &[
    Parser { name: "money", read: amount, seeds: amounts, times: 4_000 },
    Parser { name: "number", read: number, seeds: numbers, times: 4_000 },
    Parser { name: "iban", read: account, seeds: accounts, times: 4_000 },
    Parser { name: "edrpou", read: edrpou, seeds: edrpous, times: 4_000 },
    Parser { name: "katottg", read: territory, seeds: territories, times: 4_000 },
    Parser { name: "phone", read: telephone, seeds: telephones, times: 4_000 },
    Parser { name: "tax number", read: tax_number, seeds: tax_numbers, times: 4_000 },
    Parser { name: "codes of persons", read: hidden_code, seeds: hidden_codes, times: 4_000 },
    Parser { name: "partial date", read: partial_date, seeds: partial_dates, times: 4_000 },
    Parser { name: "day", read: day, seeds: days, times: 4_000 },
    Parser { name: "moment", read: moment, seeds: moments, times: 4_000 },
    Parser { name: "scalar", read: scalar, seeds: scalars_of_all_kinds, times: 4_000 },
    Parser { name: "duration", read: duration, seeds: durations, times: 4_000 },
    Parser { name: "lengths", read: lengths, seeds: lengths_of_phases, times: 4_000 },
    Parser { name: "working hours", read: hours, seeds: opening_hours, times: 1_000 },
    Parser { name: "line", read: one_line, seeds: lines, times: 4_000 },
    Parser { name: "search", read: search, seeds: searches, times: 2_000 },
    Parser { name: "word", read: word, seeds: words, times: 2_000 },
    Parser { name: "guard", read: guard, seeds: formulas, times: 4_000 },
];

/// Takes what is read, if it is; a refusal names its place.
fn taken<T>(read: Result<T, mistok::base::Refusal>, field: &str) -> Option<T> {
    read.map_err(|refusal| refused(&refusal, field)).ok()
}

fn amounts() -> Seeds {
    Seeds::of(&["1200000.00", "0.01", "7", "10.5", "10000000000000.00"], &["10000000000000.01", "-1.00", "0.00", "٣", "5."])
}

fn amount(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let Some(kopiykas) = taken(money::parse(&text, "amount"), "amount") else { return false };
    assert!((1..=money::MOST).contains(&kopiykas) && money::shaped(&text));
    assert_eq!(money::parse(&money::text(kopiykas), ""), Ok(kopiykas));
    true
}

fn numbers() -> Seeds {
    Seeds::of(&["0", "2682", "0.3333", "007.2500", "1000000000000"], &["1000000000000.0001", "-1", ".5", "1e3"])
}

fn number(bytes: &[u8]) -> bool {
    let Some(number) = taken(Number::parse(&text(bytes), "a.value"), "a.value") else { return false };
    assert_eq!(Number::parse(&number.to_string(), ""), Ok(number));
    assert!(number.parts() >= 0);
    true
}

fn accounts() -> Seeds {
    Seeds::of(
        &["UA599999990000000000000000001", "UA59 9999 9900 0000 0000 0000 0000 1"],
        &["UA589999990000000000000000001", "PL599999990000000000000000001", "UA59"],
    )
}

fn account(bytes: &[u8]) -> bool {
    let Some(account) = taken(iban::parse(&text(bytes), "iban"), "iban") else { return false };
    assert_eq!(account.len(), 29);
    assert_eq!(iban::parse(&account, ""), Ok(account));
    true
}

fn edrpous() -> Seeds {
    Seeds::of(&["32855961", "00032129", "99000075", "30000005"], &["32855968", "３２８５５９６１", "1234567"])
}

fn edrpou(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let Some(code) = taken(Edrpou::parse(&text, "edrpou"), "edrpou") else { return false };
    assert_eq!((code.as_str(), code.to_string().as_str()), (&*text, &*text));
    assert!(scalars::check("Edrpou", &Value::String(text.into())).is_ok());
    true
}

fn territories() -> Seeds {
    Seeds::of(&["UA48020130000080862", "UA01000000000013043", "UA99999999999999999"], &["ua48020130000080862", "UA"])
}

fn territory(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let Some(code) = taken(Katottg::parse(&text, "territory"), "territory") else {
        // What is no code has a key all the same, for which there is nothing.
        katottg::key(&text);
        return false;
    };
    assert_eq!((code.as_str(), katottg::of_key(katottg::key(&text)).as_str()), (&*text, &*text));
    assert_eq!(node::open(&node::territory_id(&text)), Some((node::Kind::Territory, katottg::key(&text))));
    assert!(scalars::check("Katottg", &Value::String(text.into())).is_ok());
    true
}

fn telephones() -> Seeds {
    Seeds::of(
        &["067-000-00-01", "380670000001", "+38 (067) 000 00 01", "+38\u{a0}067\u{a0}000–00–01"],
        &["+0670000001", "++380670000001", "06700000011"],
    )
}

fn telephone(bytes: &[u8]) -> bool {
    let Some(number) = taken(phone::parse(&text(bytes), "phone"), "phone") else { return false };
    assert!(number.len() == 13 && number.starts_with("+380"), "{number}");
    assert_eq!(phone::parse(&number, "").as_ref(), Ok(&number));
    // As it is kept, it is known wherever a partner may not write it.
    assert!(&number[4..] < "3" || person_code::looks_like_person_code(&format!("№{number}/")), "{number}");
    true
}

fn tax_numbers() -> Seeds {
    Seeds::of(&["0000100010", "0000100027", "9999900013", "1000000000"], &["0000100011", "000010001"])
}

fn tax_number(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let Some(number) = taken(TaxNumber::parse(&text, "taxNumber"), "taxNumber") else { return false };
    assert_eq!((number.expose(), format!("{number:?}").as_str()), (&*text, "TaxNumber(…)"));
    assert!(person_code::looks_like_person_code(&format!("ІПН{number}.", number = number.expose())));
    true
}

fn hidden_codes() -> Seeds {
    let long = "067 ".repeat(20_000);
    Seeds::of(
        &["ІПН 0000100010", "справа 067-000-00-01", "+380 67 000 00 01", "№380670000001/2", "2024-067-0000001"],
        &["KZ-2025-0042", "380-0001", "550e8400-e29b-41d4-a716-446655440000", &long],
    )
}

fn hidden_code(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let found = taken(person_code::without_person_code(&text, "reference"), "reference").is_none();
    // Letters around it hide nothing.
    assert_eq!(person_code::looks_like_person_code(&format!("ї{text}ї")), found);
    found
}

fn partial_dates() -> Seeds {
    Seeds::of(
        &["2024", "2024-05", "2024-02-29", "XXXX-06-19", "XXXX-02-29", "0001", "9999-12-31"],
        &["0000", "0000-05", "2023-02-29", "+024", "XXXX-13-01", "2024-05-27T00:00"],
    )
}

fn partial_date(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let date = taken(PartialDate::parse(&text, "since"), "since");
    // The scalar before it takes the same.
    assert_eq!(scalars::check("PartialDate", &Value::String(text.to_string())).is_ok(), date.is_some(), "{text:?}");
    let Some(date) = date else { return false };
    assert_eq!(date.to_string(), text);
    assert!(date.first_day() <= date.last_day());
    true
}

fn days() -> Seeds {
    Seeds::of(&["0001-01-01", "2024-02-29", "9999-12-31"], &["-99999-1-1", "+99999-1-1", "0000-01-01", "2024-2-029"])
}

fn day(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let day = period::day(&text);
    assert_eq!(scalars::check("Date", &Value::String(text.to_string())).is_ok(), day.is_some());
    let Some(day) = day else { return false };
    assert_eq!((day.to_string().as_str(), PartialDate::parse(&text, "")), (&*text, Ok(PartialDate::Day(day))));
    true
}

fn moments() -> Seeds {
    Seeds::of(
        &["2026-11-22T09:30:00Z", "2026-11-22t11:30:00.000001+02:00", "2016-12-31T23:59:60Z"],
        &["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2026-11-22"],
    )
}

fn moment(bytes: &[u8]) -> bool {
    let read = |text: String| <scalars::DateTime as ScalarType>::parse(Value::String(text)).ok();
    let Some(at) = read(text(bytes).into_owned()) else { return false };
    let Value::String(written) = at.to_value() else { panic!("a text") };
    assert_eq!(read(written), Some(at));
    true
}

const SCALARS: [&str; 9] =
    ["DateTime", "Date", "PartialDate", "YearMonth", "Katottg", "Edrpou", "Decimal", "Duration", "Money"];

fn scalars_of_all_kinds() -> Seeds {
    Seeds::of(
        &["2026-11-22T09:30:00Z", "2026-11-22", "2026-11", "UA48020130000080862", "00032129", "-0.5", "P14D", "1200000.00"],
        &["", "1e3", "2026-13", "х"],
    )
}

fn scalar(bytes: &[u8]) -> bool {
    let value = Value::String(text(bytes).into_owned());
    let judged = SCALARS.map(|name| scalars::check(name, &value));
    // What is wrong with a text is told without the text.
    judged.iter().filter_map(|judged| judged.as_ref().err()).for_each(|why| assert!(why.len() < 300, "{why}"));
    judged.iter().any(Result::is_ok)
}

fn durations() -> Seeds {
    Seeds::of(&["P2W", "P1Y2M3DT4H5M6S", "PT36H", "P0D"], &["P", "PT", "P1DT", "P1Д", "P1D2Y", "P1234567890D"])
}

fn duration(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let Some(read) = taken(period::duration(&text, "within"), "within") else { return false };
    assert!(read == text && period::is_duration(&read) && read.len() <= 64, "{read}");
    true
}

/// A Monday at noon.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_779_102_000, 0).expect("a moment")
}

fn lengths_of_phases() -> Seeds {
    Seeds::of(&["24h,72h,14d", "1h, 1d ,1100d", "26400h,1h,1h"], &["0h,1h,1h", "1h,1h,1101d", "1h,1h,й", "24h,72h"])
}

fn lengths(bytes: &[u8]) -> bool {
    let text = text(bytes);
    if let Ok(length) = text.parse::<Length>() {
        assert_eq!(length.to_string().parse(), Ok(length));
    }
    let Ok(respond) = text.parse::<Lengths>() else { return false };
    assert_eq!(respond.to_string().parse(), Ok(respond));
    let timetable = Timetable { respond, ..Timetable::default() };
    assert!(timetable.due(now(), ClockPhase::Respond, Urgency::Normal) > now());
    true
}

fn opening_hours() -> Seeds {
    Seeds::of(&["09:00-18:00", "00:00-24:00", "08:30 - 17:15", "23:59-24:00"], &["18:00-09:00", "09:00-24:01", "9-18"])
}

fn hours(bytes: &[u8]) -> bool {
    let Ok(hours) = text(bytes).parse::<WorkingHours>() else { return false };
    let timetable = Timetable { hours: Some(hours), ..Timetable::default() };
    let due = timetable.due(now(), ClockPhase::FirstContact, Urgency::Urgent);
    assert!(due > now() && timetable.resumed(due, now(), now(), Urgency::Urgent) == due);
    true
}

fn lines() -> Seeds {
    Seeds::of(&["Центр", "  a b ", "сім'я"], &["", " \n ", "a\u{0}b", "a\nb"])
}

fn one_line(bytes: &[u8]) -> bool {
    const MOST: usize = 100;
    let given = text(bytes);
    let read = match line(&given, "name", MOST) {
        Ok(read) => read,
        Err(refusal) => {
            refused(&refusal, "name");
            return false;
        }
    };
    assert!(read.chars().count() <= MOST && !read.chars().any(char::is_control));
    assert_eq!(line(&read, "", MOST), Ok(read));
    true
}

fn searches() -> Seeds {
    let long = "а б ".repeat(5_000);
    Seeds::of(&["Кам’янець-Подільська", r"100% \ а_б", "Ґрунт", &long], &["", " - ’ "])
}

fn search(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let key = search_key(&text);
    assert_eq!(search_key(&key), key);
    let patterns = search_patterns(&text);
    // Each is a comparison for each row.
    assert!(patterns.len() <= 30, "{} patterns", patterns.len());
    for pattern in patterns.iter().filter(|pattern| !pattern.is_empty()) {
        assert!(pattern.len() > 2 && pattern.starts_with('%') && pattern.ends_with('%') && !pattern.contains(' '), "{pattern}");
    }
    !key.is_empty()
}

fn words() -> Seeds {
    Seeds::of(
        &["CASE_WORK", "PHONE", "телефоном", "Сім’ї", "IDP", "REFERRAL_SENT", "social manager"],
        &["case work", "поштою", "'''memorandumresumed-"],
    )
}

fn word(bytes: &[u8]) -> bool {
    /// What a sheet reads is one value, in both languages.
    fn of<W: Word + PartialEq>(text: &str) -> bool {
        let value = column::value::<W>(text);
        if let Some(exact) = W::ALL.iter().find(|value| value.word() == text) {
            assert!(value.as_ref() == Some(exact), "{text}");
        }
        if let Some(value) = value {
            let again = column::value::<W>(value.ukrainian().unwrap_or(value.word()));
            assert!(again == Some(value), "{text}");
        }
        value.is_some()
    }
    let text = text(bytes);
    let (purpose, change) = (AccessPurpose::of(&text), ChangeType::of(&text));
    assert!(purpose.is_none_or(|purpose| purpose.word() == text) && change.is_none_or(|change| change.word() == text));
    let found = [
        of::<DeliveryForm>(&text),
        of::<ActivityKind>(&text),
        of::<TargetCategory>(&text),
        of::<StaffRole>(&text),
        purpose.is_some(),
        change.is_some(),
    ];
    found.contains(&true)
}

fn formulas() -> Seeds {
    Seeds::of(&["=1+1", "'=1", "''-", "\tx", "@x", "+380"], &["plain", "'quoted'", "сім'я"])
}

/// Taken: it would have been executed.
fn guard(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let guarded = cell::guarded(&text);
    assert_eq!(cell::unguarded(&guarded), text);
    assert!(!guarded.starts_with(['=', '+', '-', '@', '\t', '\r']));
    guarded != text
}
