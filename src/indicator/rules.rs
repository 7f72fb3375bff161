//! What may be reported. Pure.

use super::model::*;
use crate::{
    base::{
        Error, Refusal, Result, clock,
        error::{Refusals, UserErrorCode},
        number::Number,
        period::PartialDate,
        person_code::without_person_code,
        text,
        words::indicator::*,
    },
    territory::rules::unknown,
};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// Longest texts, in characters.
const TITLE: usize = 200;
const SOURCE: usize = 500;
const NOTE: usize = 1000;
const REFERENCE: usize = 128;
/// Most organisations that supported one figure.
const SUPPORTERS: usize = 20;

/// The row of a figure that is reported, or all that is wrong with it.
pub fn report(command: &Report, named: &Named, by: Reporter, id: Uuid, now: DateTime<Utc>) -> Result<Observation> {
    let mut refusals = Refusals::default();
    if !command.indicator.is_reportable() {
        let message = said!("{indicator} is counted by the server alone: no source reports it.", indicator = command.indicator);
        refusals.add(Refusal::invalid("indicator", message));
    }
    let line = |text: Option<&str>, field, most| -> Result<Option<String>, Refusal> {
        let line = text::optional_line(text, field, most)?;
        line.as_deref().map_or(Ok(()), |line| without_person_code(line, field))?;
        Ok(line)
    };
    let title = refusals.take(line(command.title.as_deref(), "title", TITLE)).flatten();
    let value = command.value.as_deref().and_then(|value| refusals.take(Number::parse(value, "value")));
    compares(command, value, &mut refusals);
    subject(command, named, by, &mut refusals);
    period(command, clock::day(now), &mut refusals);
    // An address may hold numbers of any shape.
    let source = refusals.take(text::line(&command.source, "source", SOURCE)).unwrap_or_default();
    let note = refusals.take(line(command.note.as_deref(), "note", NOTE)).flatten();
    supporters(&command.supported_by, named, &mut refusals);
    let external_reference = command.external_reference.as_deref().and_then(|reference| {
        refusals.take(text::line(reference, "externalReference", REFERENCE).and_then(|reference| {
            without_person_code(&reference, "externalReference")?;
            Ok(reference)
        }))
    });
    refusals.end()?;
    Ok(Observation {
        id,
        organization_id: by.organization_id,
        about_id: command.about_id,
        centre_id: command.centre_id,
        territory_code: command.territory.clone(),
        indicator: command.indicator,
        title,
        value_parts: value.map(Number::parts),
        comparator: command.comparator,
        kind: command.kind,
        period_from: command.period_from.map(|date| date.to_string()),
        period_to: command.period_to.map(|date| date.to_string()),
        source,
        note,
        supported_by: command.supported_by.clone(),
        external_reference,
        created_at: now,
        version: 1,
    })
}

/// What is there in the place of a new row: the same figure, told again, or a reason to refuse.
pub fn told_again(new: &Observation, written: Written) -> Result<Option<Observation>> {
    match written {
        Written::New => Ok(None),
        Written::There(old) => {
            let same = *old == Observation { id: old.id, created_at: old.created_at, version: old.version, ..new.clone() };
            let message =
                "Your organisation has reported another figure under this reference. A reference stands for one figure.";
            if same { Ok(Some(*old)) } else { Err(Error::refused(UserErrorCode::Duplicate, "externalReference", message)) }
        }
        Written::ToldOnce => {
            let message = "Your organisation has reported this figure of this subject and period already. \
                           Of several give each a title of its own, and repeat one by its externalReference.";
            Err(Error::refused(UserErrorCode::Duplicate, "title", message))
        }
    }
}

/// A comparator compares a value, and nothing is less than zero.
fn compares(command: &Report, value: Option<Number>, refusals: &mut Refusals) {
    if command.value.is_none() && command.comparator != Comparator::Eq {
        refusals.add(Refusal::invalid("comparator", "Without a value there is nothing to compare: leave EQ."));
    }
    if command.comparator == Comparator::Lt && value.is_some_and(Number::is_zero) {
        refusals.add(Refusal::invalid("comparator", "Nothing is less than zero."));
    }
}

