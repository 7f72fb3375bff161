//! SQL whose shape depends on the question, written as text with typed values. Unlike `diesel::sql_query` it is
//! prepared once for each text and kept, and it may stand inside a typed query as a condition.

use crate::base::{Error, Result, page::Window};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate},
    pg::{Pg, PgQueryBuilder},
    query_builder::{AstPass, InsertStatement, Query, QueryBuilder, QueryFragment, QueryId, UpdateStatement},
    result::QueryResult,
    sql_types::{Array, BigInt, Binary, Bool, Date, Nullable, Text, Timestamptz, Untyped, Uuid as SqlUuid},
};
use std::{marker::PhantomData, sync::OnceLock};
use uuid::Uuid;

#[derive(Clone, Debug)]
enum Part {
    Text(&'static str),
    Word(Option<String>),
    Words(Vec<String>),
    Uuid(Option<Uuid>),
    Uuids(Vec<Uuid>),
    At(DateTime<Utc>),
    Ats(Vec<DateTime<Utc>>),
    Day(NaiveDate),
    Number(i64),
    Numbers(Vec<i64>),
    Flag(bool),
    Flags(Vec<bool>),
    Bytes(Vec<u8>),
}

/// A statement in pieces: text of ours and values of others, never mixed.
#[derive(Clone, Debug, Default)]
pub struct Sql(Vec<Part>);

impl Sql {
    pub fn new(text: &'static str) -> Self {
        Self(vec![Part::Text(text)])
    }

    #[must_use]
    pub fn then(mut self, text: &'static str) -> Self {
        self.0.push(Part::Text(text));
        self
    }

    #[must_use]
    pub fn word(self, value: impl Into<String>) -> Self {
        self.maybe(Some(value.into()))
    }

    /// A word, or null.
    #[must_use]
    pub fn maybe(mut self, value: Option<String>) -> Self {
        self.0.push(Part::Word(value));
        self
    }

    #[must_use]
    pub fn words(mut self, values: Vec<String>) -> Self {
        self.0.push(Part::Words(values));
        self
    }

    #[must_use]
    pub fn uuid(mut self, value: impl Into<Option<Uuid>>) -> Self {
        self.0.push(Part::Uuid(value.into()));
        self
    }

    #[must_use]
    pub fn uuids(mut self, values: Vec<Uuid>) -> Self {
        self.0.push(Part::Uuids(values));
        self
    }

    #[must_use]
    pub fn at(mut self, value: DateTime<Utc>) -> Self {
        self.0.push(Part::At(value));
        self
    }

    #[must_use]
    pub fn ats(mut self, values: Vec<DateTime<Utc>>) -> Self {
        self.0.push(Part::Ats(values));
        self
    }

    #[must_use]
    pub fn day(mut self, value: NaiveDate) -> Self {
        self.0.push(Part::Day(value));
        self
    }

    #[must_use]
    pub fn number(mut self, value: i64) -> Self {
        self.0.push(Part::Number(value));
        self
    }

    #[must_use]
    pub fn numbers(mut self, values: Vec<i64>) -> Self {
        self.0.push(Part::Numbers(values));
        self
    }

    #[must_use]
    pub fn flag(mut self, value: bool) -> Self {
        self.0.push(Part::Flag(value));
        self
    }

    #[must_use]
    pub fn flags(mut self, values: Vec<bool>) -> Self {
        self.0.push(Part::Flags(values));
        self
    }

    #[must_use]
    pub fn bytes(mut self, value: Vec<u8>) -> Self {
        self.0.push(Part::Bytes(value));
        self
    }

    /// Cuts to a window of a list whose rows are called `l` and stand newest first, by `created_at` and `id`.
    #[must_use]
    pub fn newest(mut self, window: &Window<(DateTime<Utc>, Uuid)>) -> Self {
        if let Some((at, id)) = window.after {
            self = self.then(" and (l.created_at, l.id) < (").at(at).then(", ").uuid(id).then(")");
        }
        if let Some((at, id)) = window.before {
            self = self.then(" and (l.created_at, l.id) > (").at(at).then(", ").uuid(id).then(")");
        }
        let order = if window.backward {
            " order by l.created_at, l.id limit "
        } else {
            " order by l.created_at desc, l.id desc limit "
        };
        self.then(order).number(window.limit())
    }

    /// Another statement inside this one.
    #[must_use]
    pub fn inner(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl QueryFragment<Pg> for Sql {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_sql(text),
                Part::Word(value) => out.push_bind_param::<Nullable<Text>, _>(value)?,
                Part::Words(values) => out.push_bind_param::<Array<Text>, _>(values)?,
                Part::Uuid(value) => out.push_bind_param::<Nullable<SqlUuid>, _>(value)?,
                Part::Uuids(values) => out.push_bind_param::<Array<SqlUuid>, _>(values)?,
                Part::At(value) => out.push_bind_param::<Timestamptz, _>(value)?,
                Part::Ats(values) => out.push_bind_param::<Array<Timestamptz>, _>(values)?,
                Part::Day(value) => out.push_bind_param::<Date, _>(value)?,
                Part::Number(value) => out.push_bind_param::<BigInt, _>(value)?,
                Part::Numbers(values) => out.push_bind_param::<Array<BigInt>, _>(values)?,
                Part::Flag(value) => out.push_bind_param::<Bool, _>(value)?,
                Part::Flags(values) => out.push_bind_param::<Array<Bool>, _>(values)?,
                Part::Bytes(value) => out.push_bind_param::<Binary, _>(value)?,
            }
        }
        Ok(())
    }
}

