//! What a centre must be and how it moves. Pure.

use super::model::{Centre, Named, NewPost, Post, Register, Step, Update};
use crate::{
    base::{
        Error, Refusal, Result, clock,
        error::{Refusals, UserErrorCode},
        period::PartialDate,
        phone, text,
        words::organization::{CentreStatus, OrganizationKind},
    },
    organization::{model::Organization, rules::kept},
    territory::{
        model::Territory,
        rules::{hromada, unknown},
    },
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Longest name and address, in characters.
const NAME: usize = 300;
/// Most rows of a team.
const POSTS: usize = 50;
/// Most posts of one row, in hundredths.
const COUNT: i32 = 100_000;

/// A new centre, the first step of its history and its team.
pub fn register(command: &Register, named: &Named, id: Uuid, now: DateTime<Utc>) -> Result<(Centre, Step, Vec<Post>)> {
    let mut refusals = Refusals::default();
    let name = refusals.take(text::line(&command.name, "name", NAME)).unwrap_or_default();
    place(&command.territory, named.territory.as_ref(), "territory", &mut refusals);
    if let Some(code) = &command.origin_territory {
        place(code, named.origin.as_ref(), "originTerritory", &mut refusals);
    }
    refusals.take(provider(named.provider.as_ref()));
    if command.host_id.is_some() && named.host.is_none() {
        refusals.add(absent("hostId"));
    }
    came(command.since, "since", now, &mut refusals);
    let address = refusals.take(text::optional_line(command.address.as_deref(), "address", NAME)).flatten();
    let phone = command.phone.as_deref().and_then(|phone| refusals.take(phone::parse(phone, "phone")));
    let posts = posts(&command.posts, id, &mut refusals);
    refusals.end()?;
    let opened_on = matches!(command.status, CentreStatus::Open).then(|| command.since.to_string());
    if command.status == CentreStatus::Suspended {
        return Err(Error::invalid("status", "A centre is registered as PLANNED, OPEN or CLOSED; it is suspended later."));
    }
    let new = Centre {
        id,
        search: text::search_key(&name),
        name,
        territory_code: command.territory.clone(),
        origin_territory_code: command.origin_territory.clone(),
        provider_id: command.provider_id,
        host_id: command.host_id,
        status: command.status,
        opened_on,
        address,
        phone,
        barrier_free: command.barrier_free,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let step = Step { centre_id: id, version: 1, status: new.status, since: command.since.to_string(), recorded_at: now };
    Ok((new, step, posts))
}

/// The centre as it will be, the step of its history if it moves, and its new team if one is told.
/// `last` is the latest step of its history.
pub fn update(
    row: &Centre,
    last: Option<&Step>,
    command: &Update,
    now: DateTime<Utc>,
) -> Result<(Centre, Option<Step>, Option<Vec<Post>>)> {
    let mut refusals = Refusals::default();
    let mut new = row.clone();
    match &command.name {
        None => {}
        Some(Some(name)) => new.name = refusals.take(text::line(name, "name", NAME)).unwrap_or_default(),
        Some(None) => refusals.add(kept("name")),
    }
    if let Some(address) = &command.address {
        new.address = refusals.take(text::optional_line(address.as_deref(), "address", NAME)).flatten();
    }
    if let Some(phone) = &command.phone {
        new.phone = phone.as_deref().and_then(|phone| refusals.take(phone::parse(phone, "phone")));
    }
    if let Some(barrier_free) = command.barrier_free {
        new.barrier_free = barrier_free;
    }
    let posts = command.posts.as_ref().map(|list| posts(list.as_deref().unwrap_or_default(), row.id, &mut refusals));
    let step = match command.status {
        None if command.on.is_some() => {
            refusals.add(Refusal::invalid("on", "A day is told with the state that begins on it: name the status too."));
            None
        }
        None => None,
        Some(None) => {
            refusals.add(kept("status"));
            None
        }
        Some(Some(status)) => refusals.take(moves(row, status)).flatten().map(|status| {
            let since = command.on.unwrap_or(PartialDate::Day(clock::day(now)));
            came(since, "on", now, &mut refusals);
            if last.is_some_and(|last| before(since, &last.since)) {
                refusals.add(Refusal::invalid("on", "The centre came into its present state later than this."));
            }
            Step { centre_id: row.id, version: row.version + 1, status, since: since.to_string(), recorded_at: now }
        }),
    };
    refusals.end()?;
    if let Some(step) = &step {
        new.status = step.status;
        if step.status == CentreStatus::Open && new.opened_on.is_none() {
            new.opened_on = Some(step.since.clone());
        }
    }
    new.search = text::search_key(&new.name);
    Ok((new, step, posts))
}

/// Where a centre may go from its state; the state that it has is no move.
fn moves(row: &Centre, to: CentreStatus) -> Result<Option<CentreStatus>, Refusal> {
    use CentreStatus::{Closed, Open, Planned, Suspended};
    match (row.status, to) {
        (from, to) if from == to => Ok(None),
        (Planned | Suspended, Open) | (Open, Suspended) | (Planned | Open | Suspended, Closed) => Ok(Some(to)),
        (from, to) => {
            let message = said!("A centre does not go from {from} to {to}.", from, to);
            Err(Refusal::new(UserErrorCode::TransitionNotAllowed, "status", message))
        }
    }
}

/// Whether all days that `since` may mean lie before all that `last` may mean.
fn before(since: PartialDate, last: &str) -> bool {
    let last = last.parse().ok().and_then(PartialDate::first_day);
    since.last_day().zip(last).is_some_and(|(since, last)| since < last)
}

fn came(day: PartialDate, field: &str, now: DateTime<Utc>, refusals: &mut Refusals) {
    if day.is_after(clock::day(now)) {
        refusals.add(Refusal::invalid(field, "This day has not come yet."));
    }
}

fn place(code: &str, territory: Option<&Territory>, field: &str, refusals: &mut Refusals) {
    match territory {
        Some(territory) => drop(refusals.take(hromada(territory, field))),
        None => refusals.add(unknown(code, field)),
    }
}

/// A provider of social services: active, and of a kind that may hold cases.
fn provider(row: Option<&Organization>) -> Result<(), Refusal> {
    use OrganizationKind::{Fund, FundBranch, Ministry, OversightBody};
    let row = row.ok_or_else(|| absent("providerId"))?;
    if !row.active {
        return Err(Refusal::new(UserErrorCode::OrganizationInactive, "providerId", "This organisation has ceased its work."));
    }
    if matches!(row.kind, Ministry | OversightBody | Fund | FundBranch) {
        return Err(Refusal::invalid("providerId", said!("A {kind} provides no social services.", kind = row.kind)));
    }
    Ok(())
}

fn absent(field: &str) -> Refusal {
    Refusal::new(UserErrorCode::NotFound, field, "There is no such organisation.")
}

fn posts(list: &[NewPost], centre_id: Uuid, refusals: &mut Refusals) -> Vec<Post> {
    if list.len() > POSTS {
        refusals.add(Refusal::new(UserErrorCode::LimitExceeded, "posts", said!("At most {POSTS} rows of posts.", POSTS)));
    }
    let post = |(place, new): (usize, &NewPost)| {
        let at = |name: &str| format!("posts.{place}.{name}");
        let count = refusals.take(hundredths(&new.count, &at("count")));
        if new.since.zip(new.until).is_some_and(|(since, until)| before(until, &since.to_string())) {
            refusals.add(Refusal::invalid(&at("until"), "A post does not end before it begins."));
        }
        Post {
            centre_id,
            place: i32::try_from(place).unwrap_or(i32::MAX),
            role: new.role,
            count_hundredths: count.unwrap_or_default(),
            since: new.since.map(|day| day.to_string()),
            until: new.until.map(|day| day.to_string()),
        }
    };
    list.iter().enumerate().map(post).collect()
}

/// A positive decimal of at most two places, in hundredths.
fn hundredths(text: &str, field: &str) -> Result<i32, Refusal> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = part.trim_end_matches('0');
    let number = (part.len() <= 2).then(|| format!("{whole}{part:0<2}").parse::<i32>().ok()).flatten();
    number.filter(|count| (1..=COUNT).contains(count)).ok_or_else(|| {
        Refusal::invalid(field, "The number of posts is above 0 and at most 1000, with at most two decimals: \"1\", \"0.5\".")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::organization::{StaffRole, TerritoryLevel};

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}T12:00:00Z").parse().expect(text)
    }

    fn day(text: &str) -> PartialDate {
        text.parse().expect(text)
    }

    fn named() -> Named {
        let code = "UA48020130000080862".to_owned();
        let territory = Territory {
            code: code.clone(),
            level: TerritoryLevel::Hromada,
            name: "Казанківська".into(),
            former_names: vec![],
            parent_code: None,
            region_code: code.clone(),
            ancestors: vec![code],
        };
        let command = crate::organization::model::Register {
            kind: OrganizationKind::Ngo,
            name: "ГО (демо)".into(),
            name_en: None,
            edrpou: None,
            tax_number: None,
            territory: None,
            registry_number: None,
            contacts: vec![],
        };
        let (provider, _) =
            crate::organization::rules::register(&command, None, Uuid::nil(), at("2024-01-01")).expect("an NGO");
        Named { territory: Some(territory), provider: Some(provider), ..Named::default() }
    }

    fn new(status: CentreStatus, since: &str) -> Register {
        Register {
            name: "Центр життєстійкості (демо)".into(),
            territory: "UA48020130000080862".into(),
            origin_territory: None,
            provider_id: Uuid::nil(),
            host_id: None,
            status,
            since: day(since),
            address: None,
            phone: None,
            barrier_free: Some(true),
            posts: vec![],
        }
    }

    fn made(command: &Register) -> Result<(Centre, Step, Vec<Post>)> {
        register(command, &named(), Uuid::nil(), at("2025-05-27"))
    }

    fn fields(result: Result<impl std::fmt::Debug>) -> Vec<String> {
        match result {
            Err(Error::Refused(refusals)) => refusals.iter().map(|refusal| refusal.path.join(".")).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_day_of_opening_is_as_well_known_as_the_source_knows_it() {
        let (open, ..) = made(&new(CentreStatus::Open, "2024-05")).expect("open");
        assert_eq!(open.opened_on.as_deref(), Some("2024-05"));
        let (planned, step, _) = made(&new(CentreStatus::Planned, "2024-04-02")).expect("planned");
        assert_eq!(planned.opened_on, None);
        let command = Update { status: Some(Some(CentreStatus::Open)), on: Some(day("2025-02")), ..Update::default() };
        let (open, ..) = update(&planned, Some(&step), &command, at("2025-05-27")).expect("opens");
        assert_eq!((open.status, open.opened_on.as_deref()), (CentreStatus::Open, Some("2025-02")));
    }

    #[test]
    fn every_move_is_in_the_picture() {
        use CentreStatus::*;
        for from in CentreStatus::ALL.iter().copied() {
            for to in CentreStatus::ALL.iter().copied() {
                let (mut row, ..) = made(&new(Open, "2024")).expect("a centre");
                row.status = from;
                let drawn = matches!(
                    (from, to),
                    (Planned, Open) | (Open, Suspended) | (Suspended, Open) | (Planned | Open | Suspended, Closed)
                );
                let told = moves(&row, to);
                assert_eq!(told.is_ok(), drawn || from == to, "{from} to {to}");
                assert_eq!(told.is_ok_and(|step| step.is_some()), drawn, "{from} to {to}");
            }
        }
    }

    #[test]
    fn days_are_in_their_order_and_not_in_the_future() {
        assert_eq!(fields(made(&new(CentreStatus::Open, "2025-06"))), ["since"]);
        assert!(made(&new(CentreStatus::Open, "2025")).is_ok(), "some day of this year has come");
        let (row, step, _) = made(&new(CentreStatus::Open, "2024-05")).expect("open");
        let command = |on: &str| Update { status: Some(Some(CentreStatus::Suspended)), on: Some(day(on)), ..Update::default() };
        let moved = |on: &str| update(&row, Some(&step), &command(on), at("2025-05-27"));
        assert_eq!(fields(moved("2024-04-30")), ["on"]);
        assert_eq!(fields(moved("2025-05-28")), ["on"]);
        assert!(moved("2024-05-01").is_ok() && moved("2024").is_ok());
        let lonely = Update { on: Some(day("2025")), ..Update::default() };
        assert_eq!(fields(update(&row, Some(&step), &lonely, at("2025-05-27"))), ["on"]);
    }

    #[test]
    fn a_centre_needs_a_hromada_and_a_provider() {
        let mut named = named();
        if let Some(provider) = &mut named.provider {
            provider.kind = OrganizationKind::Ministry;
        }
        if let Some(territory) = &mut named.territory {
            territory.level = TerritoryLevel::Raion;
        }
        let command = Register { host_id: Some(Uuid::nil()), phone: Some("112".into()), ..new(CentreStatus::Open, "2024") };
        let told = register(&command, &named, Uuid::nil(), at("2025-05-27"));
        assert_eq!(fields(told), ["territory", "providerId", "hostId", "phone"]);
    }

    #[test]
    fn posts_are_counted_in_hundredths() {
        for (text, count) in [("1", 100), ("0.5", 50), ("2.25", 225), ("1.500", 150), ("0.01", 1)] {
            assert_eq!(hundredths(text, "count"), Ok(count), "{text}");
        }
        for text in ["0", "-1", "0.001", "1001", "99999999999", "1.234"] {
            assert!(hundredths(text, "count").is_err(), "{text}");
        }
        let post = |count: &str, since: Option<&str>, until: Option<&str>| NewPost {
            role: StaffRole::Psychologist,
            count: count.into(),
            since: since.map(day),
            until: until.map(day),
        };
        let posts =
            vec![post("1", None, None), post("0.5", Some("2024-05"), Some("2025")), post("0", Some("2025"), Some("2024"))];
        let command = Register { posts, ..new(CentreStatus::Open, "2024") };
        assert_eq!(fields(made(&command)), ["posts.2.count", "posts.2.until"]);
        let (.., posts) = made(&Register { posts: command.posts[..2].to_vec(), ..command }).expect("two posts");
        assert_eq!(posts.iter().map(Post::count).collect::<Vec<_>>(), ["1", "0.5"]);
        let on = |text: &str| posts[1].stands_on(text.parse().expect(text));
        assert_eq!([on("2024-05-30"), on("2024-05-31"), on("2025-12-31"), on("2026-01-01")], [false, true, true, false]);
    }
}
