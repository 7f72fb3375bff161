//! The record as a page for the person: in Ukrainian, complete in itself, made to be printed.

use super::record::{CaseRecord, Record, ReferralRecord, Step};
use crate::base::words::Word;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe::Kyiv;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}\
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid #999}h3{font-size:1rem;margin-top:1.5rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #ddd}\
td:first-child{width:11rem}th{font-weight:600}dl{display:grid;grid-template-columns:minmax(9rem,14rem) 1fr;gap:.25rem 1rem}dt{font-weight:600}dd{margin:0}\
@media print{h2,h3{break-after:avoid}tr{break-inside:avoid}}";

/// The whole page.
pub fn write(record: &Record) -> String {
    let keeper = match &record.kept_by.edrpou {
        Some(edrpou) => format!("{} (ЄДРПОУ {edrpou})", record.kept_by.name),
        None => record.kept_by.name.clone(),
    };
    let page = html! {
        (DOCTYPE)
        html lang="uk" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { "Відомості про особу" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Відомості про особу" }
                p {
                    "Володілець даних: " (keeper) ". Станом на " (moment(record.at)) " за київським часом. "
                    "Право знати, які дані зберігаються і хто їх бачив: стаття 8 Закону України «Про захист персональних даних»."
                }
                @if record.cut {
                    p { strong { "Записів більше, ніж тут показано: зверніться до володільця даних." } }
                }
                (person(record))
                @for case in &record.cases { (of_case(case)) }
                (referrals(&record.referrals))
                (services(record))
                (readings(record))
            }
        }
    };
    page.into_string()
}

fn person(record: &Record) -> Markup {
    let Some(known) = &record.person else {
        return html! { h2 { "Особа" } p { "Персональні дані знищено або не вносилися." } };
    };
    let ways = known.safe_to_contact.iter().flatten().map(|way| word(*way)).collect::<Vec<_>>().join(", ");
    html! {
        h2 { "Особа" }
        dl {
            (line("Прізвище", known.family_name.as_deref()))
            (line("Ім’я", known.given_name.as_deref()))
            (line("По батькові", known.patronymic.as_deref()))
            (line("Дата народження", known.birth_date.map(day).as_deref()))
            (line("Стать", known.sex.map(word).as_deref()))
            (line("Телефон", known.phone.as_deref()))
            (line("Адреса", known.address.as_deref()))
            (line("Законний представник, опікун", known.caregiver.as_deref()))
            (line("РНОКПП", known.tax_number.as_deref()))
            (line("Безпечні способи зв’язку", Some(ways.as_str()).filter(|ways| !ways.is_empty())))
            (line("Застереження щодо зв’язку", known.contact_restrictions.as_deref()))
        }
    }
}

fn of_case(case: &CaseRecord) -> Markup {
    let all = |words: Vec<String>| Some(words.join("; ")).filter(|text| !text.is_empty());
    html! {
        h2 { "Випадок " (case.code) }
        dl {
            (line("Стан", Some(&word(case.status))))
            (line("Відкрито", Some(&day(case.opened_on))))
            (line("Закрито", case.closed_on.map(day).as_deref()))
            (line("Категорії", all(case.categories.iter().map(|category| word(*category)).collect()).as_deref()))
            (line("Чинники складних обставин", all(case.hardship_factors.iter().map(|factor| word(*factor)).collect()).as_deref()))
            (line("Осіб у родині", case.household_size.map(|size| size.to_string()).as_deref()))
            (line("Дані знищено", case.erased_at.map(moment).as_deref()))
        }
        (steps(&case.steps))
        @if !case.assessments.is_empty() {
            h3 { "Оцінювання потреб" }
            table { @for row in &case.assessments { tr { td { (day(row.assessed_on)) } td { (word(row.complexity)) } td { (shown(row.summary.as_deref())) } } } }
        }
        @if !case.plan.is_empty() {
            h3 { "План" }
            table { @for goal in &case.plan { tr { td { (shown(goal.text.as_deref())) } td { (shown(goal.due_on.map(day).as_deref())) } td { (shown(goal.achieved_on.map(day).as_deref())) } } } }
        }
        @if !case.consents.is_empty() {
            h3 { "Згоди" }
            table {
                tr { th { "Кому" } th { "На що" } th { "Діє" } th { "Підтвердження" } }
                @for consent in &case.consents {
                    tr {
                        td { (consent.to) }
                        td { (consent.field_groups.iter().map(|group| word(*group)).collect::<Vec<_>>().join("; ")) }
                        td {
                            (moment(consent.given_at)) " – " (moment(consent.expires_at))
                            @if let Some(at) = consent.withdrawn_at { br; "відкликано " (moment(at)) }
                        }
                        td { (shown(consent.evidence.as_deref())) }
                    }
                }
            }
        }
    }
}

fn referrals(all: &[ReferralRecord]) -> Markup {
    html! {
        @if !all.is_empty() { h2 { "Скерування" } }
        @for row in all {
            h3 { (row.number) ": " (row.service) }
            dl {
                (line("Хто скерував", Some(&row.from)))
                (line("До кого", Some(&row.to)))
                (line("Підстава", Some(&word(row.legal_basis))))
                (line("Стан", Some(&word(row.status))))
                (line("Надіслано", row.sent_at.map(moment).as_deref()))
                (line("Отримувач може бачити дані до", row.retention_until.map(day).as_deref()))
                (line("Причина", row.reason.as_deref()))
                (line("Обґрунтування", row.justification.as_deref()))
            }
            (steps(&row.steps))
        }
    }
}

fn services(record: &Record) -> Markup {
    html! {
        @if !record.services.is_empty() {
            h2 { "Надані послуги" }
            table { @for row in &record.services { tr { td { (day(row.on)) } td { (row.service) } td { (row.quantity) } } } }
        }
    }
}

fn readings(record: &Record) -> Markup {
    html! {
        h2 { "Хто бачив ці дані" }
        @if record.readings.is_empty() { p { "Ніхто." } }
        @else {
            table {
                tr { th { "Коли" } th { "Хто" } th { "Мета" } th { "Які поля" } }
                @for row in &record.readings {
                    tr {
                        td { (moment(row.at)) }
                        td { (row.by) @if let Some(worker) = &row.on_behalf_of { br; "працівник: " (worker) } }
                        td { (shown(row.purpose.map(word).as_deref())) }
                        td { (row.fields.join(", ")) }
                    }
                }
            }
        }
    }
}

fn steps(all: &[Step]) -> Markup {
    html! {
        @if !all.is_empty() {
            table { @for step in all { tr { td { (moment(step.at)) } td { (step.stan.unwrap_or(step.status)) } td { (shown(step.text.as_deref())) } } } }
        }
    }
}

fn line(name: &str, value: Option<&str>) -> Markup {
    html! { @if let Some(value) = value { dt { (name) } dd { (value) } } }
}

fn shown(text: Option<&str>) -> &str {
    text.unwrap_or("–")
}

fn word<W: Word>(word: W) -> String {
    word.ukrainian().unwrap_or(word.word()).to_owned()
}

fn day(day: NaiveDate) -> String {
    day.format("%d.%m.%Y").to_string()
}

fn moment(at: DateTime<Utc>) -> String {
    at.with_timezone(&Kyiv).format("%d.%m.%Y %H:%M").to_string()
}