/// An organisation reports of itself, of the centres that it provides or hosts, and of territories.
fn subject(command: &Report, named: &Named, by: Reporter, refusals: &mut Refusals) {
    if command.about_id.is_none() && command.centre_id.is_none() && command.territory.is_none() {
        let message = "Whose figure is it? Name organizationId, centreId or territory.";
        refusals.add(Refusal::invalid("organizationId", message));
    }
    if let Some(id) = command.about_id {
        if !named.organizations.iter().any(|row| row.id == id) {
            refusals.add(absent("organizationId", "There is no such organisation."));
        } else if id != by.organization_id && !by.about_others {
            let message =
                "Your organisation reports of itself, of its own centres and of territories. Of others the Ministry reports.";
            refusals.add(Refusal::invalid("organizationId", message));
        }
    }
    match (command.centre_id, &named.centre) {
        (Some(_), None) => refusals.add(absent("centreId", "There is no such centre.")),
        (Some(_), Some(centre)) if !centre.is_of(by.organization_id) && !by.about_others => {
            let message = "Your organisation neither provides nor hosts this centre. Of others the Ministry reports.";
            refusals.add(Refusal::invalid("centreId", message));
        }
        _ => {}
    }
    if let (Some(code), None) = (&command.territory, &named.territory) {
        refusals.add(unknown(code, "territory"));
    }
}

/// A flow has a period, a stock its day; neither lies ahead. What is aimed at may, and may have no date at all.
fn period(command: &Report, today: NaiveDate, refusals: &mut Refusals) {
    let (from, to) = (command.period_from, command.period_to);
    if command.kind != ObservationKind::Target {
        for (date, field) in [(from, "periodFrom"), (to, "periodTo")] {
            if date.is_some_and(|date| date.is_after(today)) {
                refusals.add(Refusal::invalid(field, "This day has not come yet. What is aimed at is a TARGET."));
            }
        }
        if to.is_none() {
            refusals.add(Refusal::invalid("periodTo", "When was it? A FLOW names the end of its period, a STOCK its day."));
        }
    }
    if command.kind == ObservationKind::Stock && from.is_some() {
        refusals.add(Refusal::invalid("periodFrom", "A STOCK is what there was on one day: name periodTo alone."));
    }
    let ends = from.and_then(PartialDate::first_day).zip(to.and_then(PartialDate::last_day));
    if ends.is_some_and(|(from, to)| to < from) {
        refusals.add(Refusal::invalid("periodTo", "A period does not end before it begins."));
    }
}

fn supporters(ids: &[Uuid], named: &Named, refusals: &mut Refusals) {
    if ids.len() > SUPPORTERS {
        let message = said!("At most {SUPPORTERS} organisations support one figure.", SUPPORTERS);
        return refusals.add(Refusal::new(UserErrorCode::LimitExceeded, "supportedByIds", message));
    }
    for (place, id) in ids.iter().enumerate() {
        let field = format!("supportedByIds.{place}");
        if !named.organizations.iter().any(|row| row.id == *id) {
            refusals.add(absent(&field, "There is no such organisation."));
        } else if ids[..place].contains(id) {
            refusals.add(Refusal::invalid(&field, "This organisation is named twice."));
        }
    }
}

