//! Sums of the roll-up, and what the registry says of a day.

use super::model::{Leaf, Level, Measure, Question, Recipient, Span, Sum, Whose};
use crate::{
    base::{
        Result,
        words::{activity::Programme, indicator::Dimension},
    },
    db::{
        Db, Errand, Link, Tx,
        sql::{Count, Sql},
    },
};
use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Date, Nullable, Text},
};
use diesel_async::RunQueryDsl;
use futures_util::TryStreamExt;
use uuid::Uuid;

/// What an entry is told apart by, as text; `t` is the entry, `h` its territory.
pub(super) const fn key(by: Dimension) -> &'static str {
    match by {
        Dimension::Region => "h.region_code",
        Dimension::Hromada => "case when h.level in ('HROMADA', 'SPECIAL_CITY') then h.code end",
        Dimension::Centre => "t.centre_id::text",
        Dimension::Provider => "t.organization_id::text",
        Dimension::Month => "to_char(t.day, 'YYYY-MM')",
        Dimension::TargetCategory | Dimension::TargetGroup => "t.category",
        Dimension::Sex => "t.sex",
        Dimension::AgeBand => "t.age_band",
        Dimension::Service => "(select s.code from service_type s where s.id = t.service_id)",
        Dimension::ActivityKind | Dimension::ReferralStatus => "t.word",
    }
}

