//! What a viewer may know of the person. Every field asks the one rule first, then opens what is sealed.

use super::{
    loader::{BehindOf, SharedCaseOf, SharedServicesOf},
    object::Referral,
};
use crate::{
    base::words::{access::FieldGroup as Group, case::*, organization::ContactChannel},
    case::{person::Details, sealed::Dossier},
    graphql::{
        context::Session,
        directive::pii,
        loaders,
        scalars::{Date, YearMonth},
        service::ServiceType,
    },
    journal::ObjectType,
    referral::{
        behind::{self, Behind},
        model::{Demographics, Part, Parts},
        onward::known_factors,
        sharing::{Rule, SUBJECT_FIELDS, Sharing},
    },
};
use async_graphql::{Context, Object, Result};
use std::sync::Arc;
use uuid::Uuid;

/// Where a field under this rule is sealed; of two places the first is that of one who may be read, the other that of the preview.
const fn sealed(rule: Rule) -> &'static [Part] {
    match rule {
        Rule::Preview => &[Part::Person, Part::Preview],
        Rule::SensitiveFactors | Rule::Group(Group::Reason) => &[Part::Factors],
        Rule::Group(Group::Demographics | Group::Contact | Group::Address | Group::Caregiver) => &[Part::Person],
        Rule::Group(Group::AssessmentSummary) => &[Part::Summary],
        Rule::Group(Group::ServicesHistory | Group::Sensitive) => &[],
    }
}

/// Where it is sealed for this viewer; none: it is not.
fn part(rule: Rule, sharing: &Sharing) -> Option<Part> {
    match sealed(rule) {
        [_, preview] if sharing.group(Group::Demographics).is_err() => Some(*preview),
        parts => parts.first().copied(),
    }
}

/// Referrals with what they will be asked for of their subjects, so that none has to ask for itself: what decides, and without a purpose nothing
/// more. Lists side by side ask at once.
pub async fn fetched(ctx: &Context<'_>, page: Vec<Referral>, wants: fn(&Context<'_>, &str) -> bool) -> Result<Vec<Referral>> {
    if page.is_empty() || !wants(ctx, "subject") {
        return Ok(page);
    }
    let wanted = |(field, _): &&(&str, Rule)| wants(ctx, &format!("subject.{field}"));
    let parts: Parts = match Session::of(ctx).actor().purpose {
        Some(_) => SUBJECT_FIELDS.iter().filter(wanted).flat_map(|(_, rule)| sealed(*rule)).copied().collect(),
        None => Parts::NONE,
    };
    let key = |referral: &Referral| BehindOf((referral.glance().id, parts));
    let behind = loaders::all(ctx, page.iter().map(key)).await?;
    Ok(page.into_iter().map(|referral| Referral { behind: behind.get(&key(&referral)).cloned(), ..referral }).collect())
}

/// What this viewer may know of the person: a pseudonym that differs for each receiver, and what consent or law opens (відомості про особу).
pub struct SharedSubject {
    pub of: Referral,
    pub behind: Arc<Behind>,
    pub sharing: Sharing,
}

impl SharedSubject {
    fn id(&self) -> Uuid {
        self.of.glance().id
    }

    /// What is sealed, if the rule shows the field.
    async fn dossier(&self, ctx: &Context<'_>, field: &'static str, rule: Rule) -> Result<Option<Arc<Dossier>>> {
        match part(rule, &self.sharing) {
            Some(part) if self.shows(ctx, field, rule) => Ok(self.of.behind(ctx, part.into()).await?.dossier.clone()),
            _ => Ok(None),
        }
    }

    /// Whether the rule shows the field; that it was read is noted.
    fn shows(&self, ctx: &Context<'_>, field: &'static str, rule: Rule) -> bool {
        let shown = self.sharing.decide(rule).is_ok();
        if shown {
            Session::of(ctx).saw(ObjectType::Referral, self.id(), field);
        }
        shown
    }

    async fn show<T>(
        &self,
        ctx: &Context<'_>,
        field: &'static str,
        group: Group,
        pick: impl FnOnce(&Details) -> Option<T>,
    ) -> Result<Option<T>> {
        let dossier = self.dossier(ctx, field, Rule::Group(group)).await?;
        let details = dossier.as_ref().map(|dossier| dossier.person()).transpose()?.flatten();
        Ok(details.and_then(pick))
    }

