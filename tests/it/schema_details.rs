//! Laws of the database, tested by asking its catalogue: what a migration forgets fails here, with its name.

use crate::{
    schema_source,
    stage::{self, Stage},
};
use mistok::db::{embedded::Cluster, migrate};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Tables without row-level security, and why each needs none.
const PUBLIC: &[(&str, &str)] = &[("__diesel_schema_migrations", "names of migrations; the server only reads it")];

/// Lists of words in CHECKs that are on purpose no whole list of the program: constraint and reason.
const PARTIAL: &[(&str, &str)] =
    &[("receiver_day_measure_is_a_word", "what the database counts for itself: the program never says these words")];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// One column of text from a question to the catalogue.
async fn ask(stage: &Stage, sql: &str) -> Vec<String> {
    stage.owner().await.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[test]
fn every_migration_is_built_in() {
    let mut found: Vec<String> = Vec::new();
    for entry in fs::read_dir(root().join("migrations")).unwrap() {
        found.push(entry.unwrap().file_name().into_string().unwrap());
    }
    found.sort();
    assert_eq!(found, migrate::NAMES, "each directory of migrations/ has its line in src/db/migrate.rs, in order");
}

#[tokio::test]
async fn schema_is_generated() {
    let stage = Stage::new().await;
    let says = schema_source::generate(&stage.owner().await).await;
    let path = root().join("src/db/schema.rs");
    if std::env::var_os("MISTOK_UPDATE").is_some() {
        fs::write(&path, &says).unwrap();
    }
    let stands = fs::read_to_string(&path).unwrap();
    assert!(stands == says, "src/db/schema.rs is not what the catalogue says: MISTOK_UPDATE=1 cargo test schema_is_generated");
}

#[tokio::test]
async fn every_table_has_its_wall() {
    let stage = Stage::new().await;
    let open = ask(
        &stage,
        "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('public', 'mistok')
         and not (c.relrowsecurity and c.relforcerowsecurity) order by 1",
    )
    .await;
    let listed: Vec<&str> = PUBLIC.iter().map(|(table, _)| *table).collect();
    assert_eq!(open, listed, "row-level security is enabled and forced, or the table stands in PUBLIC with its reason");

    // Policies of a partitioned table hold only when it is asked by its own name.
    let granted = ask(
        &stage,
        "select c.relname::text from pg_class c where c.relispartition
         and has_table_privilege('mistok_app', c.oid, 'select, insert, update, delete')",
    )
    .await;
    assert_eq!(granted, [""; 0], "partitions are reached through their table alone");
}

#[tokio::test]
async fn every_door_of_a_table_names_its_keeper() {
    let stage = Stage::new().await;
    // One policy for all commands lets a party invent the other one.
    let wide = ask(
        &stage,
        "select p.polname || ' on ' || c.relname from pg_policy p join pg_class c on c.oid = p.polrelid
         where p.polroles = '{0}' or (p.polcmd = '*' and p.polname not in ('keeper', 'errands')) order by 1",
    )
    .await;
    assert_eq!(wide, [""; 0], "a policy names its role and its command");
    let without = ask(
        &stage,
        "select c.relname::text from pg_class c where c.relrowsecurity and not exists (
            select from pg_policy p where p.polrelid = c.oid and p.polname = 'keeper'
            and p.polroles = array[(select oid from pg_roles where rolname = 'mistok_owner')]) order by 1",
    )
    .await;
    assert_eq!(without, [""; 0], "`keeper` lets migrations see the rows");
    let truncatable = ask(
        &stage,
        "select c.relname::text from pg_class c where c.relkind in ('r', 'p')
         and has_table_privilege('mistok_app', c.oid, 'truncate, references, trigger') order by 1",
    )
    .await;
    assert_eq!(truncatable, [""; 0], "row-level security does not hold for TRUNCATE");
}

#[tokio::test]
async fn functions_of_the_owner_are_closed() {
    let stage = Stage::new().await;
    let loose = ask(
        &stage,
        "select p.proname::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname in ('public', 'mistok') and p.prosecdef
         and not coalesce(p.proconfig::text like '%search_path=%pg_temp%', false)
         and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by 1",
    )
    .await;
    assert_eq!(loose, [""; 0], "a SECURITY DEFINER function sets its search_path, pg_temp last");
    let open = ask(
        &stage,
        "select p.proname::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname in ('public', 'mistok') and p.prosecdef and has_function_privilege('public', p.oid, 'execute')
         and p.prorettype <> 'trigger'::regtype order by 1",
    )
    .await;
    assert_eq!(open, [""; 0], "a SECURITY DEFINER function is revoked from public and granted by name");
}

