//! A person, as the owner of the record reads it. Every field that is shown leaves an audit entry.

use crate::{
    base::words::{access::FieldGroup as Group, case::Sex, organization::ContactChannel},
    case::person::Details,
    graphql::{
        context::Session,
        directive::{pii, scope},
        scalars::Date,
    },
    journal::ObjectType,
};
use async_graphql::{Context, Object};
use uuid::Uuid;

/// Personal data (персональні дані): encrypted at rest with a key of its own; every read is an audit entry with its purpose.
pub struct Person {
    pub id: Uuid,
    pub details: Details,
}

impl Person {
    /// A field, if a purpose was named; that it was read is noted.
    fn show<T>(&self, ctx: &Context<'_>, field: &'static str, value: Option<T>) -> Option<T> {
        let session = Session::of(ctx);
        session.actor().purpose?;
        session.saw(ObjectType::Person, self.id, field);
        value
    }
}

/// Personal data (персональні дані): encrypted at rest with a key of its own; every read is an audit entry with its purpose.
#[Object(directive = scope::apply("persons:read".to_owned()))]
impl Person {
    /// Family name (прізвище).
    #[graphql(directive = pii::apply(Group::Contact))]
    async fn family_name(&self, ctx: &Context<'_>) -> Option<String> {
        self.show(ctx, "familyName", self.details.family_name.clone())
    }

    /// Given name (ім'я).
    #[graphql(directive = pii::apply(Group::Contact))]
    async fn given_name(&self, ctx: &Context<'_>) -> Option<String> {
        self.show(ctx, "givenName", self.details.given_name.clone())
    }

    /// Patronymic (по батькові).
    #[graphql(directive = pii::apply(Group::Contact))]
    async fn patronymic(&self, ctx: &Context<'_>) -> Option<String> {
        self.show(ctx, "patronymic", self.details.patronymic.clone())
    }

    /// Date of birth (дата народження).
    #[graphql(directive = pii::apply(Group::Demographics))]
    async fn birth_date(&self, ctx: &Context<'_>) -> Option<Date> {
        self.show(ctx, "birthDate", self.details.birth_date.map(Date))
    }

    /// Sex (стать).
    #[graphql(directive = pii::apply(Group::Demographics))]
    async fn sex(&self, ctx: &Context<'_>) -> Option<Sex> {
        self.show(ctx, "sex", self.details.sex)
    }

    /// Telephone in the form +380XXXXXXXXX (телефон).
    #[graphql(directive = pii::apply(Group::Contact))]
    async fn phone(&self, ctx: &Context<'_>) -> Option<String> {
        self.show(ctx, "phone", self.details.phone.clone())
    }

    /// Address (адреса).
    #[graphql(directive = pii::apply(Group::Address))]
    async fn address(&self, ctx: &Context<'_>) -> Option<String> {
        self.show(ctx, "address", self.details.address.clone())
    }

    /// Who cares for the person (законний представник, опікун).
    #[graphql(directive = pii::apply(Group::Caregiver))]
    async fn caregiver(&self, ctx: &Context<'_>) -> Option<String> {
        self.show(ctx, "caregiver", self.details.caregiver.clone())
    }

    /// Which ways of contact are safe: a call can put a person in danger (безпечні способи зв'язку).
    #[graphql(directive = pii::apply(Group::Contact))]
    async fn safe_to_contact(&self, ctx: &Context<'_>) -> Option<Vec<ContactChannel>> {
        self.show(ctx, "safeToContact", self.details.safe_to_contact.clone())
    }

    /// What to mind when contacting the person (застереження щодо зв'язку).
    #[graphql(directive = pii::apply(Group::Contact))]
    async fn contact_restrictions(&self, ctx: &Context<'_>) -> Option<String> {
        self.show(ctx, "contactRestrictions", self.details.contact_restrictions.clone())
    }
}
