//! `mistok import`: every way in which people write, what is refused, and that nothing is recorded twice or lost.

use super::{Desk, imported, importing, said};
use crate::town::{KAZANKA, Town};
use encoding_rs::WINDOWS_1251;
use std::{fs, process::Stdio, time::Duration};

const TABLE: &str = "Дата;Код послуги;Форма;Кількість;Фахівець;Категорія;Територія\n\
    04.03.2025;M-004;телефоном;2;психолог;ветеран;UA48020130000080862\n\
    4/3/2025;M-004;Сім’ї;;соціальний менеджер;сім'я військовослужбовця;\n\
    2025-03-05;m-000;індивідуально;1;;;\n\
    2025-03-04;M-004;PHONE;2;PSYCHOLOGIST;VETERAN;UA48020130000080862\n\
    ;;;;;;\n";

fn utf16(text: &str) -> Vec<u8> {
    "\u{feff}".chars().chain(text.chars()).collect::<String>().encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[tokio::test]
async fn a_file_says_the_same_in_every_way_of_writing_it() {
    let (town, desk) = (Town::new().await, Desk::new("sheet-ways"));
    let own = town.receiver.partner.organization_id;
    let table = TABLE.replace("m-000", "M-004").replace('’', "'");
    let commas = table.replace(';', ",");
    let english = commas
        .replace(
            "Дата,Код послуги,Форма,Кількість,Фахівець,Категорія,Територія",
            "\r\noccurredOn,service_code,FORM,quantity,specialist,Target Category,territory",
        )
        .replace('\n', "\r\n");
    let ways = [
        ("utf-8", table.clone().into_bytes()),
        ("bom", format!("\u{feff}{table}").into_bytes()),
        ("1251", WINDOWS_1251.encode(&table).0.into_owned()),
        ("1251-tab", WINDOWS_1251.encode(&table.replace(';', "\t")).0.into_owned()),
        ("utf-16", utf16(&table.replace(';', "\t"))),
        ("commas", commas.clone().into_bytes()),
        ("english", english.into_bytes()),
        ("quotes", commas.replace("Форма", "\"Форма\"").replace("M-004", "\"M-004\"").into_bytes()),
    ];
    for (i, (name, bytes)) in ways.into_iter().enumerate() {
        let file = desk.write(&format!("{name}.csv"), bytes);
        let (code, text) = imported(&town, "services", &file, own, &[]);
        let told = if i == 0 { "4 recorded, 0 unchanged" } else { "0 recorded, 4 unchanged" };
        assert!(code == Some(0) && text.contains(told), "{name}: {text}");
        assert!(
            !desk.path(&format!("{name}.refused.csv")).exists() && !desk.path(&format!("{name}.refused.csv.part")).exists()
        );
    }
    // Another file with the same rows: they are told, and recorded when they are said to be others.
    let (_, text) = imported(&town, "services", &desk.path("bom.csv"), own, &[]);
    assert!(text.contains("4 of the unchanged have no external reference"), "{text}");
    let (code, text) = imported(&town, "services", &desk.path("bom.csv"), own, &["--part", "другий центр", "--dry-run"]);
    assert!(code == Some(0) && text.contains("4 recorded, 0 unchanged"), "{text}");
    // Two rows tell the same; they are two.
    let same = format!(
        "select count(*) from service_delivery where form = 'PHONE' and quantity = 2 and specialist = 'PSYCHOLOGIST' and target_category = 'VETERAN' and territory_code = '{KAZANKA}' and occurred_on = '2025-03-04'"
    );
    assert_eq!(town.count(&same).await, 2);
    assert_eq!(
        town.count("select count(*) from service_delivery where form = 'FAMILY' and target_category = 'MILITARY_FAMILY'").await,
        1
    );
    let journal = format!(
        "select count(*) from change c join change_audience a using (seq) where c.type = 'SERVICES_RECORDED' and c.actor_kind = 'OPERATOR' and a.organization_id = '{own}'"
    );
    assert_eq!(town.count(&journal).await, 1, "the journal says that it was the operator");
}

#[tokio::test]
async fn what_is_refused_is_corrected_and_comes_again() {
    let (town, desk) = (Town::new().await, Desk::new("sheet-refused"));
    let own = town.receiver.partner.organization_id;
    let table = TABLE.replace("\n4/3/2025", "\n31.02.2025").replace("індивідуально;1;", "індивідуально;-1;");
    let file = desk.write("послуги.csv", WINDOWS_1251.encode(&table).0);
    let (code, text) = imported(&town, "services", &file, own, &[]);
    assert!(code == Some(1) && text.contains("4 rows: 2 recorded, 0 unchanged, 0 corrected, 0 voided, 2 refused"), "{text}");
    assert!(text.contains("послуги.refused.csv") && !text.contains("31.02.2025"), "{text}");
    let refused = desk.path("послуги.refused.csv");
    let rows = fs::read_to_string(&refused).unwrap();
    assert!(
        rows.starts_with(
            "\u{feff}Дата;Код послуги;Форма;Кількість;Фахівець;Категорія;Територія;зовнішній ідентифікатор;причина відмови\r\n"
        ),
        "{rows}"
    );
    let lines: Vec<_> = rows.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[1].starts_with("31.02.2025;M-004;Сім’ї;;") && lines[1].contains("line 3: occurredOn: A day is"), "{rows}");
    assert!(
        lines[2].contains("line 4: quantity: A quantity") && lines[2].contains("serviceCode: There is no service"),
        "{rows}"
    );

    // Corrected halfway; the rest is refused once more, beside it, under the same names.
    let better = rows.replace("31.02.2025", "28.02.2025").replace("m-000", "M-004");
    fs::write(&refused, better).unwrap();
    let (code, text) = imported(&town, "services", &refused, own, &[]);
    assert!(code == Some(1) && text.contains("1 recorded") && text.contains("1 refused"), "{text}");
    let rest = desk.path("послуги.refused.refused.csv");
    let rows = fs::read_to_string(&rest).unwrap();
    assert_eq!((rows.matches("причина відмови").count(), rows.lines().count()), (1, 2), "{rows}");
    fs::write(&rest, rows.replace(";-1;", ";3;").replace("'-1", "3")).unwrap();
    let (code, text) = imported(&town, "services", &rest, own, &[]);
    assert!(code == Some(0) && text.contains("1 recorded"), "{text}");
    assert_eq!(town.count("select count(*) from service_delivery").await, 4);

    // Nothing of it comes in twice, and somebody's corrections are not overwritten.
    for (file, told) in [(&file, "2 unchanged"), (&refused, "1 unchanged"), (&rest, "1 unchanged")] {
        assert!(imported(&town, "services", file, own, &[]).1.contains(told));
    }
    assert_eq!(town.count("select count(*) from service_delivery").await, 4);
    assert!(desk.path("послуги.refused-2.csv").exists());
}

