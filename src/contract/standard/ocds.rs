//! A contract as open contracting data: a release package of the Open Contracting Data Standard 1.1.5 with one release. Pure.
//!
//! | here | there |
//! |---|---|
//! | funder | party with the roles buyer, procuringEntity, funder, payer |
//! | provider (надавач) | party with the roles supplier, payee |
//! | selection (хто обрав надавача) | `tender.procurementMethod`: a commission's competition is open, a choice of the Ministry, the Fund or the hromada is direct, an unknown one has none |
//! | contract SIGNED | status pending: signed, its work has not begun |
//! | ACTIVE, SUSPENDED | status active |
//! | COMPLETED, TERMINATED | status terminated: the standard has one word for both ends |
//! | lines in force | `contract.items` |
//! | amendment (додаткова угода) | `contract.amendments`, and the tag contractAmendment |
//! | monthly act (акт) | milestone of delivery: scheduled while it waits for a decision, notMet when it was returned, partiallyMet when less was accepted than claimed, else met |
//! | tranche (транш) | milestone of payment: met when it is paid, partiallyMet when in part, notMet when it is kept back or cancelled, else scheduled |
//! | payment, reversal | transaction; a reversal is one below zero |
//!
//! The standard wants moments where the trade has days: a day begins at midnight in Kyiv, and its end is its last second there.

use super::{
    CURRENCY, PUBLISHER, Published, REGISTER, Subject, Told, amount, bare, begins, edrpou, ends, hryvnias, in_words, partial,
    quantity,
};
use crate::{
    base::{
        clock,
        period::PartialDate,
        words::contract::{ActStatus, ContractStatus, SelectionAuthority, TrancheStatus},
    },
    contract::{
        model::{Act, Line, Payment, Terms, Tranche},
        terms,
    },
    organization::model::Organization,
};
use serde_json::{Value, json};

/// Of the standard, as its packages name it: 1.1.5 is a patch of it.
const VERSION: &str = "1.1";
/// Classifications of our own, as long as no published list has them.
const SERVICES: &str = "x_mistokServiceType";
const BUDGET_LINES: &str = "x_mistokBudgetLine";

/// The document.
pub fn package(of: &Published, told: &Told<'_>) -> Value {
    bare(json!({
        "uri": told.uri,
        "version": VERSION,
        "publishedDate": clock::kyiv(of.changed_at()),
        "publisher": {"name": PUBLISHER, "uri": told.server},
        "releases": [release(of, told)],
    }))
}

fn release(of: &Published, told: &Told<'_>) -> Value {
    let ocid = format!("{}-{}", told.prefix, contract_id(of, told));
    let changed = of.changed_at();
    json!({
        // Another state is another release; the same one keeps its name.
        "id": format!("{ocid}-{}", changed.timestamp_micros()),
        "date": clock::kyiv(changed),
        "tag": tags(of),
        "initiationType": "tender",
        "language": "uk",
        "parties": [
            party(&of.funder, &["buyer", "procuringEntity", "funder", "payer"], told),
            party(&of.provider, &["supplier", "payee"], told),
        ],
        "buyer": named(&of.funder, told),
        "tender": tender(of, told, &ocid),
        "awards": [award(of, told)],
        "contracts": [contract(of, told)],
        "ocid": ocid,
    })
}

fn tags(of: &Published) -> Vec<&'static str> {
    let carried_out = of.acts().next().is_some() || !of.payments.is_empty();
    [
        (true, "contract"),
        (of.amendments().next().is_some(), "contractAmendment"),
        (carried_out, "implementation"),
        (of.row().ended_on.is_some(), "contractTermination"),
    ]
    .into_iter()
    .filter_map(|(is, tag)| is.then_some(tag))
    .collect()
}

fn contract_id(of: &Published, told: &Told<'_>) -> String {
    (told.id)(Subject::Contract, of.row().id)
}

fn award_id(of: &Published, told: &Told<'_>) -> String {
    format!("{}-award", contract_id(of, told))
}

/// By the register where it stands there, else by the id that the API tells.
fn party_id(party: &Organization, told: &Told<'_>) -> String {
    match edrpou(party) {
        Some(number) => format!("{REGISTER}-{number}"),
        None => (told.id)(Subject::Organization, party.id),
    }
}

