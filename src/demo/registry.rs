//! The rows of the demonstration. Numbers are part of fixed ids, so that documents and tests can name them: never change one.

use crate::base::words::organization::{
    Capacity, CentreStatus, ContactChannel, OrganizationKind, ParticipationStatus, StaffRole,
};
use uuid::Uuid;

/// Id of the organisation with this number: de000000-0000-4000-8000-000000000003 is the NGO of the Kazanka centre.
pub const fn organization(number: u16) -> Uuid {
    Uuid::from_u128(0xde00_0000_0000_4000_8000_0000_0000_0000 + number as u128)
}

/// Id of the centre with this number: dec00000-0000-4000-8000-000000000001 is the one of Kazanka.
pub const fn centre(number: u16) -> Uuid {
    Uuid::from_u128(0xdec0_0000_0000_4000_8000_0000_0000_0000 + number as u128)
}

/// An application of the demonstration: it holds every scope that the kind of its organisation may hold.
pub struct App {
    /// In variables: KAZANKA_CLIENT_ID.
    pub word: &'static str,
    /// Of its organisation.
    pub organization: Uuid,
    pub name: &'static str,
}

/// The applications that a newcomer logs in as.
pub const APPLICATIONS: &[App] = &[
    App {
        word: "KAZANKA", organization: organization(3), name: "Журнал центру життєстійкості (демо)"
    },
    App {
        word: "KAZANKA_SOCIAL", organization: organization(4), name: "Соціальний захист Казанки (демо)"
    },
    App { word: "CHARITY", organization: organization(5), name: "Допомога фонду (демо)" },
    App { word: "CARITAS", organization: organization(6), name: "Карітас Волинь (демо)" },
    App {
        word: "VINNYTSIA", organization: organization(7), name: "Журнал Вінницького центру (демо)"
    },
    App { word: "NOVYI_BUH", organization: organization(34), name: "Договір і акти (демо, вигадано)" },
    App { word: "FUND", organization: organization(2), name: "Договори Фонду (демо)" },
    App { word: "MINISTRY", organization: organization(1), name: "Реєстр міністерства (демо)" },
];

pub struct Organization {
    pub number: u16,
    pub kind: OrganizationKind,
    pub name: &'static str,
    pub name_en: Option<&'static str>,
    pub edrpou: Option<&'static str>,
    pub tax_number: Option<&'static str>,
    pub territory: &'static str,
    pub contacts: &'static [(ContactChannel, &'static str)],
}

const KYIV: &str = "UA80000000000093317";
const MYKOLAIV_REGION: &str = "UA48000000000039575";
const VOLYN_REGION: &str = "UA07000000000024379";
pub const KAZANKA: &str = "UA48020130000080862";
pub const NOVYI_BUH: &str = "UA48020150000051082";
pub const NOVOVOLYNSK: &str = "UA07020130000036300";
const VOLODYMYR: &str = "UA07020010000096841";
const POROMIV: &str = "UA07020190000043658";
const ZYMNE: &str = "UA07020050000082369";
pub const SHATSK: &str = "UA07060450000051170";
pub const VINNYTSIA: &str = "UA05020030000031457";
const CHERKASY: &str = "UA71080490000022110";
const BROVARY: &str = "UA32060050000030591";

const fn new(
    number: u16,
    kind: OrganizationKind,
    edrpou: &'static str,
    territory: &'static str,
    name: &'static str,
    name_en: &'static str,
) -> Organization {
    Organization {
        number,
        kind,
        name,
        name_en: Some(name_en),
        edrpou: Some(edrpou),
        tax_number: None,
        territory,
        contacts: &[],
    }
}

use OrganizationKind as Kind;

