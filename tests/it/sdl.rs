//! The schema that partners read: it is the server's own, and it keeps the laws that no compiler checks.

use async_graphql::{
    Positioned,
    parser::{
        parse_schema,
        types::{
            BaseType, ConstDirective, EnumType, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind,
            TypeSystemDefinition,
        },
    },
};
use mistok::{
    access::{Scope, Scopes},
    base::error::{ErrorCode, UserErrorCode},
    graphql::schema,
};
use std::{collections::BTreeMap, fs, path::Path};

/// Fields of the root that any application may ask, and why.
const OPEN: &[(&str, &str)] = &[
    ("viewer", "who asks may know who asks"),
    ("node", "the concrete type decides"),
    ("nodes", "the concrete type decides"),
    ("territory", "the codifier is public"),
    ("territories", "the codifier is public"),
    ("serviceTypes", "the classifier is public"),
    ("codelist", "the words of the schema itself"),
    ("organization", "the registry is open to every partner"),
    ("organizationByEdrpou", "the registry is open to every partner"),
    ("organizations", "the registry is open to every partner"),
    ("centre", "the registry is open to every partner"),
    ("centres", "the registry is open to every partner"),
    ("changes", "only of objects whose scope the caller holds"),
    ("changesHead", "it tells no change"),
    ("rateLimit", "who asks may know how much is left"),
];

/// Free text about a person, wherever it stands.
const ABOUT_A_PERSON: &[&str] = &["reason", "note", "justification", "summary", "text", "evidence"];

/// The same names where no person is meant.
const NOT_ABOUT_A_PERSON: &[(&str, &str)] = &[
    ("Observation.note", "a figure holds no person; what repeats a small one is kept back with it"),
    ("MemorandumEvent.reason", "why organisations part; a memorandum holds no person"),
    ("ContractEvent.reason", "why a contract moves; a contract holds no person"),
    ("Payment.reason", "why money came back; a contract holds no person"),
    ("ServiceAct.note", "what the funder has decided; an act holds no person"),
    ("FieldAccess.reason", "a word, not a text"),
];

/// Types of one's own records: nobody but their owner reaches them, and it shows them with a purpose alone.
const OWN_RECORDS: &[&str] = &["Case", "CaseEvent", "Consent", "NeedsAssessment", "Person", "PlanGoal"];

/// What a receiver may know of the subject of every referral that was sent.
const SHOWN_TO_EVERY_RECEIVER: &[&str] = &["pseudonym", "kind", "minor"];

/// Parts of names under which a personal code could be read.
const PERSONAL_CODES: &[&str] = &["tax", "rnokpp", "ipn", "passport", "unzr"];

struct Sdl(BTreeMap<String, TypeDefinition>);

impl Sdl {
    fn new() -> Self {
        let document = parse_schema(schema::sdl()).unwrap_or_else(|fault| panic!("{fault}"));
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(ty) => Some((ty.node.name.node.to_string(), ty.node)),
            _ => None,
        });
        Self(types.collect())
    }

    /// The fields of an object or interface; none for other types.
    fn fields(&self, name: &str) -> Vec<&FieldDefinition> {
        self.0.get(name).map(fields).unwrap_or_default()
    }

    /// All readable fields with the type that has them.
    fn all_fields(&self) -> impl Iterator<Item = (&str, &FieldDefinition)> {
        self.0.iter().flat_map(|(name, ty)| fields(ty).into_iter().map(|field| (name.as_str(), field)))
    }

    fn words(&self, name: &str) -> Vec<String> {
        match &self.0[name].kind {
            TypeKind::Enum(EnumType { values }) => values.iter().map(|value| value.node.value.node.to_string()).collect(),
            _ => panic!("{name} is no enum"),
        }
    }

    /// The scopes that a type demands wherever it is reached; a page demands those of its items.
    fn demands(&self, name: &str) -> Scopes {
        let own = scopes(self.0.get(name).map(|ty| &ty.directives[..]).unwrap_or_default());
        let item = match name.strip_suffix("Connection").or(name.strip_suffix("Edge")) {
            Some(node) => scopes(self.0.get(node).map(|ty| &ty.directives[..]).unwrap_or_default()),
            None => Scopes::default(),
        };
        own.iter().chain(item.iter()).collect()
    }
}

fn fields(ty: &TypeDefinition) -> Vec<&FieldDefinition> {
    match &ty.kind {
        TypeKind::Object(object) => object.fields.iter().map(|field| &field.node).collect(),
        TypeKind::Interface(interface) => interface.fields.iter().map(|field| &field.node).collect(),
        _ => Vec::new(),
    }
}

