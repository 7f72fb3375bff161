//! What an organisation must be. Pure.

use super::model::{Contact, Contacts, Organization, Register, Update};
use crate::{
    base::{
        Refusal, Result,
        edrpou::Edrpou,
        error::{Refusals, UserErrorCode},
        person_code::TaxNumber,
        phone, text,
        words::organization::{ContactChannel, OrganizationKind},
    },
    territory::{model::Territory, rules::unknown},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Longest name, in characters.
const NAME: usize = 300;
/// Longest value of a contact, its hours and a registry number, in characters.
const LINE: usize = 300;
/// Most contacts of one organisation.
const CONTACTS: usize = 20;

/// A new organisation, and the tax number that is to be sealed apart from it.
pub fn register(
    command: &Register,
    territory: Option<&Territory>,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<(Organization, Option<TaxNumber>)> {
    let mut refusals = Refusals::default();
    let name = refusals.take(text::line(&command.name, "name", NAME));
    let name_en = refusals.take(text::optional_line(command.name_en.as_deref(), "nameEn", NAME)).flatten();
    let registry_number =
        refusals.take(text::optional_line(command.registry_number.as_deref(), "registryNumber", LINE)).flatten();
    let edrpou = command.edrpou.as_deref().and_then(|code| refusals.take(Edrpou::parse(code, "edrpou")));
    let tax_number = command.tax_number.as_deref().and_then(|number| refusals.take(TaxNumber::parse(number, "taxNumber")));
    let sole = command.kind == OrganizationKind::SoleProprietor;
    if sole && command.edrpou.is_some() {
        refusals.add(Refusal::invalid("edrpou", "A sole proprietor (ФОП) has no EDRPOU."));
    }
    if !sole && command.tax_number.is_some() {
        refusals.add(Refusal::invalid("taxNumber", "Only a sole proprietor (ФОП) is registered with a tax number."));
    }
    known(command.territory.as_deref(), territory, &mut refusals);
    let contacts = contacts(&command.contacts, &mut refusals);
    refusals.end()?;
    let mut new = Organization {
        id,
        kind: command.kind,
        name: name.unwrap_or_default(),
        name_en,
        edrpou: edrpou.map(|code| code.to_string()),
        territory_code: command.territory.clone(),
        registry_number,
        active: true,
        contacts,
        search: String::new(),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    new.search = search(&new);
    Ok((new, tax_number))
}

/// The organisation as it will be. `territory` is the unit that the command names, if the codifier has it.
pub fn update(row: &Organization, command: &Update, territory: Option<&Territory>) -> Result<Organization> {
    let mut refusals = Refusals::default();
    let mut new = row.clone();
    match &command.name {
        None => {}
        Some(Some(name)) => new.name = refusals.take(text::line(name, "name", NAME)).unwrap_or_default(),
        Some(None) => refusals.add(kept("name")),
    }
    if let Some(name) = &command.name_en {
        new.name_en = refusals.take(text::optional_line(name.as_deref(), "nameEn", NAME)).flatten();
    }
    if let Some(number) = &command.registry_number {
        new.registry_number = refusals.take(text::optional_line(number.as_deref(), "registryNumber", LINE)).flatten();
    }
    if let Some(code) = &command.territory {
        known(code.as_deref(), territory, &mut refusals);
        new.territory_code.clone_from(code);
    }
    match command.active {
        None => {}
        Some(Some(active)) => new.active = active,
        Some(None) => refusals.add(kept("active")),
    }
    if let Some(list) = &command.contacts {
        new.contacts = contacts(list.as_deref().unwrap_or_default(), &mut refusals);
    }
    refusals.end()?;
    new.search = search(&new);
    Ok(new)
}

/// The refusal to clear what must stand.
pub fn kept(field: &str) -> Refusal {
    Refusal::invalid(field, "This cannot be cleared: leave the field out to keep it.")
}

/// Names, and the EDRPOU, as one key of search.
fn search(of: &Organization) -> String {
    let parts = [Some(&of.name), of.name_en.as_ref(), of.edrpou.as_ref()];
    text::search_key(&parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" "))
}

fn known(code: Option<&str>, territory: Option<&Territory>, refusals: &mut Refusals) {
    if let (Some(code), None) = (code, territory) {
        refusals.add(unknown(code, "territory"));
    }
}

fn contacts(list: &[Contact], refusals: &mut Refusals) -> Contacts {
    if list.len() > CONTACTS {
        refusals.add(Refusal::new(UserErrorCode::LimitExceeded, "contacts", said!("At most {CONTACTS} contacts.", CONTACTS)));
    }
    let mut tidied = Vec::new();
    for (place, contact) in list.iter().enumerate() {
        let value = refusals.take(value(contact, &format!("contacts.{place}.value")));
        let hours = refusals.take(text::optional_line(contact.hours.as_deref(), &format!("contacts.{place}.hours"), LINE));
        if let (Some(value), Some(hours)) = (value, hours) {
            tidied.push(Contact { channel: contact.channel, value, hours });
        }
    }
    Contacts::of(&tidied)
}

fn value(contact: &Contact, field: &str) -> Result<String, Refusal> {
    let value = text::line(&contact.value, field, LINE)?;
    match contact.channel {
        ContactChannel::Phone => phone::parse(&value, field),
        ContactChannel::Email if !is_address(&value) => Err(Refusal::invalid(field, "This is not an e-mail address.")),
        ContactChannel::Web if !(value.starts_with("https://") || value.starts_with("http://")) => {
            Err(Refusal::invalid(field, "A web page begins with https:// or http://."))
        }
        _ => Ok(value),
    }
}

/// Something, one at sign, a name with a dot: whether mail arrives, only mail can tell.
fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        let dotted = host.split('.').count() > 1 && host.split('.').all(|part| !part.is_empty());
        !name.is_empty() && dotted && !host.contains('@') && !text.contains(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Error;

    fn new() -> Register {
        Register {
            kind: OrganizationKind::Ngo,
            name: "ГО «Міст» (демо)".into(),
            name_en: None,
            edrpou: Some("99000075".into()),
            tax_number: None,
            territory: None,
            registry_number: None,
            contacts: vec![],
        }
    }

    fn made(command: &Register) -> Result<(Organization, Option<TaxNumber>)> {
        register(command, None, Uuid::nil(), DateTime::UNIX_EPOCH)
    }

    fn fields(result: Result<impl std::fmt::Debug>) -> Vec<String> {
        match result {
            Err(Error::Refused(refusals)) => refusals.iter().map(|refusal| refusal.path.join(".")).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_new_organisation_is_found_by_name_and_code() {
        let (row, _) = made(&new()).expect("it is right");
        assert_eq!((row.search.as_str(), row.active, row.version), ("го міст (демо) 99000075", true, 1));
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let contact = |channel, value: &str| Contact { channel, value: value.into(), hours: None };
        let contacts = vec![
            contact(ContactChannel::Phone, "0670000001"),
            contact(ContactChannel::Phone, "112"),
            contact(ContactChannel::Email, "a@b"),
            contact(ContactChannel::Web, "ftp://a.ua"),
        ];
        let territory = Some("UA00000000000000000".into());
        let wrong = Register { name: " ".into(), edrpou: Some("99000076".into()), territory, contacts, ..new() };
        let expected = ["name", "edrpou", "territory", "contacts.1.value", "contacts.2.value", "contacts.3.value"];
        assert_eq!(fields(made(&wrong)), expected);
    }

    #[test]
    fn only_a_sole_proprietor_comes_with_a_tax_number() {
        let number = Some("0000100010".to_owned());
        assert_eq!(fields(made(&Register { tax_number: number.clone(), ..new() })), ["taxNumber"]);
        let sole = Register { kind: OrganizationKind::SoleProprietor, tax_number: number, ..new() };
        assert_eq!(fields(made(&sole)), ["edrpou"]);
        let (row, number) = made(&Register { edrpou: None, ..sole }).expect("it is right");
        assert!(number.is_some() && !format!("{row:?}").contains("0000100010"), "the number stands apart");
    }

    #[test]
    fn an_absent_field_stays_and_null_clears() {
        let (row, _) =
            made(&Register { name_en: Some("Bridge".into()), registry_number: Some("1".into()), ..new() }).expect("right");
        let update = |command: Update| update(&row, &command, None);
        assert_eq!(update(Update::default()).expect("nothing changes"), row);
        let cleared = update(Update { name_en: Some(None), active: Some(Some(false)), ..Update::default() }).expect("cleared");
        assert_eq!((cleared.name_en, cleared.active, cleared.registry_number.as_deref()), (None, false, Some("1")));
        assert_eq!(cleared.search, "го міст (демо) 99000075");
        assert_eq!(fields(update(Update { name: Some(None), active: Some(None), ..Update::default() })), ["name", "active"]);
    }
}