impl QueryId for Sql {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Sql {
    type SqlType = Untyped;
}

impl<Conn> diesel::query_dsl::RunQueryDsl<Conn> for Sql {}

/// The text of a typed question without values: written by diesel when it is first asked, and kept. Forty columns written anew each time are a
/// tenth of the work of a small question.
#[derive(Debug, Default)]
pub struct Wording(OnceLock<&'static str>);

impl Wording {
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The question.
    ///
    /// # Errors
    /// Internal where diesel cannot write it, or it has values.
    pub fn sql(&self, question: &impl QueryFragment<Pg>) -> Result<Sql> {
        if let Some(known) = self.0.get() {
            return Ok(Sql::new(known));
        }
        let mut written = PgQueryBuilder::default();
        question.to_sql(&mut written, &Pg).map_err(Error::internal)?;
        let text = written.finish();
        if text.contains('$') {
            return Err(Error::internal("a question with values is not one text"));
        }
        Ok(Sql::new(self.0.get_or_init(|| text.leak())))
    }
}

/// A [`Sql`] whose columns are known by their places: read so they take less than by their names.
#[derive(Clone, Debug)]
pub struct Written<ST> {
    sql: Sql,
    columns: PhantomData<fn() -> ST>,
}

impl<ST> Written<ST> {
    /// One that names its columns itself.
    pub fn new(sql: Sql) -> Self {
        Self { sql, columns: PhantomData }
    }

    /// One that begins with the [`Wording`] of a typed question, and so has its rows.
    pub fn of(_: &impl Query<SqlType = ST>, sql: Sql) -> Self {
        Self::new(sql)
    }
}

impl<ST> QueryFragment<Pg> for Written<ST> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.sql.walk_ast(out)
    }
}

impl<ST> QueryId for Written<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> Query for Written<ST> {
    type SqlType = ST;
}

impl<ST, Conn> diesel::query_dsl::RunQueryDsl<Conn> for Written<ST> {}

/// A typed statement that changes one row: prepared once for each of its texts and kept. diesel would prepare and plan it at every call, which
/// takes longer than to execute it: the text of an INSERT says which columns are null, that of an UPDATE which are set; there are few of each.
#[derive(Clone, Debug)]
pub struct Kept<Q>(Q);

/// Gives the method [`Keep::kept`] to statements.
pub trait Keep: Sized {
    fn kept(self) -> Kept<Self> {
        Kept(self)
    }
}

impl<T: diesel::QuerySource, U, V, R> Keep for UpdateStatement<T, U, V, R> {}
impl<T: diesel::QuerySource, U, O, R> Keep for InsertStatement<T, U, O, R> {}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Kept<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Kept<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q, Conn> diesel::query_dsl::RunQueryDsl<Conn> for Kept<Q> {}

/// A [`Sql`] as a condition of a typed query.
#[derive(Clone, Debug)]
pub struct Condition(pub Sql);

impl Expression for Condition {
    type SqlType = Bool;
}

impl<Source> AppearsOnTable<Source> for Condition {}
impl<Source> SelectableExpression<Source> for Condition {}

impl<Group> ValidGrouping<Group> for Condition {
    type IsAggregate = is_aggregate::Never;
}

impl QueryFragment<Pg> for Condition {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

impl QueryId for Condition {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// A text of ours as a column of a typed query. diesel's own prepares the statement anew each time.
#[derive(Clone, Copy, Debug)]
pub struct Literal<ST> {
    text: &'static str,
    kind: PhantomData<fn() -> ST>,
}

impl<ST> Literal<ST> {
    pub const fn new(text: &'static str) -> Self {
        Self { text, kind: PhantomData }
    }
}

impl<ST: diesel::sql_types::SqlType + diesel::expression::TypedExpressionType> Expression for Literal<ST> {
    type SqlType = ST;
}

impl<ST, Source> AppearsOnTable<Source> for Literal<ST> where Self: Expression {}
impl<ST, Source> SelectableExpression<Source> for Literal<ST> where Self: Expression {}

impl<Group, ST> ValidGrouping<Group> for Literal<ST> {
    type IsAggregate = is_aggregate::Never;
}

impl<ST> QueryFragment<Pg> for Literal<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.text);
        Ok(())
    }
}

impl<ST> QueryId for Literal<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// A count.
#[derive(Clone, Copy, Debug, diesel::QueryableByName)]
pub struct Count {
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::schema::{organization, territory};
    use diesel::{debug_query, prelude::*};

    #[test]
    fn a_kept_text_is_what_diesel_writes() {
        static WORDING: Wording = Wording::new();
        let number = Literal::<BigInt>::new("(select 1::bigint)");
        let question = organization::table
            .left_join(territory::table.on(territory::code.nullable().eq(organization::territory_code)))
            .select((organization::id, territory::name.nullable(), number));
        let text = debug_query::<Pg, _>(&question).to_string();
        for _ in 0..2 {
            let kept = Written::of(&question, WORDING.sql(&question).unwrap());
            let own = Written::of(&question, kept.sql.clone().then(" where organization.id = ").uuid(Uuid::nil()));
            assert_eq!(debug_query::<Pg, _>(&kept).to_string(), text);
            assert!(debug_query::<Pg, _>(&own).to_string().contains(", (select 1::bigint) FROM"), "{text}");
        }
        let valued = question.filter(organization::id.eq(Uuid::nil()));
        assert!(Wording::new().sql(&valued).is_err());
    }
}