    /// Live where the person may be read, but for the target group, which the case says; as of the sending before that.
    async fn demographics(&self, ctx: &Context<'_>, field: &'static str) -> Result<Option<Demographics>> {
        let Some(dossier) = self.dossier(ctx, field, Rule::Preview).await? else { return Ok(None) };
        if part(Rule::Preview, &self.sharing) == Some(Part::Preview) {
            return Ok(dossier.value(self.id(), Slot::Demographics)?);
        }
        let today = Session::of(ctx).db().clock().today();
        let known = |person: &Details| Demographics { age_band: person.age_band(today), sex: person.sex, target_group: None };
        Ok(dossier.person()?.map(known))
    }

    /// The category of the case, as far as the second wall lets the caller look.
    async fn category(&self, ctx: &Context<'_>) -> Result<Option<TargetCategory>> {
        let case = loaders::load(ctx, SharedCaseOf(self.id())).await?;
        Ok(case.and_then(|case| TargetCategory::of(&case.primary_category)))
    }

    async fn factors(
        &self,
        ctx: &Context<'_>,
        field: &'static str,
        rule: Rule,
    ) -> Result<Option<(Vec<HardshipFactor>, Vec<HardshipFactor>)>> {
        match self.dossier(ctx, field, rule).await? {
            Some(dossier) => Ok(Some(known_factors(&dossier, self.id(), &self.behind.terms)?)),
            None => Ok(None),
        }
    }
}

/// What this viewer may know of the person: a pseudonym that differs for each receiver, and what consent or law opens (відомості про особу).
#[Object]
impl SharedSubject {
    /// Name under which this receiver knows the person; another receiver gets another one (псевдонім).
    async fn pseudonym(&self, ctx: &Context<'_>) -> String {
        Session::of(ctx).seal().pseudonym(self.of.glance().receiver_id, self.behind.terms.person_id)
    }

    /// Whose need it is (суб'єкт).
    async fn kind(&self) -> SubjectKind {
        self.behind.terms.subject_kind
    }

    /// Whether the person was under 18 at the sending; null where the birth date is not known (неповнолітня особа).
    async fn minor(&self) -> Option<bool> {
        self.behind.terms.minor
    }

    /// Age band; before acceptance only if the consent names DEMOGRAPHICS (вікова група).
    #[graphql(directive = pii::apply(Group::Demographics))]
    async fn age_band(&self, ctx: &Context<'_>) -> Result<Option<AgeBand>> {
        Ok(self.demographics(ctx, "subject.ageBand").await?.map(|known| known.age_band))
    }

    /// Date of birth (дата народження).
    #[graphql(directive = pii::apply(Group::Demographics))]
    async fn birth_date(&self, ctx: &Context<'_>) -> Result<Option<Date>> {
        self.show(ctx, "subject.birthDate", Group::Demographics, |person| person.birth_date.map(Date)).await
    }

    /// Sex; before acceptance only if the consent names DEMOGRAPHICS (стать).
    #[graphql(directive = pii::apply(Group::Demographics))]
    async fn sex(&self, ctx: &Context<'_>) -> Result<Option<Sex>> {
        Ok(self.demographics(ctx, "subject.sex").await?.and_then(|known| known.sex))
    }

    /// Target group; before acceptance only if the consent names DEMOGRAPHICS (цільова група).
    #[graphql(directive = pii::apply(Group::Demographics))]
    async fn target_group(&self, ctx: &Context<'_>) -> Result<Option<TargetGroup>> {
        let Some(known) = self.demographics(ctx, "subject.targetGroup").await? else { return Ok(None) };
        match self.sharing.group(Group::Demographics) {
            Ok(()) => Ok(self.category(ctx).await?.map(TargetCategory::group)),
            Err(_) => Ok(known.target_group),
        }
    }

    /// Primary category; a hidden one would betray itself, hence SENSITIVE (основна категорія).
    #[graphql(directive = pii::apply(Group::Sensitive))]
    async fn primary_category(&self, ctx: &Context<'_>) -> Result<Option<TargetCategory>> {
        match self.shows(ctx, "subject.primaryCategory", Rule::Group(Group::Sensitive)) {
            true => self.category(ctx).await,
            false => Ok(None),
        }
    }

    /// People in the household or group (кількість осіб).
    #[graphql(directive = pii::apply(Group::Demographics))]
    async fn household_size(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        if !self.shows(ctx, "subject.householdSize", Rule::Group(Group::Demographics)) {
            return Ok(None);
        }
        Ok(loaders::load(ctx, SharedCaseOf(self.id())).await?.and_then(|case| case.household_size))
    }

