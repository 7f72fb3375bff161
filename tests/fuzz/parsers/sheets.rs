//! Files of people with spreadsheets: their encoding, their delimiter, their header, their rows.

use super::{Parser, Seeds, text};
use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251};
use mistok::{
    access::{Actor, Scopes},
    base::{
        message::Language,
        words::{
            activity::{ActivityKind, DeliveryForm},
            case::TargetCategory,
            organization::{OrganizationKind, StaffRole},
        },
    },
    graphql::node::Kind,
    sheet::{
        cell::Cells,
        column::{ACTIVITIES, Column, Layout, SERVICES},
        file::Source,
        line::{Shown, Style, Value},
    },
};
use uuid::Uuid;

pub(super) const ALL: &[Parser] = &[
    Parser { name: "file of services", read: services, seeds: files_of_services, times: 1_000 },
    Parser { name: "file of activities", read: activities, seeds: files_of_activities, times: 1_000 },
    Parser { name: "cells", read: cells, seeds: values_of_cells, times: 2_000 },
];

fn files_of_services() -> Seeds {
    let plain = "дата;код послуги;форма;кількість;вилучити;категорія\r\n04.03.2025;M-014;телефоном;2;ні;ВПО\r\n;;;;;\r\n5/3/2025;M-002;Сім’ї;;;\r\n";
    let quoted = "occurredOn,serviceCode,form,externalReference\n2025-03-04,\"M-014\",PHONE,\"a\"\"b,\nc\"\n2025-03-04 00:00:00,M-014,PHONE,'=1+1\n";
    let utf_16 = |text: &str, mark: [u8; 2], of: fn(u16) -> [u8; 2]| {
        [mark.to_vec(), text.encode_utf16().flat_map(of).collect()].concat()
    };
    let broken = [plain.as_bytes(), b"\xd0;\xd0"].concat();
    let taken = vec![
        plain.into(),
        quoted.into(),
        format!("\u{feff}{quoted}").into(),
        plain.replace(';', "\t").into(),
        WINDOWS_1251.encode(plain).0.into_owned(),
        utf_16(plain, [0xff, 0xfe], u16::to_le_bytes),
        utf_16(quoted, [0xfe, 0xff], u16::to_be_bytes),
    ];
    let refused = vec![
        broken,
        b"04.03.2025;\xcf\xf0\xe8\xea\xeb\xe0\xe4\n".to_vec(),
        "дата;date;колір;форма\n".into(),
        "дата,код послуги,форма\n\"2025".into(),
        [&[0xff, 0xfe], &[0x22; 64][..]].concat(),
    ];
    Seeds { taken, refused }
}

fn files_of_activities() -> Seeds {
    let id = |kind: Kind| kind.id(Uuid::from_u128(7)).0;
    let row = format!(
        "дата,вид,назва,учасники,громада,партнери,центр\n2025-03-04,захід,\"Арт, терапія\",12,ua48020130000080862,\"{o} {o}\",{c}\n",
        o = id(Kind::Organization),
        c = id(Kind::Centre)
    );
    let named = "occurredOn\tkind\ttitle\tvoid\n2025-03-04\tGROUP_SESSION\t'-5\t1\n";
    let seeds = Seeds::of(&[named, &row], &["вид\nзахід\n", "дата,вид\n2025-03-04,x\n"]);
    Seeds { taken: seeds.taken.into_iter().filter(|seed| file(seed, ACTIVITIES)).collect(), refused: seeds.refused }
}

fn services(bytes: &[u8]) -> bool {
    file(bytes, SERVICES)
}

fn activities(bytes: &[u8]) -> bool {
    file(bytes, ACTIVITIES)
}

/// Reads a file to its end. Taken: it has a row in which nothing is wrong.
fn file(bytes: &[u8], columns: &'static [Column]) -> bool {
    let Ok(source) = Source::of(|| Ok(bytes), bytes.len() as u64) else { return false };
    assert!([UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1251].contains(&source.encoding) && b",;\t".contains(&source.delimiter));
    let (mut reader, meter) = source.rows(bytes);
    let mut rows = Vec::new();
    for record in reader.records() {
        let Ok(record) = record else { return false };
        meter.since.set(0);
        rows.push(record);
    }
    assert_eq!(meter.read.get(), bytes.len() as u64, "all was read");
    let Some((header, rows)) = rows.split_first() else { return false };
    let layout = match Layout::of(columns, header, false) {
        Ok(layout) => layout,
        Err(misread) => {
            let told = misread.to_string();
            assert!(!told.is_empty() && told.len() < 4_000 + 200 * header.len(), "{told}");
            // What may stand there is never less than it was.
            Layout::of(columns, header, true).ok();
            return false;
        }
    };
    let read = rows.iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty()));
    let read: Vec<_> = read.filter_map(|row| values(Cells::of(&layout, row), columns)).collect();
    written(&read, columns);
    !read.is_empty()
}

