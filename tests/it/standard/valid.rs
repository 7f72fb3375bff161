//! Whether a document is one of its standard. Open contracting data is held against the standard's own schemas, which lie beside
//! this file as they were published; of the standard of grants it is what its documentation demands, written down here.

use chrono::{DateTime, NaiveDate};
use jsonschema::{Draft, Registry};
use serde_json::Value;

/// Fails with all that is wrong.
pub fn open_contracting(document: &Value) {
    let read = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let (package, release) = (read(include_str!("release-package-schema.json")), read(include_str!("release-schema.json")));
    // Where the package says that its releases are described; nothing is fetched.
    let place = package["properties"]["releases"]["items"]["$ref"].as_str().unwrap().to_owned();
    let known = Registry::new().add(place, release).unwrap().prepare().unwrap();
    let schema = jsonschema::options().with_draft(Draft::Draft4).with_registry(&known).should_validate_formats(true);
    let schema = schema.build(&package).unwrap();
    let wrong: Vec<_> = schema.iter_errors(document).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(wrong.is_empty(), "{}\n{document:#}", wrong.join("\n"));
}

/// A member of an object, and what it must be.
type Demand = (&'static str, Need, fn(&Value) -> bool);

#[derive(Clone, Copy, PartialEq)]
enum Need {
    Must,
    May,
}

use Need::{May, Must};

fn text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

fn number(value: &Value) -> bool {
    value.is_number()
}

fn day(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() == 10 && text.parse::<NaiveDate>().is_ok())
}

fn moment(value: &Value) -> bool {
    value.as_str().is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok())
}

fn address(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("http"))
}

fn hryvnia(value: &Value) -> bool {
    value == "UAH"
}

fn all(demands: &[Demand], value: &Value) -> bool {
    let members = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    for (name, need, is) in demands {
        match members.get(*name) {
            Some(member) => assert!(is(member), "{name}: {member}"),
            None => assert!(*need == May, "{name} is missing: {value:#}"),
        }
    }
    // Our own reading of the standard leaves no member unread: none is misspelt.
    for name in members.keys() {
        assert!(demands.iter().any(|(known, _, _)| known == name), "{name} is no member: {value:#}");
    }
    true
}

fn each(demands: &[Demand], value: &Value) -> bool {
    let values = value.as_array().unwrap_or_else(|| panic!("no list: {value}"));
    !values.is_empty() && values.iter().all(|value| all(demands, value))
}

const PACKAGE: &[Demand] = &[
    ("version", May, |value| value == "1.1"),
    ("identifier", May, text),
    ("title", May, text),
    ("modified", May, moment),
    ("publisher", May, |value| all(&[("name", Must, text), ("website", May, address)], value)),
    ("downloadURL", May, address),
    ("grants", Must, |value| each(GRANT, value)),
];

const GRANT: &[Demand] = &[
    ("id", Must, text),
    ("title", Must, |value| value.as_str().is_some_and(|title| title.chars().count() <= 140)),
    ("description", Must, text),
    ("currency", Must, hryvnia),
    ("amountAwarded", Must, number),
    ("amountDisbursed", May, number),
    ("awardDate", Must, day),
    ("plannedDates", May, |value| each(EVENT, value)),
    ("actualDates", May, |value| each(EVENT, value)),
    ("recipientOrganization", Must, |value| each(ORGANIZATION, value)),
    ("fundingOrganization", Must, |value| each(ORGANIZATION, value)),
    ("beneficiaryLocation", May, |value| each(LOCATION, value)),
    ("grantProgramme", May, |value| each(&[("code", May, text), ("title", May, text)], value)),
    ("disbursementTransaction", May, |value| each(TRANSACTION, value)),
    ("dateModified", May, moment),
    ("dataSource", May, address),
];

const EVENT: &[Demand] = &[("startDate", May, day), ("endDate", May, day)];
const ORGANIZATION: &[Demand] = &[("id", Must, text), ("name", Must, text), ("addressCountry", May, text)];
const LOCATION: &[Demand] =
    &[("name", May, text), ("countryCode", May, |value| value == "UA"), ("geoCode", May, text), ("geoCodeType", May, text)];
const TRANSACTION: &[Demand] = &[
    ("id", May, text),
    ("transactionDate", May, day),
    ("currency", May, hryvnia),
    ("value", May, number),
    ("provider", May, text),
    ("recipient", May, text),
];

/// Fails with the first thing that is wrong.
pub fn giving(document: &Value) {
    all(PACKAGE, document);
}

#[test]
fn the_schemas_refuse() {
    use serde_json::json;
    let release = |ocid: Value, status: &str| {
        json!({"uri": "https://mistok.example/x", "version": "1.1", "publishedDate": "2025-01-01T00:00:00+02:00", "publisher": {"name": "x"},
            "releases": [{"ocid": ocid, "id": "1", "date": "2025-01-01T00:00:00Z", "tag": ["contract"], "initiationType": "tender",
                "contracts": [{"id": "1", "awardID": "1", "status": status}]}]})
    };
    open_contracting(&release(json!("ocds-213czf-1"), "active"));
    for wrong in [release(json!(7), "active"), release(json!("ocds-213czf-1"), "діє"), json!({"releases": []})] {
        assert!(std::panic::catch_unwind(|| open_contracting(&wrong)).is_err(), "{wrong}");
    }
    let day = json!({"grants": [{"id": "1", "title": "x", "description": "x", "currency": "UAH", "amountAwarded": 1, "awardDate": "2025-01",
        "recipientOrganization": [{"id": "1", "name": "x"}], "fundingOrganization": [{"id": "2", "name": "y"}]}]});
    assert!(std::panic::catch_unwind(|| giving(&day)).is_err());
}
