//! What changes for clients between the last released schema and this one: nothing that breaks them, and nothing that the changelog does not tell.

use async_graphql::{
    Positioned,
    parser::{
        parse_schema,
        types::{
            BaseType, ConstDirective, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind,
            TypeSystemDefinition,
        },
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What a change does to a client that fits the older schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    /// Nothing.
    Safe,
    /// It may meet a value or a possibility that it does not know.
    Dangerous,
    /// It is refused, or misses something.
    Breaking,
}

type Changes = BTreeSet<(Grade, String)>;

fn types(sdl: &str) -> BTreeMap<String, TypeDefinition> {
    let definitions = parse_schema(sdl).unwrap().definitions;
    let types = definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(found) => Some((found.node.name.node.to_string(), found.node)),
        _ => None,
    });
    types.collect()
}

fn by_name<T>(all: &[Positioned<T>], name: impl Fn(&T) -> &str) -> BTreeMap<&str, &T> {
    all.iter().map(|one| (name(&one.node), &one.node)).collect()
}

/// Each name with what stands under it before and after.
fn both<'a, T>(
    before: &BTreeMap<&'a str, &'a T>,
    after: &BTreeMap<&'a str, &'a T>,
) -> Vec<(&'a str, Option<&'a T>, Option<&'a T>)> {
    let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    names.into_iter().map(|name| (name, before.get(name).copied(), after.get(name).copied())).collect()
}

/// Whether whoever expects the one is content with the other: what is given may become surer.
fn gives(before: &Type, after: &Type) -> bool {
    let inner = match (&before.base, &after.base) {
        (BaseType::Named(before), BaseType::Named(after)) => before == after,
        (BaseType::List(before), BaseType::List(after)) => gives(before, after),
        _ => false,
    };
    inner && (before.nullable || !after.nullable)
}

/// What a directive says, or nothing.
fn said(directives: &[Positioned<ConstDirective>], name: &str) -> Option<String> {
    let directive = directives.iter().find(|directive| directive.node.name.node == name)?;
    Some(
        directive
            .node
            .arguments
            .iter()
            .map(|(name, value)| format!("{}: {}", name.node, value.node))
            .collect::<Vec<_>>()
            .join(", "),
    )
}

fn inputs(of: &str, before: &[Positioned<InputValueDefinition>], after: &[Positioned<InputValueDefinition>], to: &mut Changes) {
    let named = |all| by_name(all, |input: &InputValueDefinition| input.name.node.as_str());
    for (name, before, after) in both(&named(before), &named(after)) {
        let place = format!("{of}.{name}");
        match (before, after) {
            (Some(_), None) => drop(to.insert((Grade::Breaking, place))),
            (None, Some(new)) => {
                let needed = !new.ty.node.nullable && new.default_value.is_none();
                to.insert((if needed { Grade::Breaking } else { Grade::Dangerous }, place));
            }
            (Some(old), Some(new)) => {
                // What is taken may become laxer.
                if !gives(&new.ty.node, &old.ty.node) {
                    to.insert((Grade::Breaking, place));
                } else if old.ty.node != new.ty.node {
                    to.insert((Grade::Safe, place));
                } else if old.default_value.as_ref().map(|value| &value.node)
                    != new.default_value.as_ref().map(|value| &value.node)
                {
                    to.insert((Grade::Dangerous, place));
                }
            }
            (None, None) => {}
        }
    }
}

fn fields(of: &str, before: &[Positioned<FieldDefinition>], after: &[Positioned<FieldDefinition>], to: &mut Changes) {
    let named = |all| by_name(all, |field: &FieldDefinition| field.name.node.as_str());
    for (name, before, after) in both(&named(before), &named(after)) {
        let place = format!("{of}.{name}");
        match (before, after) {
            (Some(_), None) => drop(to.insert((Grade::Breaking, place))),
            (None, Some(_)) => drop(to.insert((Grade::Safe, place))),
            (Some(old), Some(new)) => {
                if !gives(&old.ty.node, &new.ty.node) {
                    to.insert((Grade::Breaking, place.clone()));
                } else if old.ty.node != new.ty.node
                    || said(&old.directives, "deprecated") != said(&new.directives, "deprecated")
                {
                    to.insert((Grade::Safe, place.clone()));
                }
                // Who was answered is refused, or was never asked for so much.
                if said(&old.directives, "scope") != said(&new.directives, "scope") {
                    to.insert((Grade::Breaking, place.clone()));
                }
                inputs(&place, &old.arguments, &new.arguments, to);
            }
            (None, None) => {}
        }
    }
}

