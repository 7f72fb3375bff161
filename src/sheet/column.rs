//! The columns of each table, declared once: an import accepts them, an export writes them, the README shows them.

use crate::base::words::Word;
use csv::StringRecord;
use std::fmt;

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// As the API calls it.
    pub name: &'static str,
    pub ukrainian: &'static str,
    /// Other headers under which it is known.
    also: &'static [&'static str],
    pub part: Part,
}

/// What part a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// An import needs it; an export writes it.
    Needed,
    /// An import reads it where it is there; an export writes it.
    Free,
    /// For imports alone.
    Entered,
    /// An export writes it; an import does not look at it.
    Told,
    /// Why a row was refused: in the file of refused rows; an import does not look at it.
    Reason,
}

const fn column(name: &'static str, ukrainian: &'static str, also: &'static [&'static str], part: Part) -> Column {
    Column { name, ukrainian, also, part }
}

/// Services that were given (послуги).
pub const SERVICES: &[Column] = &[
    column("id", "ідентифікатор", &[], Part::Free),
    column("externalReference", "зовнішній ідентифікатор", &[], Part::Free),
    column("occurredOn", "дата", &["date", "дата надання", "дата послуги"], Part::Needed),
    column("serviceCode", "код послуги", &["послуга"], Part::Needed),
    column("form", "форма", &["форма надання", "форма надання послуги"], Part::Needed),
    column("quantity", "кількість", &[], Part::Free),
    column("specialist", "фахівець", &[], Part::Free),
    column("targetCategory", "категорія", &["цільова категорія"], Part::Free),
    column("caseReference", "код випадку", &["випадок"], Part::Free),
    column("caseId", "ідентифікатор випадку", &[], Part::Entered),
    column("centreId", "центр", &["ідентифікатор центру"], Part::Free),
    column("territory", "територія", &["громада", "код КАТОТТГ", "КАТОТТГ", "KATOTTG"], Part::Free),
    column("referralId", "скерування", &["ідентифікатор скерування"], Part::Free),
    column("void", "вилучити", &["voided", "вилучено"], Part::Free),
    column("activityId", "захід", &[], Part::Told),
    column("version", "версія", &[], Part::Told),
    column(REASON.0, REASON.1, &[], Part::Reason),
];

/// Group sessions and events (заходи).
pub const ACTIVITIES: &[Column] = &[
    column("id", "ідентифікатор", &[], Part::Free),
    column("externalReference", "зовнішній ідентифікатор", &[], Part::Free),
    column("occurredOn", "дата", &["date", "дата заходу"], Part::Needed),
    column("kind", "вид", &["вид заходу", "захід"], Part::Needed),
    column("title", "назва", &["назва заходу"], Part::Free),
    column("place", "місце", &["місце проведення"], Part::Free),
    column("participants", "учасники", &["кількість учасників"], Part::Free),
    column("targetCategory", "категорія", &["цільова категорія"], Part::Free),
    column("centreId", "центр", &["ідентифікатор центру"], Part::Free),
    column("groupId", "група", &["ідентифікатор групи"], Part::Free),
    column("caseIds", "випадки", &["ідентифікатори випадків"], Part::Free),
    column("partnerIds", "партнери", &[], Part::Free),
    column("supportedByIds", "за підтримки", &[], Part::Free),
    column("territory", "територія", &["громада", "код КАТОТТГ", "КАТОТТГ", "KATOTTG"], Part::Free),
    column("void", "вилучити", &["voided", "вилучено"], Part::Free),
    column("version", "версія", &[], Part::Told),
    column(REASON.0, REASON.1, &[], Part::Reason),
];

/// Referrals (скерування): which, between whom, how far. No personal data: an export of them needs no purpose.
pub const REFERRALS: &[Column] = &[
    column("id", "ідентифікатор", &[], Part::Told),
    column("number", "номер", &[], Part::Told),
    column("direction", "напрям", &[], Part::Told),
    column("status", "стан", &[], Part::Told),
    column("outcome", "результат", &[], Part::Told),
    column("urgency", "терміновість", &[], Part::Told),
    column("serviceCode", "код послуги", &[], Part::Told),
    column("territory", "територія", &[], Part::Told),
    column("senderId", "ідентифікатор надсилача", &[], Part::Told),
    column("senderName", "хто скеровує", &[], Part::Told),
    column("receiverId", "ідентифікатор отримувача", &[], Part::Told),
    column("receiverName", "хто приймає", &[], Part::Told),
    column("createdAt", "створено", &[], Part::Told),
    column("sentAt", "надіслано", &[], Part::Told),
    column("respondBy", "відповісти до", &[], Part::Told),
    column("acceptedAt", "прийнято", &[], Part::Told),
    column("endedAt", "завершено", &[], Part::Told),
    column("updatedAt", "змінено", &[], Part::Told),
    column("version", "версія", &[], Part::Told),
];

/// Header of the reason in a file of refused rows.
pub const REASON: (&str, &str) = ("reason", "причина відмови");

impl Column {
    /// Whether an export writes it.
    pub fn written(&self) -> bool {
        !matches!(self.part, Part::Entered | Part::Reason)
    }

    fn is_called(&self, header: &str) -> bool {
        let header = plain(header);
        [self.name, self.ukrainian].iter().chain(self.also).any(|name| plain(name) == header)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.ukrainian)?;
        self.also.iter().try_for_each(|name| write!(f, ", {name}"))
    }
}