/// Parts of an indicator: what is counted, with words of those alone.
type Parts<'a> = [(Measure, &'a [&'a str])];

/// Sums of one's own entries, or of everybody's that count no people, from a day on.
pub async fn sums(mut link: &Link, whose: Whose, question: &Question, parts: &Parts<'_>, from: NaiveDate) -> Result<Vec<Sum>> {
    use Dimension as By;
    let asks = |of: &[Dimension]| question.by.iter().any(|by| of.contains(by));
    let flag = |is: bool| if is { ", true" } else { ", false" };
    let by_territory = asks(&[By::Region, By::Hromada]) || question.territory.is_some();
    let by_centre = asks(&[By::Centre]) || question.centre_id.is_some();
    let by_category = asks(&[By::TargetCategory, By::TargetGroup]);
    let mut sql =
        Sql::new("select measure, word, first, second, third, sum(amount)::bigint as amount from (select t.measure, t.word");
    for (place, name) in [" as first", " as second", " as third"].into_iter().enumerate() {
        sql = sql.then(", ").then(question.by.get(place).map_or("null::text", |by| key(*by))).then(name);
    }
    sql = sql.then(", t.amount from ");
    let measures = parts.iter().map(|(measure, _)| measure.word().to_owned()).collect();
    let to = question.span.to;
    sql = match whose {
        Whose::Own => sql
            .then("mistok.own_tally(")
            .words(measures)
            .then(", ")
            .day(from)
            .then(", ")
            .day(to)
            .then(flag(by_centre))
            .then(flag(by_territory))
            .then(flag(asks(&[By::Month])))
            .then(flag(asks(&[By::Service])))
            .then(flag(by_category))
            .then(flag(asks(&[By::Sex])))
            .then(flag(asks(&[By::AgeBand])))
            .then(") t"),
        Whose::Others
            if by_category
                || by_centre
                || !question.span.is_closed_months
                || asks(&[By::Provider])
                || question.provider_id.is_some() =>
        {
            sql.then("mistok.open_tally(")
                .words(measures)
                .then(", ")
                .words(words(parts))
                .then(", ")
                .day(from)
                .then(", ")
                .day(to)
                .then(flag(asks(&[By::Provider]) || question.provider_id.is_some()))
                .then(flag(by_centre))
                .then(flag(by_territory))
                .then(flag(asks(&[By::Month])))
                .then(flag(by_category))
                .then(") t")
        }
        Whose::Others => sql
            .then("(select o.*, o.month as day from mistok.open_months(")
            .then(if asks(&[By::Hromada]) || question.territory.is_some() { "false, " } else { "true, " })
            .words(measures)
            .then(", ")
            .words(words(parts))
            .then(", ")
            .day(from)
            .then(", ")
            .day(to)
            .then(") o) t"),
    };
    if by_territory {
        sql = sql.then(" join territory h on h.code = t.territory_code");
    }
    sql = sql.then(" where true");
    if let Some(provider) = question.provider_id {
        sql = sql.then(" and t.organization_id = ").uuid(provider);
    }
    if let Some(centre) = question.centre_id {
        sql = sql.then(" and t.centre_id = ").uuid(centre);
    }
    if let Some(territory) = &question.territory {
        sql = sql.then(" and ").word(&territory.code).then(" = any(h.ancestors)");
    }
    sql = sql.then(") e group by 1, 2, 3, 4, 5 having sum(amount) <> 0");
    Ok(sql.load(&mut link).await?)
}

/// The words of what is counted; a course is of any programme.
fn words(parts: &Parts<'_>) -> Vec<String> {
    let all = || Programme::ALL.iter().map(|programme| programme.word().to_owned());
    let of = |(_, words): &(Measure, &[&str])| -> Vec<String> {
        if words.is_empty() { all().collect() } else { words.iter().map(|word| (*word).to_owned()).collect() }
    };
    parts.iter().flat_map(of).collect()
}

/// What there was on a day, of one centre, hromada or provider.
#[derive(Clone, Debug, QueryableByName)]
pub struct Stock {
    #[diesel(sql_type = Text)]
    pub indicator: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub centre: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub provider: Option<String>,
    #[diesel(sql_type = Text)]
    pub hromada: String,
    #[diesel(sql_type = Text)]
    pub region: String,
    /// Ten-thousandths.
    #[diesel(sql_type = BigInt)]
    pub parts: i64,
}

/// Centres, posts and hromadas on a day, by the registry. Where a rule needs a day, a partial date counts from the last that it may mean.
pub async fn stocks(mut link: &Link, question: &Question) -> Result<Vec<Stock>> {
    let on = question.span.to;
    let mut sql = Sql::new("select * from (select case s.status when 'OPEN' then 'CENTRES_OPEN' else 'CENTRES_PLANNED' end as indicator, \
        c.id::text as centre, c.provider_id::text as provider, h.code as hromada, h.region_code as region, 10000::bigint as parts, h.ancestors \
        from centre c join territory h on h.code = c.territory_code \
        join lateral (select s.status from centre_status s where s.centre_id = c.id and mistok.last_day(s.since) <= ")
        .day(on)
        .then(" order by mistok.last_day(s.since) desc, s.version desc limit 1) s on s.status in ('OPEN', 'PLANNED') \
        union all select 'STAFF_POSTS', c.id::text, c.provider_id::text, h.code, h.region_code, sum(p.count_hundredths)::bigint * 100, h.ancestors \
        from centre_post p join centre c on c.id = p.centre_id join territory h on h.code = c.territory_code \
        where coalesce(mistok.last_day(p.since) <= ")
        .day(on)
        .then(", true) and coalesce(mistok.last_day(p.until) >= ")
        .day(on)
        .then(", true) group by 2, 3, 4, 5, 7 \
        union all select 'HROMADAS_IN_PROJECT', null, null, h.code, h.region_code, 10000::bigint, h.ancestors \
        from participation p join territory h on h.code = p.territory_code \
        where p.status not in ('WITHDRAWN', 'EXCLUDED') and mistok.last_day(p.since) <= ")
        .day(on)
        .then(") s where true");
    if let Some(provider) = question.provider_id {
        sql = sql.then(" and s.provider = ").word(provider.to_string());
    }
    if let Some(centre) = question.centre_id {
        sql = sql.then(" and s.centre = ").word(centre.to_string());
    }
    if let Some(territory) = &question.territory {
        sql = sql.then(" and ").word(&territory.code).then(" = any(s.ancestors)");
    }
    Ok(sql.load(&mut link).await?)
}

/// Distinct partners of a level and place on a day.
#[derive(Clone, Debug, QueryableByName)]
pub struct Partners {
    #[diesel(sql_type = Text)]
    pub level: String,
    #[diesel(sql_type = Text)]
    pub place: String,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// Distinct partner organisations under memoranda in force on a day: they are counted and never added.
pub async fn partners(mut link: &Link, on: NaiveDate) -> Result<Vec<Partners>> {
    let sql = Sql::new("select level, place, count from mistok.partner_figures(").day(on).then(")");
    Ok(sql.load(&mut link).await?)
}

/// Entries of everybody, for a release: of the period, or with no first day of all time. They come one by one: a month of the whole
/// country would fill the memory of a small machine.
pub async fn leaves(tx: &Tx, from: Option<NaiveDate>, to: NaiveDate, mut each: impl FnMut(Leaf)) -> Result<()> {
    // Of all time only what there is on a day is asked: cases.
    let (measures, from) = match from {
        Some(from) => ("true", from),
        None => ("t.measure in ('CASE_OPENED', 'CASE_ENDED')", NaiveDate::from_yo_opt(1900, 1).unwrap_or_default()),
    };
    let sql = Sql::new(
        "select e.organization_id, e.centre_id, h.code as territory, \
        case when h.level in ('HROMADA', 'SPECIAL_CITY') then h.code end as hromada, h.region_code as region, \
        e.measure, e.word, s.code as service, e.category, e.sex, e.age_band, e.amount from ( \
        select t.organization_id, t.centre_id, t.territory_code, t.measure, t.word, t.service_id, t.category, t.sex, t.age_band, \
        sum(t.amount)::bigint as amount from tally t where t.measure not in ('EVENT', 'COURSE') and ",
    )
    .then(measures)
    .then(" and t.day between ")
    .day(from)
    .then(" and ")
    .day(to)
    .then(
        " group by 1, 2, 3, 4, 5, 6, 7, 8, 9 having sum(t.amount) <> 0) e left join centre c on c.id = e.centre_id \
        join territory h on h.code = coalesce(c.territory_code, e.territory_code) left join service_type s on s.id = e.service_id",
    );
    let mut link = tx.link();
    let mut rows = sql.load_stream::<Leaf>(&mut link).await?;
    while let Some(leaf) = rows.try_next().await? {
        each(leaf);
    }
    Ok(())
}

/// Who stands behind the services of a month, one by one; those of one case together.
pub async fn recipients(tx: &Tx, span: Span, mut each: impl FnMut(Recipient)) -> Result<()> {
    let sql = Sql::new(
        "select r.organization_id, r.centre_id, coalesce(c.territory_code, r.territory_code) as territory, r.case_id, \
        s.code as service, r.form, r.category, r.sex, r.age_band, r.people as contacts from mistok.recipients(",
    )
    .day(span.from)
    .then(", ")
    .day(span.to)
    .then(") r left join centre c on c.id = r.centre_id join service_type s on s.id = r.service_id order by r.case_id");
    let mut link = tx.link();
    let mut rows = sql.load_stream::<Recipient>(&mut link).await?;
    while let Some(one) = rows.try_next().await? {
        each(one);
    }
    Ok(())
}

/// How long answers took at a place.
#[derive(Clone, Debug, QueryableByName)]
pub struct Median {
    #[diesel(sql_type = Text)]
    pub level: Level,
    #[diesel(sql_type = Text)]
    pub place: String,
    /// Answers behind it.
    #[diesel(sql_type = BigInt)]
    pub base: i64,
    #[diesel(sql_type = BigInt)]
    pub hours: i64,
}

/// Medians of a month, for a release.
pub async fn medians(tx: &Tx, span: Span) -> Result<Vec<Median>> {
    let sql =
        Sql::new("select level, place, base, hours from mistok.median_hours(").day(span.from).then(", ").day(span.to).then(")");
    Ok(sql.load(&mut tx.link()).await?)
}

/// The median of how long the answers to one's own referrals took, divided by some dimensions; in tenths of hours.
pub async fn own_medians(mut link: &Link, own: Uuid, question: &Question, by: &[Dimension]) -> Result<Vec<Sum>> {
    let mut sql = Sql::new(
        "select 'SENT' as measure, null::text as word, first, second, third, \
        round(percentile_cont(0.5) within group (order by hours) * 10)::bigint as amount from (select t.hours",
    );
    for (place, name) in [" as first", " as second", " as third"].into_iter().enumerate() {
        sql = sql.then(", ").then(by.get(place).map_or("null::text", |by| key(*by))).then(name);
    }
    sql = sql
        .then(
            " from (select r.sender_id as organization_id, r.sender_centre_id as centre_id, r.territory_code, \
            (a.at at time zone 'Europe/Kyiv')::date as day, extract(epoch from a.at - r.sent_at) / 3600 as hours \
            from referral r cross join lateral (select coalesce(r.accepted_at, case when r.status = 'DECLINED' then r.ended_at end) as at) a \
            where r.sent_at is not null and r.status <> 'ENTERED_IN_ERROR' and r.sender_id = ",
        )
        .uuid(own)
        .then(") t join territory h on h.code = t.territory_code where t.day between ")
        .day(question.span.from)
        .then(" and ")
        .day(question.span.to);
    if let Some(centre) = question.centre_id {
        sql = sql.then(" and t.centre_id = ").uuid(centre);
    }
    if let Some(territory) = &question.territory {
        sql = sql.then(" and ").word(&territory.code).then(" = any(h.ancestors)");
    }
    Ok(sql.then(") e group by 1, 2, 3, 4, 5").load(&mut link).await?)
}

/// The first day of which anything is recorded.
pub async fn first_day(tx: &Tx) -> Result<Option<NaiveDate>> {
    #[derive(QueryableByName)]
    struct First {
        #[diesel(sql_type = Nullable<Date>)]
        day: Option<NaiveDate>,
    }
    Ok(Sql::new("select min(day) as day from tally").get_result::<First>(&mut tx.link()).await?.day)
}

/// Folds so many fresh entries of the roll-up at the most into the others; the sums stay as they are. Returns whether there may be more.
pub async fn fold(db: &Db, most: i64) -> Result<bool> {
    let tx: Tx = db.errand(Errand::Expiry).await?;
    let folded = Sql::new("select mistok.fold_tally(").number(most).then("::integer) as count");
    let folded = folded.get_result::<Count>(&mut tx.link()).await?.count;
    tx.commit().await?;
    Ok(folded >= most)
}