/// Words of an enum, members of a union, interfaces of an object: one more may meet a client that does not know it.
fn words(of: &str, before: BTreeSet<String>, after: BTreeSet<String>, to: &mut Changes) {
    to.extend(before.difference(&after).map(|word| (Grade::Breaking, format!("{of}.{word}"))));
    to.extend(after.difference(&before).map(|word| (Grade::Dangerous, format!("{of}.{word}"))));
}

fn changes(before: &str, after: &str) -> Changes {
    let (before, after) = (types(before), types(after));
    let (before, after): (BTreeMap<&str, _>, BTreeMap<&str, _>) = (
        before.iter().map(|(name, ty)| (name.as_str(), ty)).collect(),
        after.iter().map(|(name, ty)| (name.as_str(), ty)).collect(),
    );
    let mut to = Changes::new();
    for (name, before, after) in both(&before, &after) {
        let (Some(before), Some(after)) = (before, after) else {
            to.insert((if before.is_some() { Grade::Breaking } else { Grade::Safe }, name.to_owned()));
            continue;
        };
        if said(&before.directives, "scope") != said(&after.directives, "scope") {
            to.insert((Grade::Breaking, name.to_owned()));
        }
        let names = |all: &[Positioned<async_graphql::Name>]| all.iter().map(|one| one.node.to_string()).collect();
        match (&before.kind, &after.kind) {
            (TypeKind::Object(old), TypeKind::Object(new)) => {
                words(name, names(&old.implements), names(&new.implements), &mut to);
                fields(name, &old.fields, &new.fields, &mut to);
            }
            (TypeKind::Interface(old), TypeKind::Interface(new)) => fields(name, &old.fields, &new.fields, &mut to),
            (TypeKind::Union(old), TypeKind::Union(new)) => words(name, names(&old.members), names(&new.members), &mut to),
            (TypeKind::Enum(old), TypeKind::Enum(new)) => {
                let names = |of: &async_graphql::parser::types::EnumType| {
                    of.values.iter().map(|one| one.node.value.node.to_string()).collect()
                };
                words(name, names(old), names(new), &mut to);
            }
            (TypeKind::InputObject(old), TypeKind::InputObject(new)) => inputs(name, &old.fields, &new.fields, &mut to),
            (TypeKind::Scalar, TypeKind::Scalar) => {}
            _ => drop(to.insert((Grade::Breaking, name.to_owned()))),
        }
    }
    to
}

/// What the changelog tells of the next release: `- SAFE \`Type.field\` …`, a line for each change.
fn told(changelog: &str) -> Changes {
    let next = changelog.split("\n## ").nth(1).expect("a section for the next release");
    assert!(next.starts_with("Unreleased"), "{next}");
    let line = |line: &str| {
        let (grade, rest) = line.strip_prefix("- ")?.split_once(' ')?;
        let grade = match grade {
            "SAFE" => Grade::Safe,
            "DANGEROUS" => Grade::Dangerous,
            "BREAKING" => Grade::Breaking,
            other => panic!("{other}: SAFE, DANGEROUS or BREAKING"),
        };
        let place = rest.split('`').nth(1).expect("the place of the change, between backticks");
        assert!(rest.split_once("` ").is_some_and(|(_, why)| why.len() > 10), "why: {line}");
        Some((grade, place.to_owned()))
    };
    next.lines().filter_map(line).collect()
}