pub const ORGANIZATIONS: &[Organization] = &[
    new(
        1,
        Kind::Ministry,
        "99000011",
        KYIV,
        "Міністерство соціальної політики України (демо)",
        "Ministry of Social Policy of Ukraine (demo)",
    ),
    new(
        2,
        Kind::FundBranch,
        "99000028",
        MYKOLAIV_REGION,
        "Миколаївське обласне відділення Фонду соціального захисту осіб з інвалідністю (демо)",
        "Mykolaiv regional branch of the Fund for Social Protection of Persons with Disabilities (demo)",
    ),
    Organization {
        contacts: &[(ContactChannel::Email, "kazanka@example.org"), (ContactChannel::Phone, "+380670000001")],
        ..new(
            3,
            Kind::Ngo,
            "99000034",
            KAZANKA,
            "Громадська організація «Спілка осіб з інвалідністю Казанківщини» (демо)",
            "NGO Union of Persons with Disabilities of Kazanka (demo)",
        )
    },
    Organization {
        contacts: &[(ContactChannel::Email, "kazanka-social@example.org")],
        ..new(
            4,
            Kind::LocalAuthority,
            "99000040",
            KAZANKA,
            "Відділ соціального захисту населення Казанківської селищної ради (демо)",
            "Department of social protection of the Kazanka council (demo)",
        )
    },
    Organization {
        contacts: &[(ContactChannel::Email, "charity@example.org"), (ContactChannel::Web, "https://charity.example.org")],
        ..new(
            5,
            Kind::Charity,
            "99000057",
            MYKOLAIV_REGION,
            "Благодійний фонд «Поруч» (демо)",
            "Charity foundation Poruch (demo)",
        )
    },
    new(
        6,
        Kind::Charity,
        "99000063",
        VOLYN_REGION,
        "Благодійний фонд «Карітас Волинь» (демо)",
        "Charity foundation Caritas Volyn (demo)",
    ),
    // A sole proprietor has no EDRPOU; the tax number is invented, and sealed like a true one.
    Organization {
        edrpou: None,
        tax_number: Some("9999900071"),
        ..new(
            7,
            Kind::SoleProprietor,
            "",
            VINNYTSIA,
            "ФОП, надавач соціальних послуг Вінницького центру життєстійкості (демо)",
            "Sole proprietor, provider of the Vinnytsia resilience centre (demo)",
        )
    },
    new(
        8,
        Kind::MunicipalInstitution,
        "99000086",
        VINNYTSIA,
        "Вінницький міський центр соціальних служб (демо)",
        "Vinnytsia city centre of social services (demo)",
    ),
    new(
        9,
        Kind::MunicipalInstitution,
        "99000092",
        CHERKASY,
        "Черкаський міський центр соціальних служб (демо)",
        "Cherkasy city centre of social services (demo)",
    ),
    new(10, Kind::LocalAuthority, "99000100", SHATSK, "Шацька селищна рада (демо)", "Shatsk settlement council (demo)"),
    new(
        11,
        Kind::MunicipalInstitution,
        "99000206",
        SHATSK,
        "Територіальний центр надання соціальних послуг Шацької селищної ради (демо)",
        "Territorial centre of social services of the Shatsk council (demo)",
    ),
    new(
        12,
        Kind::LocalAuthority,
        "99000212",
        KAZANKA,
        "Служба у справах дітей Казанківської селищної ради (демо)",
        "Service for children of the Kazanka council (demo)",
    ),
    new(13, Kind::StateBody, "99000229", KAZANKA, "Відділення поліції у Казанці (демо)", "Police station of Kazanka (demo)"),
    new(
        14,
        Kind::Ngo,
        "99000235",
        MYKOLAIV_REGION,
        "Громадська організація «Миколаївська обласна організація всеукраїнської організації «Союз осіб з інвалідністю» (демо)",
        "NGO Mykolaiv regional organisation of the Union of Persons with Disabilities (demo)",
    ),
    new(
        15,
        Kind::Charity,
        "99000241",
        BROVARY,
        "Благодійна організація «КОВ «БФ» СОС Дитяче містечко» (демо)",
        "SOS Children's Village Brovary (demo)",
    ),
    new(
        16,
        Kind::Fund,
        "99000258",
        KYIV,
        "Фонд соціального захисту осіб з інвалідністю (демо)",
        "Fund for Social Protection of Persons with Disabilities (demo)",
    ),
    new(
        17,
        Kind::OversightBody,
        "99000264",
        KYIV,
        "Національна соціальна сервісна служба України (демо)",
        "National Social Service of Ukraine (demo)",
    ),
    // Partners of centres that no report names: each is invented, under the plain name of an institution.
    new(18, Kind::MunicipalInstitution, "99000270", KAZANKA, "Казанківський ліцей (демо)", "Lyceum of Kazanka (demo)"),
    new(19, Kind::MunicipalInstitution, "99000287", KAZANKA, "Казанківська лікарня (демо)", "Hospital of Kazanka (demo)"),
    new(
        20,
        Kind::MunicipalInstitution,
        "99000293",
        KAZANKA,
        "Центр первинної медичної допомоги Казанківської селищної ради (демо)",
        "Primary health care centre of the Kazanka council (demo)",
    ),
    new(21, Kind::MunicipalInstitution, "99000301", KAZANKA, "Казанківська бібліотека (демо)", "Library of Kazanka (demo)"),
    new(
        22,
        Kind::MunicipalInstitution,
        "99000318",
        KAZANKA,
        "Територіальний центр надання соціальних послуг Казанківської селищної ради (демо)",
        "Territorial centre of social services of the Kazanka council (demo)",
    ),
    new(
        23,
        Kind::MunicipalInstitution,
        "99000324",
        KAZANKA,
        "Інклюзивно-ресурсний центр Казанківської селищної ради (демо)",
        "Inclusive resource centre of the Kazanka council (demo)",
    ),
    new(24, Kind::StateBody, "99000330", KAZANKA, "Центр зайнятості у Казанці (демо)", "Employment centre in Kazanka (demo)"),
    new(
        25,
        Kind::StateBody,
        "99000347",
        KAZANKA,
        "Бюро правової допомоги у Казанці (демо)",
        "Legal aid bureau in Kazanka (demo)",
    ),
    new(
        26,
        Kind::Religious,
        "99000353",
        KAZANKA,
        "Благодійна служба релігійної громади Казанки (демо)",
        "Charity service of a religious community of Kazanka (demo)",
    ),
    new(
        27,
        Kind::Ngo,
        "99000369",
        KAZANKA,
        "Громадська організація «Ветерани Казанки» (демо)",
        "NGO Veterans of Kazanka (demo)",
    ),
    new(
        28,
        Kind::MunicipalInstitution,
        "99000376",
        NOVOVOLYNSK,
        "Нововолинський міський центр соціальних служб (демо)",
        "Novovolynsk city centre of social services (demo)",
    ),
    new(
        29,
        Kind::Ngo,
        "99000382",
        NOVOVOLYNSK,
        "Громадська організація «Родини військових Нововолинська» (демо)",
        "NGO Military families of Novovolynsk (demo)",
    ),
    new(
        30,
        Kind::MunicipalInstitution,
        "99000399",
        NOVOVOLYNSK,
        "Нововолинська лікарня (демо)",
        "Hospital of Novovolynsk (demo)",
    ),
    new(
        31,
        Kind::Ngo,
        "99000407",
        VINNYTSIA,
        "Громадська організація «Родини захисників Вінниці» (демо)",
        "NGO Defenders’ families of Vinnytsia (demo)",
    ),
    new(
        32,
        Kind::StateBody,
        "99000413",
        VINNYTSIA,
        "Відділення поліції у Вінниці (демо)",
        "Police station of Vinnytsia (demo)",
    ),
    new(33, Kind::MunicipalInstitution, "99000423", VINNYTSIA, "Вінницький ліцей (демо)", "Lyceum of Vinnytsia (demo)"),
    // No report names it, nor its centre: both are there for a year of money and work.
    new(
        34,
        Kind::Ngo,
        "99000436",
        NOVYI_BUH,
        "Громадська організація «Вигадана підтримка» (демо)",
        "NGO Invented Support (demo)",
    ),
];