#[tokio::test]
async fn words_in_checks_are_the_words_of_the_program() {
    let stage = Stage::new().await;
    let rows = stage
        .owner()
        .await
        .query(
            "select k.conname::text, pg_get_constraintdef(k.oid) from pg_constraint k
             join pg_class c on c.oid = k.conrelid and not c.relispartition
             where k.contype = 'c' and (k.conname like '%is\\_a\\_word' or k.conname like '%are\\_words'
                or (cardinality(k.conkey) = 1 and pg_get_constraintdef(k.oid) ~ '^CHECK \\(\\(\\w+ = ANY \\(''\\{[\\w:,]+\\}''::text'))
             order by 1",
            &[],
        )
        .await
        .unwrap();
    let lists = word_lists();
    assert!(!rows.is_empty() && lists.len() > 20, "something to compare");
    let mut wrong = Vec::new();
    for row in rows {
        let (name, says): (String, String) = (row.get(0), row.get(1));
        let words: BTreeSet<String> = says
            .split('\'')
            .skip(1)
            .step_by(2)
            .flat_map(|text| text.trim_matches(['{', '}']).split(','))
            .map(str::to_owned)
            .collect();
        let known = lists.values().any(|list| *list == words) || PARTIAL.iter().any(|(partial, _)| *partial == name);
        if !known {
            let near = lists.iter().max_by_key(|(_, list)| list.intersection(&words).count()).unwrap();
            wrong.push(format!(
                "{name}: differs from {} in {:?}",
                near.0,
                near.1.symmetric_difference(&words).collect::<Vec<_>>()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let slow = ask(
        &stage,
        "select conname::text from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace and pg_get_constraintdef(oid) like '%ARRAY[%'",
    )
    .await;
    assert_eq!(slow, [""; 0], "a list in a CHECK is one constant, = any('{{A,B}}'): each statement that writes reads it anew");
}

/// Every `words!` of the program: its name and its words.
fn word_lists() -> BTreeMap<String, BTreeSet<String>> {
    let mut lists: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        for block in text.split("\nwords! {").skip(1) {
            let block = block.split("\n}").next().unwrap();
            let lines = block.lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.starts_with("#["));
            let mut name = "";
            for line in lines {
                if let Some(head) = line.strip_suffix(" {") {
                    name = head;
                } else if let Some((_, word)) = line.split_once(" = \"") {
                    lists.entry(name.to_owned()).or_default().insert(word.trim_end_matches("\",").to_owned());
                }
            }
        }
    }
    // Scopes have a list of their own making.
    lists.insert("Scope".into(), mistok::access::Scope::ALL.iter().map(|scope| scope.word().to_owned()).collect());
    lists
}

fn rust_files(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs") {
            into.push(path);
        }
    }
}

#[tokio::test]
async fn every_foreign_key_has_an_index() {
    let stage = Stage::new().await;
    let bare = ask(
        &stage,
        "select k.conname || ' of ' || c.relname from pg_constraint k join pg_class c on c.oid = k.conrelid and not c.relispartition
         where k.contype = 'f' and not exists (
            select from pg_index i where i.indrelid = k.conrelid
            and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) ~ '^\\(\\w+ IS NOT NULL\\)$')
            and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
         order by 1",
    )
    .await;
    assert_eq!(bare, [""; 0], "a foreign key without an index makes every change of its target read the whole table");
}

#[tokio::test]
async fn names_say_the_law() {
    let stage = Stage::new().await;
    let unnamed = ask(
        &stage,
        "select k.conname || ' of ' || c.relname from pg_constraint k join pg_class c on c.oid = k.conrelid and not c.relispartition
         where k.contype in ('c', 'u', 'x') and k.conname ~ '(_check|_key|_excl)[0-9]*$' and c.relname <> '__diesel_schema_migrations'
         order by 1",
    )
    .await;
    assert_eq!(unnamed, [""; 0], "PostgreSQL invented the name: say which law is broken");
    let enums = ask(&stage, "select typname::text from pg_type where typtype = 'e' order by 1").await;
    assert_eq!(enums, [""; 0], "words are text: operators of enums are not leakproof, so policies keep them out of indexes");
}

/// What the database is, without what differs from dump to dump.
fn dump(cluster: &Cluster, url: &str) -> String {
    let program = cluster.program("pg_dump").unwrap();
    eprintln!("{program:?}");
    let said = std::process::Command::new(program)
        .args(["--schema-only", "--exclude-table=__diesel_schema_migrations", url])
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let text = String::from_utf8(said.stdout).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("--") && !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn down_undoes_up() {
    let stage = Stage::bare().await;
    let (url, superuser) = (stage.owner_url(), stage.superuser_url());
    let now = || dump(&stage::CLUSTER, &superuser);
    let mut states = vec![now()];
    while migrate::up_one(&url).await.unwrap().is_some() {
        states.push(now());
    }
    assert_eq!(states.len(), migrate::NAMES.len() + 1);
    let newest = states.pop().unwrap();
    for (name, before) in migrate::NAMES.iter().zip(&states).rev() {
        migrate::down(&url).await.unwrap().unwrap();
        let after = now();
        let left: Vec<&str> = after.lines().filter(|line| !before.contains(line)).collect();
        assert!(after == *before, "the down.sql of {name} leaves or takes too much: {left:#?}");
    }
    assert_eq!(migrate::down(&url).await.unwrap(), None);
    assert_eq!(migrate::up(&url).await.unwrap(), migrate::NAMES);
    assert!(now() == newest, "up, down and up again is not up");
}