#[test]
fn nothing_changes_for_clients_that_the_changelog_does_not_tell() {
    let read = |name: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name)).unwrap();
    let changes = changes(&read("released.graphql"), &mistok::graphql::schema::sdl());
    assert_eq!(changes, told(&read("CHANGELOG.md")), "left: found, right: told in schema/CHANGELOG.md");
    let breaking: Vec<_> = changes.iter().filter(|(grade, _)| *grade == Grade::Breaking).collect();
    assert_eq!(breaking, Vec::<&(Grade, String)>::new(), "deprecate it, and take it away in the next major version");
}

#[test]
fn each_kind_of_change_has_its_grade() {
    let before = r#"
        directive @scope(all: String!) on FIELD_DEFINITION
        interface Node { id: ID! }
        type A implements Node { id: ID! old: Int list: [Int] sure: Int! arg(x: Int, y: Int! = 1): Int scoped: Int @scope(all: "a:read") }
        enum Word { ONE TWO }
        input In { a: Int b: Int! c: Int = 1 }
        union Any = A
        scalar Time
    "#;
    let graded = |old: &str, new: &str| {
        assert!(before.contains(old), "{old}");
        let found = changes(before, &before.replacen(old, new, 1));
        found.into_iter().map(|(grade, place)| format!("{grade:?} {place}")).collect::<Vec<_>>().join(", ")
    };
    for (old, new, grade) in [
        ("old: Int ", "", "Breaking A.old"),
        ("old: Int ", "old: Int new: Int ", "Safe A.new"),
        ("old: Int ", "old: Int! ", "Safe A.old"),
        ("sure: Int!", "sure: Int", "Breaking A.sure"),
        ("list: [Int]", "list: [Int!]!", "Safe A.list"),
        ("list: [Int]", "list: Int", "Breaking A.list"),
        ("old: Int ", "old: Int @deprecated(reason: \"x\") ", "Safe A.old"),
        ("x: Int,", "", "Breaking A.arg.x"),
        ("x: Int,", "x: Int!,", "Breaking A.arg.x"),
        ("x: Int,", "x: Int, z: Int,", "Dangerous A.arg.z"),
        ("x: Int,", "x: Int, z: Int!,", "Breaking A.arg.z"),
        ("y: Int! = 1", "y: Int = 1", "Safe A.arg.y"),
        ("y: Int! = 1", "y: Int! = 2", "Dangerous A.arg.y"),
        ("@scope(all: \"a:read\")", "", "Breaking A.scoped"),
        ("@scope(all: \"a:read\")", "@scope(all: \"b:read\")", "Breaking A.scoped"),
        ("ONE TWO", "ONE", "Breaking Word.TWO"),
        ("ONE TWO", "ONE TWO THREE", "Dangerous Word.THREE"),
        ("a: Int b", "b", "Breaking In.a"),
        ("b: Int!", "b: Int", "Safe In.b"),
        ("a: Int b", "a: Int! b", "Breaking In.a"),
        ("c: Int = 1", "c: Int = 1 d: Int", "Dangerous In.d"),
        ("implements Node", "", "Breaking A.Node"),
        ("scalar Time", "", "Breaking Time"),
        ("scalar Time", "type Time { a: Int }", "Breaking Time"),
        ("scalar Time", "scalar Time scalar Day", "Safe Day"),
        ("enum Word { ONE TWO }", "enum Word { TWO ONE }", ""),
    ] {
        assert_eq!(graded(old, new), grade, "{old} → {new}");
    }
}

/// Whoever uses what will go must know when, and what to take instead.
#[test]
fn what_is_deprecated_says_until_when() {
    let sdl = mistok::graphql::schema::sdl();
    for line in sdl.lines().filter(|line| line.contains("@deprecated")) {
        let day =
            line.split("until ").nth(1).and_then(|rest| chrono::NaiveDate::parse_from_str(rest.get(..10)?, "%Y-%m-%d").ok());
        assert!(day.is_some(), "its reason ends with \"until YYYY-MM-DD\": {line}");
    }
}