fn party(party: &Organization, roles: &[&str], told: &Told<'_>) -> Value {
    let identifier = edrpou(party).map(|number| json!({"scheme": REGISTER, "id": number, "legalName": party.name}));
    json!({"id": party_id(party, told), "name": party.name, "identifier": identifier, "roles": roles})
}

fn named(party: &Organization, told: &Told<'_>) -> Value {
    json!({"id": party_id(party, told), "name": party.name})
}

fn value(kopiykas: i64) -> Value {
    json!({"amount": amount(kopiykas), "currency": CURRENCY})
}

/// How the provider was chosen.
fn tender(of: &Published, told: &Told<'_>, ocid: &str) -> Value {
    let row = of.row();
    let method = row.selection_authority.and_then(|authority| match authority {
        SelectionAuthority::CompetitionCommission => Some("open"),
        SelectionAuthority::Ministry | SelectionAuthority::Fund | SelectionAuthority::Hromada => Some("direct"),
        SelectionAuthority::Unknown => None,
    });
    let details = row.selection_authority.map(|authority| {
        let mut words = format!("Надавача обрано: {}", in_words(authority));
        let more = [
            row.selection_body.clone(),
            row.selection_number.as_ref().map(|number| format!("рішення № {number}")),
            row.selection_decided_on.as_ref().map(|day| format!("дата рішення {day}")),
        ];
        more.into_iter().flatten().for_each(|part| words.extend([", ", part.as_str()]));
        words
    });
    json!({
        "id": ocid,
        "title": of.title(),
        "status": "complete",
        "procuringEntity": named(&of.funder, told),
        "procurementMethod": method,
        "procurementMethodDetails": details,
        "mainProcurementCategory": "services",
    })
}

/// What was agreed first; what is in force stands in the contract.
fn award(of: &Published, told: &Told<'_>) -> Value {
    let period = of.base().map(|base| json!({"startDate": begins(of.row().starts_on), "endDate": ends(base.ends_on)}));
    json!({
        "id": award_id(of, told),
        "title": of.title(),
        "status": "active",
        "date": whole_day(of.row().selection_decided_on.as_deref()),
        "value": of.base().map(|base| value(base.amount_kop)),
        "suppliers": [named(&of.provider, told)],
        "contractPeriod": period,
    })
}

/// A day that is known wholly; a part of one is no date of the standard.
fn whole_day(text: Option<&str>) -> Option<String> {
    match partial(text)? {
        PartialDate::Day(day) => Some(begins(day)),
        _ => None,
    }
}

fn contract(of: &Published, told: &Told<'_>) -> Value {
    let row = of.row();
    let lines = of.terms().map(|terms| terms::lines(&of.whole.lines, terms)).into_iter().flatten();
    json!({
        "id": contract_id(of, told),
        "awardID": award_id(of, told),
        "title": of.title(),
        "description": of.description(),
        "status": status(row.status),
        "period": {"startDate": begins(row.starts_on), "endDate": of.last_day().map(ends)},
        "value": of.terms().map(|terms| value(terms.amount_kop)),
        "dateSigned": whole_day(row.signed_on.as_deref()),
        "items": lines.map(|line| item(of, line, told)).collect::<Vec<_>>(),
        "amendments": of.amendments().map(|terms| amendment(terms, told)).collect::<Vec<_>>(),
        "implementation": implementation(of, told),
    })
}

/// None of a draft: it is no contract yet.
const fn status(status: ContractStatus) -> Option<&'static str> {
    match status {
        ContractStatus::Signed => Some("pending"),
        ContractStatus::Active | ContractStatus::Suspended => Some("active"),
        ContractStatus::Completed | ContractStatus::Terminated => Some("terminated"),
        ContractStatus::Draft => None,
        ContractStatus::Cancelled => Some("cancelled"),
    }
}

fn item(of: &Published, line: &Line, told: &Told<'_>) -> Value {
    let service = of.service(line.service_id);
    let budget = in_words(line.budget_line);
    json!({
        "id": (told.id)(Subject::Line, line.id),
        "description": service.map_or(budget, |service| &service.name),
        "classification": service.map(|service| json!({"scheme": SERVICES, "id": service.code, "description": service.name})),
        "additionalClassifications": [{"scheme": BUDGET_LINES, "id": line.budget_line, "description": budget}],
        "quantity": quantity(line.planned_parts),
        "unit": {"name": line.unit, "value": value(line.unit_price_kop)},
    })
}