/// A header or a word without what people write differently: case, spaces, apostrophes, marks; й and ї as one sign.
pub fn plain(text: &str) -> String {
    let composed = text.to_lowercase().replace("и\u{306}", "й").replace("і\u{308}", "ї");
    composed.chars().filter(|sign| sign.is_alphanumeric() && *sign != 'ʼ').collect()
}

/// The value that a word means: as the API or as a Ukrainian writes it.
pub fn value<W: Word>(text: &str) -> Option<W> {
    let text = plain(text);
    let is = |value: &&W| plain(value.word()) == text || value.ukrainian().is_some_and(|term| plain(term) == text);
    W::ALL.iter().find(is).copied()
}

/// What is wrong with the header of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Misread {
    unknown: Vec<String>,
    missing: Vec<String>,
    twice: Vec<String>,
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = Vec::new();
        if !self.missing.is_empty() {
            told.push(format!("columns are missing; the first row of the file names them:\n  {}", self.missing.join("\n  ")));
        }
        if !self.twice.is_empty() {
            told.push(format!("columns stand there twice: {}", self.twice.join(", ")));
        }
        if !self.unknown.is_empty() {
            let names = self.unknown.join(", ");
            told.push(format!("unknown columns: {names}; --ignore-unknown-columns leaves them out"));
        }
        f.write_str(&told.join("\n"))
    }
}

/// Where the columns of a table stand in a file.
#[derive(Debug)]
pub struct Layout {
    columns: &'static [Column],
    places: Vec<Option<usize>>,
    /// How many cells the header has, empty ones at its end left out.
    pub width: usize,
}

impl Layout {
    pub fn of(columns: &'static [Column], header: &StringRecord, ignore_unknown: bool) -> Result<Self, Misread> {
        let mut misread = Misread::default();
        let mut places = vec![None; columns.len()];
        let width = (0..header.len()).rfind(|place| !header[*place].trim().is_empty()).map_or(0, |last| last + 1);
        for (place, cell) in header.iter().take(width).enumerate() {
            match columns.iter().position(|column| column.is_called(cell)) {
                Some(column) if places[column].is_none() => places[column] = Some(place),
                Some(column) => misread.twice.push(columns[column].to_string()),
                None if ignore_unknown => {}
                // A file without a header would show people's data here: a header is short.
                None if cell.chars().count() > 60 => misread.unknown.push(format!("the one at place {}", place + 1)),
                None => misread.unknown.push(format!("«{}»", cell.trim())),
            }
        }
        let missing = columns.iter().zip(&places).filter(|(column, place)| column.part == Part::Needed && place.is_none());
        misread.missing = missing.map(|(column, _)| column.to_string()).collect();
        if !misread.missing.is_empty() && misread.missing.len() == needed(columns) {
            // No header at all, it seems: what stands in its place is nobody's business.
            misread.unknown.clear();
        }
        if misread == Misread::default() { Ok(Self { columns, places, width }) } else { Err(misread) }
    }

    /// The place of a column in the file.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name).and_then(|column| self.places[column])
    }
}

fn needed(columns: &[Column]) -> usize {
    columns.iter().filter(|column| column.part == Part::Needed).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::{activity::DeliveryForm, case::TargetCategory, organization::StaffRole};

    #[test]
    fn headers_are_forgiven() {
        let layout = |cells: &[&str], ignore| Layout::of(SERVICES, &StringRecord::from(cells.to_vec()), ignore);
        let read = layout(&["ДАТА ", "Код  послуги", "форма", "External_Reference", ""], false).expect("a header");
        assert_eq!((read.place("serviceCode"), read.place("externalReference"), read.place("void")), (Some(1), Some(3), None));
        assert_eq!(read.width, 4);
        let wrong = layout(&["дата", "date", "колір", "форма"], false).expect_err("no header").to_string();
        for told in ["serviceCode (код послуги)", "occurredOn (дата)", "«колір»"] {
            assert!(wrong.contains(told), "{told}: {wrong}");
        }
        assert!(layout(&["дата", "колір", "форма", "код послуги"], true).is_ok());
        let data = layout(&["04.03.2025", "Вигадана Оксана"], false).expect_err("no header").to_string();
        assert!(!data.contains("Оксана"), "{data}");
    }

    #[test]
    fn no_header_means_two_columns() {
        for columns in [SERVICES, ACTIVITIES, REFERRALS] {
            for column in columns {
                for name in [column.name, column.ukrainian].iter().chain(column.also) {
                    assert_eq!(columns.iter().filter(|other| other.is_called(name)).count(), 1, "{name}");
                }
            }
        }
    }

    #[test]
    fn words_are_those_of_the_api_or_ukrainian_ones() {
        assert_eq!(value("Телефоном "), Some(DeliveryForm::Phone));
        assert_eq!(value("PHONE"), Some(DeliveryForm::Phone));
        for apostrophe in ["'", "’", "ʼ", "`", ""] {
            assert_eq!(value(&format!("Сім{apostrophe}ї")), Some(DeliveryForm::Family), "{apostrophe}");
        }
        assert_eq!(value("social manager"), Some(StaffRole::SocialManager));
        assert_eq!(value("внутрішньо переміщена особа"), Some(TargetCategory::Idp));
        assert_eq!(value::<DeliveryForm>("поштою"), None);
    }
}
