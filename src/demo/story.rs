//! What has happened in the demonstration before a newcomer comes: three invented people, a referral that waits for its answer,
//! one under way and one that is done. Nobody of this exists; names, dates and numbers say so.

use super::caller;
use crate::{
    base::{
        Result,
        page::{Ask as Page, Window},
        timetable::Timetable,
        words::{
            access::FieldGroup,
            case::{
                ConsentGiver, ConsentMethod, HardshipFactor, IntakeChannel, Sex, SharingPurpose, SubjectKind, TargetCategory,
            },
            referral::{LegalBasis, ReferralAction, ReferralOutcome, Urgency},
        },
    },
    case::{
        actions::{self, Desk, Target},
        model::{Filter, Give, Open},
        person::Draft,
        store,
    },
    db::Db,
    journal::idempotency::Ask,
    referral::{
        actions as referral,
        model::{Create, Subject},
        sending, store as referrals,
    },
    seal::Seal,
};
use chrono::NaiveDate;
use uuid::Uuid;

/// One invented person and her way.
struct Way {
    /// The owner's reference of the case: what is there already is left alone.
    reference: &'static str,
    family_name: &'static str,
    given_name: &'static str,
    sex: Sex,
    born: (i32, u32, u32),
    phone: &'static str,
    category: TargetCategory,
    factor: HardshipFactor,
    reason: &'static str,
    service: &'static str,
    urgency: Urgency,
    /// What the receiver has done so far.
    steps: &'static [ReferralAction],
}

/// Of the social protection department, to the centre: an authority of the hromada needs no memorandum.
const TO_THE_CENTRE: [Way; 2] = [
    Way {
        reference: "DEMO-1",
        family_name: "Вигадана",
        given_name: "Марія (демо)",
        sex: Sex::Female,
        born: (1958, 3, 14),
        phone: "+380670000011",
        category: TargetCategory::OlderPerson,
        factor: HardshipFactor::LossOfSocialTies,
        reason: "Живе сама, хоче бувати серед людей. Вигаданий запис.",
        service: "M-001",
        urgency: Urgency::Normal,
        steps: &[],
    },
    Way {
        reference: "DEMO-2",
        family_name: "Придуманий",
        given_name: "Андрій (демо)",
        sex: Sex::Male,
        born: (1990, 9, 2),
        phone: "+380670000012",
        category: TargetCategory::Idp,
        factor: HardshipFactor::InternalDisplacement,
        reason: "Переїхав із родиною, просить про підтримку. Вигаданий запис.",
        service: "M-003",
        urgency: Urgency::Urgent,
        steps: &[ReferralAction::Accept, ReferralAction::Start],
    },
];

/// Of the centre, to the charity foundation: under their memorandum.
const TO_THE_FOUNDATION: [Way; 1] = [Way {
    reference: "DEMO-3",
    family_name: "Уявна",
    given_name: "Олена (демо)",
    sex: Sex::Female,
    born: (1984, 11, 23),
    phone: "+380670000013",
    category: TargetCategory::FamilyWithChildren,
    factor: HardshipFactor::LowIncome,
    reason: "Потрібен зимовий одяг для двох дітей. Вигаданий запис.",
    service: "M-008",
    urgency: Urgency::Normal,
    steps: &[ReferralAction::Acknowledge, ReferralAction::Accept, ReferralAction::Start, ReferralAction::Complete],
}];

/// Tells what is not there yet.
pub async fn tell(db: &Db, seal: &Seal, timetable: &Timetable) -> Result<()> {
    let (social, centre, foundation) =
        (caller::active(db, 4).await?, caller::active(db, 3).await?, caller::active(db, 5).await?);
    let (Some(social), Some(centre), Some(foundation)) = (social, centre, foundation) else { return Ok(()) };
    let desk = |actor| Desk { db, seal, actor, request_id: "demo", timetable };
    for way in &TO_THE_CENTRE {
        go(desk(&social), desk(&centre), way).await?;
    }
    for way in &TO_THE_FOUNDATION {
        go(desk(&centre), desk(&foundation), way).await?;
    }
    Ok(())
}

async fn go(sender: Desk<'_>, receiver: Desk<'_>, way: &Way) -> Result<()> {
    if is_told(sender, way.reference).await? {
        return Ok(());
    }
    let ask = Ask { mutation: "demo", key: None, input_hash: Vec::new() };
    let case_id = actions::open(sender, &ask, open(way)).await?.id;
    let consent = Give {
        case_id,
        receiver_id: receiver.actor.organization_id,
        purpose: SharingPurpose::CaseWork,
        field_groups: vec![FieldGroup::Demographics, FieldGroup::Contact, FieldGroup::Reason],
        given_by: ConsentGiver::Client,
        method: ConsentMethod::Written,
        given_at: None,
        expires_at: None,
        evidence: None,
        explained: true,
    };
    let consent_id = actions::give(sender, &ask, consent).await?.id;
    let id = sending::create(sender, &ask, create(way, case_id, consent_id, receiver.actor.organization_id)).await?.id();
    for action in way.steps {
        let outcome = (*action == ReferralAction::Complete).then_some(ReferralOutcome::ServiceProvided);
        let with = referral::Move { reason: None, outcome, note: None, receiver_centre_id: None };
        let reading = receiver.db.read(receiver.actor).await?;
        let version = referrals::find(reading.link(), &[id]).await?.first().map(|row| row.version);
        reading.end().await?;
        let target = Target { id, expected_version: version.unwrap_or_default() };
        referral::advance(receiver, &ask, *action, target, with).await?;
    }
    Ok(())
}

async fn is_told(desk: Desk<'_>, reference: &str) -> Result<bool> {
    let reading = desk.db.read(desk.actor).await?;
    let filter = Filter { external_reference: Some(reference.to_owned()), ..Filter::default() };
    let window = Window::of(&Page { first: Some(1), ..Page::default() }, "demo")?;
    let today = crate::base::clock::day(reading.now());
    let found = store::page(reading.link(), desk.actor.organization_id, &filter, &window, today).await?;
    reading.end().await?;
    Ok(!found.is_empty())
}

fn open(way: &Way) -> Open {
    let (year, month, day) = way.born;
    let person = Draft {
        family_name: Some(Some(way.family_name.to_owned())),
        given_name: Some(Some(way.given_name.to_owned())),
        birth_date: Some(NaiveDate::from_ymd_opt(year, month, day)),
        sex: Some(Some(way.sex)),
        phone: Some(Some(way.phone.to_owned())),
        ..Draft::default()
    };
    Open {
        centre_id: None,
        territory: None,
        subject_kind: SubjectKind::Person,
        person,
        household_size: None,
        primary_category: way.category,
        categories: vec![],
        factors: vec![way.factor],
        intake_channel: IntakeChannel::SelfInPerson,
        emergency: false,
        safety_flag: false,
        opened_on: None,
        external_reference: Some(way.reference.to_owned()),
    }
}

fn create(way: &Way, case_id: Uuid, consent_id: Uuid, receiver_id: Uuid) -> Create {
    Create {
        subject: Subject::Case(case_id),
        receiver_id,
        sender_centre_id: None,
        receiver_centre_id: None,
        service_code: way.service.to_owned(),
        territory: None,
        urgency: way.urgency,
        legal_basis: LegalBasis::Consent,
        legal_ground: None,
        justification: None,
        disclosed_factors: vec![],
        safety_flag: false,
        consent_id: Some(consent_id),
        reason: Some(way.reason.to_owned()),
        replaces_id: None,
        parent_id: None,
        send: true,
    }
}