fn amendment(terms: &Terms, told: &Told<'_>) -> Value {
    let (document, kind) = (terms.document.as_deref().unwrap_or_default(), terms.kind.map_or("", in_words));
    json!({
        "id": (told.id)(Subject::Amendment, terms.id),
        "date": begins(terms.effective_on),
        "rationale": terms.rationale,
        "description":
            format!("Додаткова угода № {document} ({kind}): {}, строк до {}", hryvnias(terms.amount_kop), terms.ends_on),
    })
}

fn implementation(of: &Published, told: &Told<'_>) -> Option<Value> {
    let transactions: Vec<_> = of.payments.iter().map(|payment| transaction(of, payment, told)).collect();
    let tranches = terms::tranches(&of.whole.tranches, &of.whole.terms, of.today).map(|tranche| of_tranche(of, tranche, told));
    let milestones: Vec<_> = of.acts().map(|act| of_act(act, told)).chain(tranches).collect();
    (!transactions.is_empty() || !milestones.is_empty())
        .then(|| json!({"transactions": transactions, "milestones": milestones}))
}

fn transaction(of: &Published, payment: &Payment, told: &Told<'_>) -> Value {
    json!({
        "id": (told.id)(Subject::Payment, payment.id),
        "date": begins(payment.paid_on),
        "value": value(payment.amount_kop),
        // Of a reversal too: what is below zero is the payment, not its direction.
        "payer": named(&of.funder, told),
        "payee": named(&of.provider, told),
    })
}

/// The act of a month. It is due when the month is over, and met when it was accepted.
fn of_act(act: &Act, told: &Told<'_>) -> Value {
    let accepted = act.accepted_kop;
    let (status, met) = match act.status {
        ActStatus::Accepted | ActStatus::Paid if accepted < Some(act.claimed_kop) => ("partiallyMet", act.decided_at),
        ActStatus::Accepted | ActStatus::Paid => ("met", act.decided_at),
        ActStatus::Returned => ("notMet", None),
        ActStatus::Draft | ActStatus::Submitted => ("scheduled", None),
    };
    let mut words = format!("Заявлено {}", hryvnias(act.claimed_kop));
    if let Some(accepted) = accepted {
        words.push_str(&format!(", прийнято {}, сплачено {}", hryvnias(accepted), hryvnias(act.paid_kop)));
    }
    json!({
        "id": (told.id)(Subject::Act, act.id),
        "title": format!("Акт наданих послуг за {}", act.month.format("%Y-%m")),
        "type": "delivery",
        "description": words,
        "dueDate": ends(terms::last_of_month(act.month)),
        "dateMet": met.map(clock::kyiv),
        "dateModified": clock::kyiv(act.updated_at),
        "status": status,
    })
}

fn of_tranche(of: &Published, tranche: &Tranche, told: &Told<'_>) -> Value {
    let status = match tranche.status {
        TrancheStatus::Paid => "met",
        TrancheStatus::Planned | TrancheStatus::Approved if tranche.paid_kop > 0 => "partiallyMet",
        TrancheStatus::Planned | TrancheStatus::Approved => "scheduled",
        TrancheStatus::Withheld | TrancheStatus::Cancelled => "notMet",
    };
    // The payment that made it whole: the last one.
    let paid_on = of.payments.iter().filter(|payment| payment.tranche_id == Some(tranche.id)).map(|payment| payment.paid_on);
    let met = paid_on.max().filter(|_| tranche.status == TrancheStatus::Paid);
    json!({
        "id": (told.id)(Subject::Tranche, tranche.id),
        "title": format!("Транш: {}", in_words(tranche.kind)),
        "type": "payment",
        "description": format!("До сплати {}, сплачено {}", hryvnias(tranche.amount_kop), hryvnias(tranche.paid_kop)),
        "dueDate": ends(tranche.due_on),
        "dateMet": met.map(begins),
        "status": status,
    })
}
