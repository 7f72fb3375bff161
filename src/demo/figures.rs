//! What the published reports tell in figures and nobody can count from records: observations, each as its source has it, with its
//! comparator, kind and part of a date. What is computed (cases, services, groups) is no part of this list.
//!
//! They are told in the place of the organisations whose figures they are: the city centre of social services of Cherkasy, the
//! providers of Kazanka and Novovolynsk, the council of Shatsk. How far the project has come in the whole country is the
//! Ministry's figure about itself.

use super::registry::{SHATSK, centre, organization};
use crate::{
    base::{Result, period::PartialDate, words::indicator::*},
    db::Tx,
    indicator::{
        actions,
        model::{Report, Reporter},
        policy, store,
    },
};

/// Of what a figure is.
enum Subject {
    /// Of who reports it.
    Itself,
    Centre(u16),
    Territory(&'static str),
}

struct Figure {
    /// Row in the list of all figures of the reports: it stands in the external reference, so that a second run changes nothing.
    row: u8,
    reporter: u16,
    subject: Subject,
    indicator: Indicator,
    title: Option<&'static str>,
    value: Option<&'static str>,
    comparator: Comparator,
    kind: ObservationKind,
    from: Option<&'static str>,
    to: Option<&'static str>,
    source: &'static str,
    note: Option<&'static str>,
}

const KAZANKA: &str = "Повідомлення про захід у Центрі життєстійкості Казанківської громади, травень 2025 року";
const NOVOVOLYNSK: &str = "Повідомлення Мінсоцполітики «Як працюють Центри життєстійкості в громадах», квітень 2024 року";
const CHERKASY: &str = "Підсумки 2023 року Черкаського міського центру соціальних служб, січень 2024 року";
const SHATSK_VISIT: &str = "Повідомлення «СОС-Дитяче містечко: Досвід Броварів для Шацької громади»";

use Comparator::{Approx, Eq, Gt};
use Indicator as Of;
use ObservationKind::{Flow, Stock, Target};

/// A figure of Cherkasy for the year 2023.
const fn year(row: u8, indicator: Indicator, value: &'static str) -> Figure {
    Figure {
        row,
        reporter: 9,
        subject: Subject::Itself,
        indicator,
        title: None,
        value: Some(value),
        comparator: Eq,
        kind: Flow,
        from: Some("2023-01-01"),
        to: Some("2023-12-31"),
        source: CHERKASY,
        note: None,
    }
}

/// People reached by one campaign of Cherkasy; campaigns are never added.
const fn campaign(row: u8, title: &'static str, comparator: Comparator, value: &'static str) -> Figure {
    Figure { title: Some(title), comparator, ..year(row, Of::CampaignReach, value) }
}

/// Hromadas of the whole country.
const fn hromadas(row: u8, kind: ObservationKind, to: Option<&'static str>, value: &'static str) -> Figure {
    let source = NOVOVOLYNSK;
    Figure { reporter: 1, kind, from: None, to, source, ..year(row, Of::HromadasInProject, value) }
}

const FIGURES: &[Figure] = &[
    Figure {
        reporter: 3,
        subject: Subject::Centre(1),
        value: None,
        from: Some("2025-01-01"),
        to: Some("2025-05-27"),
        source: KAZANKA,
        note: Some("Заняття з фітболами проводяться; скільки їх було, не сказано"),
        ..year(7, Of::PhysicalActivities, "")
    },
    Figure {
        reporter: 6,
        subject: Subject::Centre(2),
        comparator: Gt,
        from: Some("2024-02"),
        to: Some("2024-04-02"),
        source: NOVOVOLYNSK,
        ..year(15, Of::PersonsApplied, "2000")
    },
    Figure {
        note: Some("Долучилися до проєкту; це не кількість відкритих центрів"),
        ..hromadas(22, Stock, Some("2024-04-02"), "143")
    },
    Figure { note: Some("Ціль; дати джерело не називає"), ..hromadas(23, Target, None, "200") },
    year(24, Of::GroupProjectReach, "35434"),
    year(25, Of::ServicesProvided, "10990"),
    Figure { note: Some("Сім'ї та окремі особи разом"), ..year(26, Of::Recipients, "4830") },
    year(27, Of::NeedsAssessments, "1038"),
    year(28, Of::HumanitarianAidRecipients, "7519"),
    year(29, Of::EducationalEvents, "297"),
    year(30, Of::FamiliesInSocialSupport, "145"),
    year(31, Of::WarAffectedChildAssessments, "419"),
    Figure { kind: Stock, from: None, to: Some("2024-01"), ..year(32, Of::ShelterResidents, "241") },
    year(33, Of::MobileTeamVisits, "71"),
    campaign(34, "Акція «16 днів проти гендерно зумовленого насильства»", Approx, "20000"),
    campaign(35, "«ГовориТи»: обізнаність студентів із проблем аб'юзу", Eq, "12990"),
    campaign(36, "«Нестереотипні»: обізнаність про гендерні стереотипи", Gt, "20000"),
    Figure {
        reporter: 10,
        subject: Subject::Territory(SHATSK),
        from: None,
        to: Some("XXXX-06-19"),
        source: SHATSK_VISIT,
        note: Some("Делегація громади у дитячому містечку в Броварах; року джерело не називає"),
        ..year(38, Of::StudyVisits, "1")
    },
];

/// Reports what is not there yet.
pub async fn report(tx: &Tx) -> Result<()> {
    for one in FIGURES {
        let command = command(one)?;
        let by = Reporter { organization_id: organization(one.reporter), about_others: false };
        let permit = policy::operator(by.organization_id, actions::new_id(by.organization_id, &command));
        // What is there already is left alone, whatever it says.
        if store::find(tx.link(), &[permit.object_id()]).await?.is_empty() {
            actions::report_in(tx, &permit, by, &command).await?;
        }
    }
    Ok(())
}

fn command(one: &Figure) -> Result<Report> {
    let partial = |text: Option<&str>, field| text.map(|text| PartialDate::parse(text, field)).transpose();
    let (about_id, centre_id, territory) = match one.subject {
        Subject::Itself => (Some(organization(one.reporter)), None, None),
        Subject::Centre(number) => (None, Some(centre(number)), None),
        Subject::Territory(code) => (None, None, Some(code.to_owned())),
    };
    Ok(Report {
        indicator: one.indicator,
        title: one.title.map(str::to_owned),
        value: one.value.map(str::to_owned),
        comparator: one.comparator,
        kind: one.kind,
        about_id,
        centre_id,
        territory,
        period_from: partial(one.from, "periodFrom")?,
        period_to: partial(one.to, "periodTo")?,
        source: one.source.to_owned(),
        note: one.note.map(str::to_owned),
        supported_by: Vec::new(),
        external_reference: Some(format!("звіт-{:02}", one.row)),
    })
}