fn directive<'a>(directives: &'a [Positioned<ConstDirective>], name: &str) -> Option<&'a ConstDirective> {
    directives.iter().map(|directive| &directive.node).find(|directive| directive.name.node == name)
}

fn scopes(directives: &[Positioned<ConstDirective>]) -> Scopes {
    let named = directives.iter().filter(|directive| directive.node.name.node == "scope");
    let scope = |directive: &Positioned<ConstDirective>| match &directive.node.arguments[0].1.node {
        async_graphql::Value::String(word) => Scope::of(word).unwrap_or_else(|| panic!("{word} is no scope")),
        other => panic!("{other:?} is no scope"),
    };
    named.map(scope).collect()
}

fn innermost(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(of) => innermost(of),
    }
}

/// All that is wrong, at once.
fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sdl_is_committed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/schema.graphql");
    let says = schema::sdl();
    if std::env::var_os("MISTOK_UPDATE").is_some() {
        fs::write(&path, &says).unwrap();
    }
    let stands = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == says,
        "schema/schema.graphql is not what the server answers with: MISTOK_UPDATE=1 cargo test sdl_is_committed"
    );
}

#[test]
fn roots_say_who_may_ask_and_who_learns_of_it() {
    let sdl = Sdl::new();
    let mut wrong = Vec::new();
    for field in sdl.fields("Mutation") {
        let name = &field.name.node;
        if scopes(&field.directives).is_empty() {
            wrong.push(format!("Mutation.{name} carries no @scope"));
        }
        let emits = directive(&field.directives, "emits").map(|emits| emits.arguments[0].1.node.to_string());
        if emits.is_none_or(|changes| changes == "[]") {
            wrong.push(format!("Mutation.{name} carries no @emits"));
        }
    }
    for field in sdl.fields("Query") {
        let name = field.name.node.as_str();
        if scopes(&field.directives).is_empty() != OPEN.iter().any(|(open, _)| *open == name) {
            wrong.push(format!("Query.{name} either carries @scope or is open, with a reason"));
        }
    }
    wrong.extend(
        OPEN.iter()
            .map(|(name, _)| *name)
            .filter(|name| !sdl.fields("Query").iter().any(|field| field.name.node == *name))
            .map(|name| format!("Query.{name} is gone")),
    );
    none(wrong);
}

#[test]
fn personal_data_is_marked() {
    let sdl = Sdl::new();
    let mut wrong = Vec::new();
    for (ty, field) in sdl.all_fields() {
        let name = field.name.node.as_str();
        let personal = match ty {
            "Person" => true,
            "SharedSubject" => !SHOWN_TO_EVERY_RECEIVER.contains(&name),
            _ => {
                let elsewhere = NOT_ABOUT_A_PERSON.iter().any(|(other, _)| *other == format!("{ty}.{name}"));
                ABOUT_A_PERSON.contains(&name) && innermost(&field.ty.node) == "String" && !elsewhere
            }
        };
        let marked = directive(&field.directives, "pii").is_some();
        if personal && !marked {
            wrong.push(format!("{ty}.{name} is personal and carries no @pii"));
        }
        if marked && !field.ty.node.nullable {
            wrong.push(format!("{ty}.{name} carries @pii and cannot be hidden: it is not nullable"));
        }
        if PERSONAL_CODES.iter().any(|code| name.to_lowercase().contains(code)) {
            wrong.push(format!("{ty}.{name}: a personal code can be written and never read"));
        }
    }
    assert!(sdl.fields("Person").len() >= 10 && sdl.fields("SharedSubject").len() >= 20, "they have other names now");
    none(wrong);
}

/// What crosses from one organisation to another passes the one rule: each field that carries @pii stands in its list, under
/// the group by which the rule decides, and the list has no other.
#[test]
fn personal_data_passes_the_rule_of_sharing() {
    let sdl = Sdl::new();
    let mut marked: BTreeMap<String, String> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (ty, field) in sdl.all_fields() {
        let Some(pii) = directive(&field.directives, "pii") else { continue };
        let group = pii.arguments[0].1.node.to_string();
        let name = &field.name.node;
        match ty {
            "SharedSubject" => drop(marked.insert(format!("subject.{name}"), group)),
            "Referral" => drop(marked.insert(name.to_string(), group)),
            "ReferralEvent" => drop(marked.insert(format!("timeline.{name}"), group)),
            own if OWN_RECORDS.contains(&own) => {}
            other => wrong.push(format!("{other}.{name} carries @pii: by which rule is it shown?")),
        }
    }
    none(wrong);
    let ruled: BTreeMap<String, String> =
        mistok::referral::sharing::fields().map(|(field, rule)| (field, rule.group().word().to_owned())).collect();
    assert_eq!(marked, ruled, "fields with @pii (left) are not those of the rule (right)");
}