pub struct Centre {
    pub number: u16,
    pub name: &'static str,
    pub territory: &'static str,
    pub provider: u16,
    pub host: Option<u16>,
    pub status: CentreStatus,
    pub since: &'static str,
    pub address: Option<&'static str>,
    pub barrier_free: Option<bool>,
    pub posts: &'static [(StaffRole, &'static str)],
}

const fn planned(number: u16, territory: &'static str, name: &'static str) -> Centre {
    let status = CentreStatus::Planned;
    Centre {
        number,
        name,
        territory,
        provider: 6,
        host: None,
        status,
        since: "2024-04-02",
        address: None,
        barrier_free: None,
        posts: &[],
    }
}

/// What a report does not say stays open: most of them name no posts.
pub const CENTRES: &[Centre] = &[
    Centre {
        number: 1,
        name: "Центр життєстійкості Казанківської селищної територіальної громади (демо)",
        territory: KAZANKA,
        provider: 3,
        host: None,
        status: CentreStatus::Open,
        // The contract is of May 2024, the opening came "later", and the figures begin with 2025.
        since: "2024",
        address: None,
        barrier_free: None,
        posts: &[(StaffRole::SocialManager, "1"), (StaffRole::Psychologist, "1")],
    },
    Centre {
        number: 2,
        name: "Нововолинський Центр життєстійкості (демо)",
        territory: NOVOVOLYNSK,
        provider: 6,
        host: None,
        status: CentreStatus::Open,
        since: "2024-02",
        address: None,
        barrier_free: Some(true),
        posts: &[],
    },
    planned(3, VOLODYMYR, "Центр життєстійкості Володимирської громади (демо)"),
    planned(4, POROMIV, "Центр життєстійкості Поромівської громади (демо)"),
    planned(5, ZYMNE, "Центр життєстійкості Зимнівської громади (демо)"),
    Centre {
        number: 6,
        name: "Вінницький Центр життєстійкості (демо)",
        territory: VINNYTSIA,
        provider: 7,
        host: Some(8),
        status: CentreStatus::Open,
        since: "2024-02-01",
        address: Some("просп. Космонавтів, 30, каб. 301, 305"),
        barrier_free: None,
        posts: &[],
    },
    Centre {
        number: 7,
        name: "Вигаданий Центр життєстійкості Новобузької громади (демо)",
        territory: NOVYI_BUH,
        provider: 34,
        host: None,
        status: CentreStatus::Open,
        since: "2025-01-01",
        address: None,
        barrier_free: None,
        posts: &[],
    },
];

