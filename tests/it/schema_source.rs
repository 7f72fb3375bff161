//! Writes `src/db/schema.rs` from what the catalogue says, so that what diesel knows of the tables is what they are.

use std::{collections::BTreeMap, fmt::Write};
use tokio_postgres::Client;

const HEAD: &str =
    "//! Tables as diesel knows them. Generated from the catalogue: `MISTOK_UPDATE=1 cargo test schema_is_generated`.\n";

/// Words of Rust that cannot be names of columns.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut",
    "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

struct Table {
    schema: String,
    key: Vec<String>,
    columns: String,
}

pub async fn generate(client: &Client) -> String {
    let mut tables = tables(client).await;
    // diesel knows no table without a key; those are asked by statements of our own.
    tables.retain(|_, table| !table.key.is_empty());
    let mut out = HEAD.to_owned();
    for (name, table) in &tables {
        let path = if table.schema == "public" { name.clone() } else { format!("{}.{name}", table.schema) };
        let key: Vec<String> = table.key.iter().map(|column| rust(column)).collect();
        write!(out, "\ndiesel::table! {{\n    {path} ({}) {{\n{}    }}\n}}\n", key.join(", "), table.columns).unwrap();
    }
    let mut joins = joins(client).await;
    joins.retain(|(child, ..)| tables.contains_key(child));
    if !joins.is_empty() {
        out.push('\n');
    }
    for (child, column, parent) in joins {
        writeln!(out, "diesel::joinable!({child} -> {parent} ({}));", rust(&column)).unwrap();
    }
    if tables.len() > 1 {
        out.push_str("\ndiesel::allow_tables_to_appear_in_same_query!(\n");
        for name in tables.keys() {
            writeln!(out, "    {name},").unwrap();
        }
        out.push_str(");\n");
    }
    out
}

async fn tables(client: &Client) -> BTreeMap<String, Table> {
    let rows = client
        .query(
            "select n.nspname::text, c.relname::text, a.attname::text, t.typname::text, a.attnotnull,
                coalesce((select array_position(i.indkey::int2[], a.attnum) from pg_index i
                    where i.indrelid = c.oid and i.indisprimary), -1)::int
             from pg_class c
             join pg_namespace n on n.oid = c.relnamespace
             join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
             join pg_type t on t.oid = a.atttypid
             where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('public', 'mistok')
             and c.relname <> '__diesel_schema_migrations'
             order by c.relname, a.attnum",
            &[],
        )
        .await
        .unwrap();
    let mut tables = BTreeMap::new();
    let mut keys: BTreeMap<String, BTreeMap<i32, String>> = BTreeMap::new();
    for row in rows {
        let (schema, name, column, kind): (String, String, String, String) = (row.get(0), row.get(1), row.get(2), row.get(3));
        let table = tables.entry(name.clone()).or_insert(Table { schema, key: Vec::new(), columns: String::new() });
        let Some(sql) = diesel_type(&kind) else {
            writeln!(table.columns, "        // {column}: {kind}, which diesel does not know").unwrap();
            continue;
        };
        let place: i32 = row.get(5);
        if place >= 0 {
            keys.entry(name).or_default().insert(place, column.clone());
        }
        let sql = if row.get(4) { sql } else { format!("Nullable<{sql}>") };
        let field = rust(&column);
        if field != column {
            writeln!(table.columns, "        #[sql_name = \"{column}\"]").unwrap();
        }
        writeln!(table.columns, "        {field} -> {sql},").unwrap();
    }
    for (name, key) in keys {
        tables.get_mut(&name).unwrap().key = key.into_values().collect();
    }
    tables
}

/// Foreign keys of one column by which diesel can join: the only one between two tables.
async fn joins(client: &Client) -> Vec<(String, String, String)> {
    let rows = client
        .query(
            "select child.relname::text, a.attname::text, parent.relname::text
             from pg_constraint k
             join pg_class child on child.oid = k.conrelid and not child.relispartition
             join pg_class parent on parent.oid = k.confrelid
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
             join pg_index i on i.indrelid = k.confrelid and i.indisprimary and i.indkey::int2[] = (k.confkey)::int2[]
             where k.contype = 'f' and cardinality(k.conkey) = 1 and k.conrelid <> k.confrelid
             and not exists (select from pg_constraint other where other.contype = 'f' and other.oid <> k.oid and other.conparentid = 0
                and ((other.conrelid = k.conrelid and other.confrelid = k.confrelid)
                  or (other.conrelid = k.confrelid and other.confrelid = k.conrelid)))
             order by 1, 2, 3",
            &[],
        )
        .await
        .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

fn rust(column: &str) -> String {
    if KEYWORDS.contains(&column) { format!("{column}_") } else { column.to_owned() }
}

fn diesel_type(kind: &str) -> Option<String> {
    if let Some(of) = kind.strip_prefix('_') {
        return Some(format!("Array<{}>", diesel_type(of)?));
    }
    let sql = match kind {
        "uuid" => "Uuid",
        "text" | "varchar" => "Text",
        "bool" => "Bool",
        "int2" => "Int2",
        "int4" => "Int4",
        "int8" => "Int8",
        "float8" => "Float8",
        "date" => "Date",
        "timestamptz" => "Timestamptz",
        "bytea" => "Bytea",
        "jsonb" => "Jsonb",
        // Everything else (xid8, tsvector …) is for SQL alone.
        _ => return None,
    };
    Some(sql.to_owned())
}