/// Without the scope a nested object is null: it must not take its parent along.
#[test]
fn what_needs_another_scope_can_be_null() {
    let sdl = Sdl::new();
    let mut wrong = Vec::new();
    for (ty, field) in sdl.all_fields() {
        let held: Scopes = sdl.demands(ty).iter().chain(scopes(&field.directives).iter()).collect();
        let needed = sdl.demands(innermost(&field.ty.node));
        if !held.contains(needed) && !field.ty.node.nullable {
            wrong.push(format!("{ty}.{} must be nullable: it needs {}", field.name.node, needed.words().join(", ")));
        }
    }
    none(wrong);
}

#[test]
fn everything_is_described() {
    let sdl = Sdl::new();
    let mut wrong = Vec::new();
    let mut check = |what: String, description: &Option<Positioned<String>>| {
        if description.as_ref().is_none_or(|text| text.node.trim().is_empty()) {
            wrong.push(format!("{what} has no description"));
        }
    };
    for (name, ty) in &sdl.0 {
        check(name.clone(), &ty.description);
        for field in fields(ty) {
            check(format!("{name}.{}", field.name.node), &field.description);
            inputs(&field.arguments)
                .for_each(|input| check(format!("{name}.{}({})", field.name.node, input.name.node), &input.description));
        }
        match &ty.kind {
            TypeKind::Enum(words) => {
                words.values.iter().for_each(|word| check(format!("{name}.{}", word.node.value.node), &word.node.description));
            }
            TypeKind::InputObject(object) => {
                inputs(&object.fields).for_each(|input| check(format!("{name}.{}", input.name.node), &input.description));
            }
            _ => {}
        }
    }
    none(wrong);
}

fn inputs(given: &[Positioned<InputValueDefinition>]) -> impl Iterator<Item = &InputValueDefinition> {
    given.iter().map(|input| &input.node)
}

#[test]
fn codes_are_those_of_the_program() {
    let sdl = Sdl::new();
    let words = |all: Vec<&'static str>| all.into_iter().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(sdl.words("ErrorCode"), words(ErrorCode::ALL.iter().map(|code| code.word()).collect()));
    assert_eq!(sdl.words("UserErrorCode"), words(UserErrorCode::ALL.iter().map(|code| code.word()).collect()));
}

/// Conventions of every mutation and every list, so that one client's code serves all.
#[test]
fn mutations_and_lists_are_alike() {
    let sdl = Sdl::new();
    let mut wrong = Vec::new();
    for field in sdl.fields("Mutation") {
        let name = field.name.node.as_str();
        let kind = name[..1].to_uppercase() + &name[1..] + "Input";
        let input: Vec<_> =
            inputs(&field.arguments).map(|input| (input.name.node.as_str(), input.ty.node.to_string())).collect();
        if input != [("input", format!("{kind}!"))] {
            wrong.push(format!("Mutation.{name} takes one argument input: {kind}!"));
        }
        if let TypeKind::InputObject(object) = &sdl.0[&kind].kind {
            let has = |name: &str| inputs(&object.fields).any(|input| input.name.node == name);
            if !has("idempotencyKey") {
                wrong.push(format!("{kind} takes no idempotencyKey"));
            }
            // A payment is no object of its own: its contract moves, by whichever id it is named.
            let named = has("id") || matches!(kind.as_str(), "PaymentRecordInput" | "PaymentReverseInput");
            if named != has("expectedVersion") {
                wrong.push(format!("{kind}: who names an object names the version that he has read"));
            }
        }
        let payload = sdl.fields(innermost(&field.ty.node));
        for (name, ty) in [("userErrors", "[UserError!]!"), ("replayed", "Boolean!")] {
            if !payload.iter().any(|field| field.name.node == name && field.ty.node.to_string() == ty) {
                wrong.push(format!("{} has no {name}: {ty}", innermost(&field.ty.node)));
            }
        }
    }
    for (ty, field) in sdl.all_fields().filter(|(_, field)| innermost(&field.ty.node).ends_with("Connection")) {
        let fails =
            directive(&field.directives, "fails").map(|fails| fails.arguments[0].1.node.to_string()).unwrap_or_default();
        if !fails.contains("BAD_USER_INPUT") || !fails.contains("INVALID_CURSOR") {
            wrong.push(format!("{ty}.{} does not say by @fails how a page can fail", field.name.node));
        }
    }
    none(wrong);
}