#[tokio::test]
async fn a_row_that_is_known_changes_only_when_it_is_wished() {
    let (town, desk) = (Town::new().await, Desk::new("sheet-known"));
    let own = town.receiver.partner.organization_id;
    let head = "external reference,date,service code,form,quantity,void\n";
    let run =
        |row: &str, more: &[&str]| imported(&town, "services", &desk.write("known.csv", format!("{head}{row}\n")), own, more);
    let first = "а-1,2025-03-04,M-004,ONLINE,2,ні";
    let (code, text) = run(first, &["--dry-run"]);
    assert!(code == Some(0) && text.contains("nothing was written") && text.contains("1 recorded"), "{text}");
    for nothing in ["service_delivery", "recording", "change where type = 'SERVICES_RECORDED'"] {
        assert_eq!(town.count(&format!("select count(*) from {nothing}")).await, 0, "{nothing}");
    }
    assert!(run(first, &[]).1.contains("1 recorded"));
    let other = "а-1,2025-03-04,M-004,ONLINE,3,";
    assert_eq!(run(other, &[]).0, Some(1), "refused");
    assert!(fs::read_to_string(desk.path("known.refused.csv")).unwrap().contains("other content"));
    let (code, text) = run(other, &["--on-existing", "correct", "--dry-run"]);
    assert!(code == Some(0) && text.contains("1 corrected"), "{text}");
    assert!(run(other, &["--on-existing", "correct"]).1.contains("1 corrected"));
    let (code, text) = run("а-1,,,,,так", &[]);
    assert!(code == Some(0) && text.contains("1 voided"), "{text}");
    assert_eq!(town.count("select count(*) from service_delivery where voided and version = 3").await, 1);

    let activities = "вид;дата;назва;учасники;територія\nгрупова консультація;4.3.2025;Зустріч;12;ua48020130000080862\narttherapy;04.03.2025;;;\n";
    let file = desk.write("заходи.csv", activities);
    for told in ["2 recorded", "2 unchanged"] {
        let (code, text) = imported(&town, "activities", &file, own, &[]);
        assert!(code == Some(0) && text.contains(told), "{text}");
    }
    assert_eq!(town.count("select count(*) from activity where kind = 'ART_THERAPY' and participants is null").await, 1);
}