    /// Family name (прізвище).
    #[graphql(directive = pii::apply(Group::Contact))]
    async fn family_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.show(ctx, "subject.familyName", Group::Contact, |person| person.family_name.clone()).await
    }

    /// Given name (ім'я).
    #[graphql(directive = pii::apply(Group::Contact))]
    async fn given_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.show(ctx, "subject.givenName", Group::Contact, |person| person.given_name.clone()).await
    }

    /// Patronymic (по батькові).
    #[graphql(directive = pii::apply(Group::Contact))]
    async fn patronymic(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.show(ctx, "subject.patronymic", Group::Contact, |person| person.patronymic.clone()).await
    }

    /// Telephone in the form +380XXXXXXXXX (телефон).
    #[graphql(directive = pii::apply(Group::Contact))]
    async fn phone(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.show(ctx, "subject.phone", Group::Contact, |person| person.phone.clone()).await
    }

    /// Which ways of contact are safe: a call to the wrong phone can put a life in danger (безпечні способи зв'язку).
    #[graphql(directive = pii::apply(Group::Contact))]
    async fn safe_to_contact(&self, ctx: &Context<'_>) -> Result<Option<Vec<ContactChannel>>> {
        self.show(ctx, "subject.safeToContact", Group::Contact, |person| person.safe_to_contact.clone()).await
    }

    /// What to mind when contacting the person (застереження щодо зв'язку).
    #[graphql(directive = pii::apply(Group::Contact))]
    async fn contact_restrictions(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.show(ctx, "subject.contactRestrictions", Group::Contact, |person| person.contact_restrictions.clone()).await
    }

    /// Address (адреса).
    #[graphql(directive = pii::apply(Group::Address))]
    async fn address(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.show(ctx, "subject.address", Group::Address, |person| person.address.clone()).await
    }

    /// Who cares for the person (законний представник, опікун).
    #[graphql(directive = pii::apply(Group::Caregiver))]
    async fn caregiver(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.show(ctx, "subject.caregiver", Group::Caregiver, |person| person.caregiver.clone()).await
    }

    /// Summary of the latest assessment of needs (висновок оцінки потреб).
    #[graphql(directive = pii::apply(Group::AssessmentSummary))]
    async fn assessment_summary(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let dossier = self.dossier(ctx, "subject.assessmentSummary", Rule::Group(Group::AssessmentSummary)).await?;
        Ok(dossier.map(|dossier| dossier.only(Slot::Summary)).transpose()?.flatten())
    }

    /// What the sender has done for the person, by month and service, oldest first (історія послуг).
    #[graphql(directive = pii::apply(Group::ServicesHistory))]
    async fn services_history(&self, ctx: &Context<'_>) -> Result<Option<Vec<SharedService>>> {
        if !self.shows(ctx, "subject.servicesHistory", Rule::Group(Group::ServicesHistory)) {
            return Ok(None);
        }
        let id = self.id();
        Ok(Some(loaders::list(ctx, SharedServicesOf(id)).await?.into_iter().map(SharedService).collect()))
    }

    /// Factors of hardship, without the sensitive ones (чинники складних життєвих обставин).
    #[graphql(directive = pii::apply(Group::Reason))]
    async fn hardship_factors(&self, ctx: &Context<'_>) -> Result<Option<Vec<HardshipFactor>>> {
        let factors = self.factors(ctx, "subject.hardshipFactors", Rule::Group(Group::Reason)).await?;
        Ok(factors.map(|(plain, _)| plain))
    }

    /// Sensitive factors: where the consent names SENSITIVE, and without consent those that the sender has disclosed (чутливі чинники).
    #[graphql(directive = pii::apply(Group::Sensitive))]
    async fn sensitive_factors(&self, ctx: &Context<'_>) -> Result<Option<Vec<HardshipFactor>>> {
        let factors = self.factors(ctx, "subject.sensitiveFactors", Rule::SensitiveFactors).await?;
        Ok(factors.map(|(_, sensitive)| sensitive))
    }
}

/// What the sender has done for a person in a month (послуга в історії).
#[derive(Clone)]
pub struct SharedService(behind::SharedService);

/// What the sender has done for a person in a month (послуга в історії).
#[Object]
impl SharedService {
    /// The service (послуга).
    async fn service(&self, ctx: &Context<'_>) -> Result<ServiceType> {
        ServiceType::load(ctx, self.0.service_id).await
    }

    /// Month (місяць).
    async fn month(&self) -> YearMonth {
        YearMonth::of(self.0.month)
    }

    /// How many contacts (кількість).
    async fn quantity(&self) -> i32 {
        i32::try_from(self.0.quantity).unwrap_or(i32::MAX)
    }
}