/// The part of hromadas in the project, as far as the reports tell it; that of Novyi Buh is invented.
pub const HROMADAS: &[(&str, ParticipationStatus, &str)] = &[
    (KAZANKA, ParticipationStatus::Open, "2024"),
    (NOVOVOLYNSK, ParticipationStatus::Open, "2024-02"),
    (VINNYTSIA, ParticipationStatus::Open, "2024-02-01"),
    (NOVYI_BUH, ParticipationStatus::Open, "2025-01-01"),
    (VOLODYMYR, ParticipationStatus::ProviderChosen, "2024-04-02"),
    (POROMIV, ParticipationStatus::ProviderChosen, "2024-04-02"),
    (ZYMNE, ParticipationStatus::ProviderChosen, "2024-04-02"),
];

pub struct Offering {
    pub organization: u16,
    pub centre: Option<u16>,
    pub services: &'static [&'static str],
    pub capacity: Capacity,
    pub expected_wait: Option<&'static str>,
}

const fn offers(organization: u16, centre: Option<u16>, services: &'static [&'static str]) -> Offering {
    Offering { organization, centre, services, capacity: Capacity::Available, expected_wait: None }
}

/// What a resilience centre does: the whole service, and its parts.
pub const RESILIENCE: &[&str] = &["M-001", "M-002", "M-003", "M-004", "M-005", "M-006", "M-014"];

pub const OFFERINGS: &[Offering] = &[
    offers(3, Some(1), RESILIENCE),
    offers(4, None, &["001.0", "M-007", "M-012"]),
    Offering { capacity: Capacity::Waitlist, expected_wait: Some("P14D"), ..offers(4, None, &["M-008"]) },
    offers(5, None, &["M-003", "M-008", "M-009"]),
    Offering { capacity: Capacity::Waitlist, expected_wait: Some("P7D"), ..offers(5, None, &["M-011"]) },
    offers(6, Some(2), RESILIENCE),
    offers(6, None, &["M-008"]),
    offers(7, Some(6), RESILIENCE),
    offers(8, None, &["M-007", "M-012"]),
    offers(9, None, &["002.0", "M-007", "M-008", "M-012", "M-013"]),
    Offering { capacity: Capacity::None, ..offers(9, None, &["M-011"]) },
    offers(11, None, &["015.1", "M-007"]),
    offers(12, None, &["M-015"]),
    offers(13, None, &["M-016"]),
    offers(14, None, &["002.0", "M-006"]),
    offers(15, None, &["M-007"]),
    offers(18, None, &["002.0"]),
    offers(19, None, &["M-017"]),
    offers(20, None, &["M-017"]),
    offers(21, None, &["M-006"]),
    offers(22, None, &["015.1", "M-007"]),
    offers(23, None, &["002.0"]),
    offers(24, None, &["001.0", "002.0"]),
    offers(25, None, &["M-009"]),
    offers(26, None, &["015.1"]),
    offers(27, None, &["M-006"]),
    offers(28, None, &["M-007", "M-012"]),
    offers(29, None, &["M-006"]),
    Offering { capacity: Capacity::Unknown, ..offers(30, None, &["M-017"]) },
    offers(31, None, &["M-006"]),
    offers(32, None, &["M-016"]),
    offers(33, None, &["002.0"]),
    offers(34, Some(7), RESILIENCE),
];