#[tokio::test]
async fn what_cannot_be_read_at_all_is_told_and_changes_nothing() {
    let (town, desk) = (Town::new().await, Desk::new("sheet-unreadable"));
    let own = town.receiver.partner.organization_id;
    let right = "date,service code,form\n2025-03-04,M-004,PHONE\n";
    let run = |name: &str, bytes: &[u8], more: &[&str]| imported(&town, "services", &desk.write(name, bytes), own, more);
    for (name, bytes, told) in [
        (
            "columns",
            "date,колір,color\n2025-03-04,1,2\n".as_bytes(),
            vec!["serviceCode (код послуги)", "form (форма)", "«колір», «color»"],
        ),
        ("headless", "2025-03-04,M-004,Вигадана Оксана\n".as_bytes(), vec!["occurredOn (дата)"]),
        ("empty", b"", vec!["occurredOn (дата)"]),
        ("broken", b"\xef\xbb\xbfdate,service code,form\n2025-03-04,M-004,\xff\n", vec!["broken at byte 44"]),
        ("quote", &[right.as_bytes(), b"2025-03-04,\"M-004,", &[b'x'; 2 << 20]].concat(), vec!["is a quote not closed?"]),
    ] {
        let (code, text) = run(name, bytes, &[]);
        assert_eq!(code, Some(2), "{name}: {text}");
        assert!(told.iter().all(|told| text.contains(told)) && !text.contains("Оксана"), "{name}: {text}");
    }
    let (code, text) =
        run("extra", b"date,service code,form,color\n2025-03-04,M-004,PHONE,red\n", &["--ignore-unknown-columns"]);
    assert!(code == Some(0) && text.contains("1 recorded"), "{text}");
    let (code, _) = imported(&town, "services", &desk.path("nowhere.csv"), own, &[]);
    assert_eq!(code, Some(2));
    let file = desk.write("right.csv", right);
    let (code, text) = imported(&town, "services", &file, uuid::Uuid::nil(), &[]);
    assert!(code == Some(2) && text.contains("no such organisation"), "{text}");
    let ministry = town.side(mistok::base::words::organization::OrganizationKind::Ministry).await;
    let (code, text) = imported(&town, "services", &file, ministry.partner.organization_id, &[]);
    assert!(code == Some(2) && text.contains("record no work"), "{text}");
    // A case of somebody else is none.
    let strange = town.case(&town.stranger).await;
    let row = format!("date,service code,form,case reference\n2025-03-04,M-004,PHONE,{}\n", strange["code"].as_str().unwrap());
    assert_eq!(run("strange", row.as_bytes(), &[]).0, Some(1));
    assert_eq!(town.count("select count(*) from service_delivery").await, 1);
}

#[tokio::test]
async fn killed_in_the_middle_it_goes_on() {
    const ROWS: i64 = 12_000;
    let (town, desk) = (Town::new().await, Desk::new("sheet-killed"));
    let own = town.receiver.partner.organization_id;
    // Every second row tells the same as the one before it.
    let row = |i: i64| format!("{};M-004;телефоном;{}\n", ["04.03.2025", "5.3.2025"][(i % 2) as usize], i / 4 % 1000 + 1);
    let table =
        (0..ROWS).fold("дата;код послуги;форма;кількість\n".to_owned(), |table, i| table + &row(i));
    let file = desk.write("many.csv", table);
    let count = "select count(*) from service_delivery";
    for kill in 1..=2 {
        let mut child =
            importing(&town, "services", &file, own, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let before = town.count(count).await;
        while town.count(count).await <= before && child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let there = town.count(count).await;
        assert!(there > 0 && there < ROWS && there % 1000 == 0, "killed at {there}, time {kill}");
    }
    let (there, done) = (town.count(count).await, importing(&town, "services", &file, own, &[]).output().unwrap());
    let (code, text) = said(&done);
    // What the last call was about to commit when it was killed may have come in since.
    assert!(code == Some(0) && text.contains(&format!("{ROWS} rows")), "{text}");
    assert!(there < ROWS && town.count(count).await == ROWS, "{text}");
    let (code, text) = imported(&town, "services", &file, own, &[]);
    assert!(code == Some(0) && text.contains(&format!("0 recorded, {ROWS} unchanged")), "{text}");
    assert!(!desk.path("many.refused.csv").exists());
}