/// What a cell holds by its column's name.
struct Row(Vec<(&'static str, Option<String>)>);

impl Shown for Row {
    fn value(&self, column: &str, _: &Actor) -> Value {
        let of = self.0.iter().find(|(name, _)| *name == column);
        Value::text(of.and_then(|(_, cell)| cell.as_ref()))
    }
}

/// Reads each cell as what its column is; none: something is wrong with the row.
fn values(mut cells: Cells<'_>, columns: &[Column]) -> Option<Row> {
    let texts = columns.iter().map(|column| (column.name, cells.text(column.name))).collect();
    for column in columns {
        let name = column.name;
        match name {
            "occurredOn" => drop(cells.day(name)),
            "quantity" | "participants" => drop(cells.number(name)),
            "void" => drop(cells.flag(name)),
            "form" => drop(cells.word::<DeliveryForm>(name)),
            "kind" => drop(cells.word::<ActivityKind>(name)),
            "specialist" => drop(cells.word::<StaffRole>(name)),
            "targetCategory" => drop(cells.word::<TargetCategory>(name)),
            "centreId" => drop(cells.id(Kind::Centre, name)),
            "partnerIds" | "supportedByIds" => drop(cells.ids(Kind::Organization, name)),
            "territory" => drop(cells.territory(name)),
            _ => {}
        }
    }
    match cells.end(Row(texts)) {
        Ok(row) => Some(row),
        Err(refusals) => {
            // No message holds what stands in a cell.
            assert!(
                !refusals.is_empty() && refusals.iter().all(|refusal| refusal.message.told(Language::Ukrainian).len() < 4_000),
                "{refusals:?}"
            );
            None
        }
    }
}

/// What an export writes an import reads as it was, in each style.
fn written(rows: &[Row], columns: &'static [Column]) {
    if rows.is_empty() {
        return;
    }
    let actor = Actor {
        application_id: Uuid::nil(),
        organization_id: Uuid::nil(),
        kind: OrganizationKind::Ngo,
        scopes: Scopes::default(),
        purpose: None,
        acting_for: None,
        language: Default::default(),
    };
    for (delimiter, ukrainian, bom) in [(b',', false, false), (b';', true, true), (b'\t', true, false)] {
        let style = Style::Csv { delimiter, ukrainian, bom };
        let mut bytes = style.head(columns);
        rows.iter().for_each(|row| style.write(&mut bytes, columns, row, &actor));
        let source = Source::of(|| Ok(&bytes[..]), bytes.len() as u64).expect("bytes in memory");
        assert_eq!((source.encoding, source.delimiter), (UTF_8, delimiter));
        let (mut reader, _) = source.rows(&bytes[..]);
        let mut again = reader.records().map(|record| record.expect("a row of our own"));
        let layout = Layout::of(columns, &again.next().expect("a header"), false).expect("a header of our own");
        let again: Vec<_> = again.collect();
        assert_eq!(again.len(), rows.len());
        for (record, row) in again.iter().zip(rows) {
            let cells = Cells::of(&layout, record);
            for (name, cell) in row.0.iter().filter(|(name, _)| layout.place(name).is_some()) {
                assert_eq!(cells.text(name), *cell, "{name}");
            }
        }
    }
}

fn values_of_cells() -> Seeds {
    Seeds::of(
        &["2025-03-04", "4/3/2025", "04.03.2025", "1 000", "так", "телефоном", "UA48020130000080862", "'=1", "'-"],
        &["31.02.2025", "04.03.25", "можливо", "березень", "4/3-2025", "''-"],
    )
}

/// One text in every cell of a row.
fn cells(bytes: &[u8]) -> bool {
    let text = text(bytes);
    let names: Vec<_> = SERVICES.iter().map(|column| column.name).collect();
    let layout = Layout::of(SERVICES, &names.into(), false).expect("its own header");
    let record = vec![&*text; SERVICES.len()].into();
    let mut cells = Cells::of(&layout, &record);
    let days = cells.day("occurredOn");
    let read = [
        days.is_some(),
        cells.number("quantity").is_some(),
        cells.word::<DeliveryForm>("form").is_some(),
        cells.word::<StaffRole>("specialist").is_some(),
        cells.territory("territory").is_some(),
        cells.id(Kind::Centre, "centreId").is_some(),
    ];
    let plain = cells.text("externalReference");
    assert!(plain.as_ref().is_none_or(|plain| !plain.is_empty() && plain.trim() == plain));
    written(&[Row(SERVICES.iter().map(|column| (column.name, plain.clone())).collect())], SERVICES);
    let flag = cells.flag("void");
    flag || read.contains(&true) || plain.is_some_and(|plain| plain.starts_with(['=', '-']))
}