fn absent(field: &str, message: &'static str) -> Refusal {
    Refusal::new(UserErrorCode::NotFound, field, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: Reporter = Reporter { organization_id: Uuid::from_u128(1), about_others: false };

    fn now() -> DateTime<Utc> {
        "2025-05-27T12:00:00Z".parse().expect("a moment")
    }

    fn told() -> Report {
        Report {
            indicator: Indicator::PersonsApplied,
            title: None,
            value: Some("2000".into()),
            comparator: Comparator::Gt,
            kind: ObservationKind::Flow,
            about_id: None,
            centre_id: None,
            territory: Some("UA48020130000080862".into()),
            period_from: date("2024-02"),
            period_to: date("2024-04-02"),
            source: " https://example.org/0670000001 ".into(),
            note: None,
            supported_by: vec![],
            external_reference: Some("звіт-1".into()),
        }
    }

    fn date(text: &str) -> Option<PartialDate> {
        Some(text.parse().expect(text))
    }

    fn made(command: &Report) -> Result<Observation> {
        let code = "UA48020130000080862".to_owned();
        let territory = crate::territory::model::Territory {
            code: code.clone(),
            level: crate::base::words::organization::TerritoryLevel::Hromada,
            name: "Казанківська".into(),
            former_names: vec![],
            parent_code: None,
            region_code: code.clone(),
            ancestors: vec![code],
        };
        report(command, &Named { territory: Some(territory), ..Named::default() }, ME, Uuid::nil(), now())
    }

    fn fields(command: &Report) -> Vec<String> {
        match made(command) {
            Err(Error::Refused(refusals)) => refusals.iter().map(|refusal| refusal.path.join(".")).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_figure_stands_as_it_was_told() {
        let row = made(&told()).expect("a figure");
        assert_eq!((row.value().map(|value| value.to_string()).as_deref(), row.comparator), (Some("2000"), Comparator::Gt));
        assert_eq!((row.period_from.as_deref(), row.period_to.as_deref()), (Some("2024-02"), Some("2024-04-02")));
        assert_eq!(row.source, "https://example.org/0670000001");
        let silent = Report { value: None, comparator: Comparator::Eq, ..told() };
        assert_eq!(made(&silent).expect("not reported").value(), None);
    }

    #[test]
    fn a_period_fits_its_kind() {
        use ObservationKind::{Flow, Stock, Target};
        let of = |kind, from: Option<&str>, to: Option<&str>| Report {
            kind,
            period_from: from.and_then(date),
            period_to: to.and_then(date),
            ..told()
        };
        for (kind, from, to) in [
            (Flow, Some("2025"), Some("2025")),
            (Flow, None, Some("XXXX-06-19")),
            (Flow, Some("2024-12"), Some("XXXX-01-02")),
            (Stock, None, Some("2025-05-27")),
            (Stock, None, Some("2024-01")),
            (Target, None, None),
            (Target, Some("2030"), Some("2031")),
        ] {
            assert!(made(&of(kind, from, to)).is_ok(), "{kind} {from:?} {to:?}");
        }
        for (kind, from, to, field) in [
            (Flow, Some("2025-05"), Some("2025-05-28"), "periodTo"),
            (Flow, Some("2024-05"), Some("2024-04"), "periodTo"),
            (Flow, Some("2024-05"), None, "periodTo"),
            (Flow, Some("2026"), Some("XXXX-01-02"), "periodFrom"),
            (Stock, Some("2024-01-01"), Some("2024-01-31"), "periodFrom"),
            (Stock, None, Some("2025-06"), "periodTo"),
            (Stock, None, None, "periodTo"),
            (Target, Some("2031"), Some("2030"), "periodTo"),
        ] {
            assert_eq!(fields(&of(kind, from, to)), [field], "{kind} {from:?} {to:?}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let command = Report {
            indicator: Indicator::ReferralsSent,
            title: Some("н".repeat(201)),
            value: Some("-1".into()),
            about_id: Some(Uuid::from_u128(2)),
            centre_id: Some(Uuid::from_u128(3)),
            period_to: date("2024-01"),
            source: " ".into(),
            note: Some("дзвоніть 067-000-00-01".into()),
            supported_by: vec![Uuid::from_u128(4)],
            external_reference: Some("0000100010".into()),
            ..told()
        };
        let all = [
            "indicator",
            "title",
            "value",
            "organizationId",
            "centreId",
            "periodTo",
            "source",
            "note",
            "supportedByIds.0",
            "externalReference",
        ];
        assert_eq!(fields(&command), all);
        assert_eq!(fields(&Report { territory: None, ..told() }), ["organizationId"]);
        assert_eq!(fields(&Report { value: None, ..told() }), ["comparator"]);
        assert_eq!(fields(&Report { value: Some("0.00".into()), comparator: Comparator::Lt, ..told() }), ["comparator"]);
        assert_eq!(fields(&Report { value: Some("0.00001".into()), ..told() }), ["value"]);
    }

    #[test]
    fn the_same_told_again_is_the_one_that_is_there() {
        let old = made(&told()).expect("a figure");
        let later = Observation { id: Uuid::from_u128(9), created_at: now() + chrono::Duration::days(1), ..old.clone() };
        let there = || Written::There(Box::new(old.clone()));
        assert_eq!(told_again(&later, there()).expect("the same"), Some(old.clone()));
        assert_eq!(told_again(&later, Written::New).expect("new"), None);
        let other = Observation { value_parts: None, comparator: Comparator::Eq, ..later.clone() };
        for (new, written, field) in [(other, there(), "externalReference"), (later, Written::ToldOnce, "title")] {
            let Err(Error::Refused(refusals)) = told_again(&new, written) else { panic!("{field}") };
            assert_eq!((refusals[0].code, refusals[0].path.join(".").as_str()), (UserErrorCode::Duplicate, field));
        }
    }
}
