//! Bounds of a document, held before it is validated: what validation would multiply is counted here in linear time.
//! First the text (a cheap count of tokens, so that the parser never meets a deep or an endless one), then the tree.

mod scan;

use super::error::refusal;
use crate::base::error::ErrorCode;
use async_graphql::{
    Pos, Positioned, ServerError,
    parser::{
        self,
        types::{Directive, ExecutableDocument, Selection, SelectionSet},
    },
};
use async_graphql_value::Value;
use scan::Scan;
use std::collections::HashMap;

/// What one document may hold.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Names, numbers, strings and signs of the text.
    pub tokens: usize,
    /// Operations of one document; one of them is executed.
    pub operations: usize,
    pub fragments: usize,
    /// Fields of one operation's root.
    pub roots: usize,
    /// Fields below each other.
    pub depth: usize,
    /// Sets of selections below each other, fragments counted.
    pub levels: usize,
    /// Aliases of the whole text.
    pub aliases: usize,
    /// Directives of one field or fragment.
    pub directives: usize,
    /// Directives of the whole text.
    pub directives_in_all: usize,
    /// Selections of one operation, each fragment counted wherever it is spread.
    pub selections: usize,
    /// Variables of one operation.
    pub variables: usize,
    /// Lists and objects below each other in a value.
    pub nesting: usize,
    /// Items of one list or fields of one object in the text; longer ones belong into variables.
    pub items: usize,
    /// Lists of types, fields and the like below each other in an introspection.
    pub introspection: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            tokens: 20_000,
            operations: 50,
            fragments: 200,
            roots: 50,
            depth: 20,
            levels: 32,
            aliases: 300,
            directives: 5,
            directives_in_all: 500,
            selections: 5_000,
            variables: 100,
            nesting: 16,
            items: 1_000,
            introspection: 3,
        }
    }
}

type Checked<T = ()> = Result<T, ServerError>;

/// Parses a document that keeps the bounds.
pub fn parse(text: &str, bounds: &Bounds) -> Checked<ExecutableDocument> {
    Scan::of(text, bounds).run()?;
    let document = parser::parse_query(text).map_err(plain)?;
    Count { document: &document, bounds, known: HashMap::new(), aliases: 0, directives: 0 }.run()?;
    Ok(document)
}

fn excess(what: &str, most: usize, at: Option<Pos>) -> ServerError {
    refusal(ErrorCode::QueryTooComplex, format!("The document has more than {most} {what}."), at)
}

/// The parser's words without its drawing and its inner names.
fn plain(fault: parser::Error) -> ServerError {
    let at = fault.positions().next();
    let said = fault.to_string();
    let (code, message) = match &fault {
        parser::Error::Syntax { .. } => {
            let expected = said.lines().last().and_then(|line| line.trim_start().strip_prefix("= "));
            let expected = expected.map_or_else(String::new, |expected| format!(": {}", expected.replace('_', " ").trim()));
            (ErrorCode::SyntaxError, format!("The document is not GraphQL{expected}."))
        }
        parser::Error::RecursionLimitExceeded => (ErrorCode::QueryTooComplex, "The document is nested too deep.".into()),
        parser::Error::MissingOperation => (ErrorCode::SyntaxError, "The document has no operation.".into()),
        _ => (ErrorCode::ValidationFailed, format!("The {said}.")),
    };
    refusal(code, message, at)
}

/// What a set of selections comes to, with all that it spreads.
#[derive(Clone, Copy, Default)]
struct Size {
    selections: usize,
    depth: usize,
    levels: usize,
    roots: usize,
    lists: usize,
}

/// The second walk, over the tree: each fragment is measured once, however often it is spread.
struct Count<'a> {
    document: &'a ExecutableDocument,
    bounds: &'a Bounds,
    /// `None` while the fragment is being measured: meeting it then is a ring.
    known: HashMap<&'a str, Option<Size>>,
    aliases: usize,
    directives: usize,
}

impl<'a> Count<'a> {
    fn run(mut self) -> Checked {
        let (document, bounds) = (self.document, self.bounds);
        if document.operations.iter().len() > bounds.operations {
            return Err(excess("operations", bounds.operations, None));
        }
        if document.fragments.len() > bounds.fragments {
            return Err(excess("fragments", bounds.fragments, None));
        }
        for (name, fragment) in &document.fragments {
            self.directives(&fragment.node.directives, fragment.pos)?;
            // Unused fragments too: validation visits them.
            let size = self.fragment(name, 0, fragment.pos)?;
            self.held(size, fragment.pos)?;
        }
        for (_, operation) in document.operations.iter() {
            let (at, operation) = (operation.pos, &operation.node);
            self.directives(&operation.directives, at)?;
            if operation.variable_definitions.len() > bounds.variables {
                return Err(excess("variables", bounds.variables, Some(at)));
            }
            for variable in &operation.variable_definitions {
                self.directives(&variable.node.directives, variable.pos)?;
                if let Some(value) = &variable.node.default_value {
                    self.value(&value.node.clone().into_value(), value.pos)?;
                }
            }
            let size = self.set(&operation.selection_set.node, 0, at)?;
            if size.roots > bounds.roots {
                return Err(excess("fields at the root of an operation", bounds.roots, Some(at)));
            }
            self.held(size, at)?;
        }
        Ok(())
    }

    fn held(&self, size: Size, at: Pos) -> Checked {
        let bounds = self.bounds;
        if size.selections > bounds.selections {
            return Err(excess("selections, each fragment counted wherever it is spread", bounds.selections, Some(at)));
        }
        if size.depth > bounds.depth {
            return Err(excess("fields below each other", bounds.depth, Some(at)));
        }
        Ok(())
    }

    fn set(&mut self, set: &'a SelectionSet, level: usize, at: Pos) -> Checked<Size> {
        if level > self.bounds.levels {
            return Err(excess("sets of selections below each other", self.bounds.levels, Some(at)));
        }
        let mut whole = Size::default();
        for item in &set.items {
            self.directives(item.node.directives(), item.pos)?;
            let part = match &item.node {
                Selection::Field(field) => self.field(&field.node, level, item.pos)?,
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node, level + 1, item.pos)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, level + 1, item.pos)?,
            };
            whole.selections = whole.selections.saturating_add(part.selections).saturating_add(1);
            whole.roots = whole.roots.saturating_add(part.roots);
            whole.depth = whole.depth.max(part.depth);
            whole.levels = whole.levels.max(part.levels + 1);
            whole.lists = whole.lists.max(part.lists);
        }
        Ok(whole)
    }

    fn field(&mut self, field: &'a parser::types::Field, level: usize, at: Pos) -> Checked<Size> {
        self.aliases += usize::from(field.alias.is_some());
        if self.aliases > self.bounds.aliases {
            return Err(excess("aliases", self.bounds.aliases, Some(at)));
        }
        for (_, value) in &field.arguments {
            self.value(&value.node, value.pos)?;
        }
        let set = &field.selection_set.node;
        let below = if set.items.is_empty() { Size::default() } else { self.set(set, level + 1, at)? };
        let name = field.name.node.as_str();
        // Each of these lists multiplies the answer; the usual introspection has one below another at most.
        let lists = below.lists + usize::from(matches!(name, "fields" | "interfaces" | "possibleTypes" | "inputFields"));
        if lists >= self.bounds.introspection && matches!(name, "__schema" | "__type") {
            return Err(excess("lists below each other in an introspection", self.bounds.introspection - 1, Some(at)));
        }
        Ok(Size { roots: 1, depth: below.depth + 1, lists, ..below })
    }

    fn fragment(&mut self, name: &'a str, level: usize, at: Pos) -> Checked<Size> {
        // A fragment that is not there: validation says so.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        match self.known.get(name) {
            Some(Some(size)) if level + size.levels > self.bounds.levels + 1 => {
                Err(excess("sets of selections below each other", self.bounds.levels, Some(at)))
            }
            Some(Some(size)) => Ok(*size),
            Some(None) => {
                Err(refusal(ErrorCode::ValidationFailed, format!("The fragment \"{name}\" contains itself."), Some(at)))
            }
            None => {
                self.known.insert(name, None);
                let size = self.set(&fragment.node.selection_set.node, level, at)?;
                self.known.insert(name, Some(size));
                Ok(size)
            }
        }
    }

    fn directives(&mut self, directives: &'a [Positioned<Directive>], at: Pos) -> Checked {
        if directives.len() > self.bounds.directives {
            return Err(excess("directives in one place", self.bounds.directives, Some(at)));
        }
        self.directives += directives.len();
        if self.directives > self.bounds.directives_in_all {
            return Err(excess("directives", self.bounds.directives_in_all, Some(at)));
        }
        for (_, value) in directives.iter().flat_map(|directive| &directive.node.arguments) {
            self.value(&value.node, value.pos)?;
        }
        Ok(())
    }

    /// Nesting was held by the first walk.
    fn value(&self, value: &Value, at: Pos) -> Checked {
        let long = |items: usize| {
            if items > self.bounds.items { Err(excess("items in one list", self.bounds.items, Some(at))) } else { Ok(()) }
        };
        match value {
            Value::List(items) => {
                long(items.len())?;
                items.iter().try_for_each(|item| self.value(item, at))
            }
            Value::Object(fields) => fields.values().try_for_each(|field| self.value(field, at)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fmt::Write, time::Instant};

    fn refused(text: &str) -> String {
        let fault = parse(text, &Bounds::default()).expect_err("refused");
        let code = fault.extensions.as_ref().and_then(|with| with.get("code")).map(ToString::to_string);
        format!("{} {}", code.unwrap_or_default().trim_matches('"'), fault.message)
    }

    fn taken(text: &str) {
        if let Err(fault) = parse(text, &Bounds::default()) {
            panic!("{fault:?}: {text}");
        }
    }

    fn many(count: usize, part: impl Fn(usize) -> String) -> String {
        (0..count).map(part).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_bomb_of_fragments_is_refused_at_once() {
        let mut bomb = String::from("{ ...F0 }");
        for n in 0..30 {
            write!(bomb, " fragment F{n} on Query {{ a {{ ...F{} ...F{} }} }}", n + 1, n + 1).expect("a string");
        }
        bomb += " fragment F30 on Query { b }";
        let start = Instant::now();
        let said = refused(&bomb);
        // Measured in a debug build: far below what a validation of 2³⁰ selections would take.
        assert!(start.elapsed().as_millis() < 50, "{:?}", start.elapsed());
        assert!(said.starts_with("QUERY_TOO_COMPLEX"), "{said}");
        let wide = "{ ...F0 }".to_owned()
            + &many(12, |n| format!("fragment F{n} on Q {{ {} }}", many(4, |_| format!("...F{}", n + 1))))
            + " fragment F12 on Q { b }";
        assert!(refused(&wide).contains("selections"), "{}", refused(&wide));
    }

    #[test]
    fn each_bound_has_its_answer() {
        let long = |count, part: &str| part.repeat(count);
        for (text, said) in [
            (format!("{{{}}}", many(5000, |n| format!("a{n}:__typename"))), "aliases"),
            (format!("{{a {{{}}}}}", many(400, |n| format!("a{n}:b"))), "aliases"),
            (format!("{{{}}}", many(60, |n| format!("a{n}"))), "root"),
            (format!("{{__typename {}}}", many(1000, |_| "@skip(if:false)".into())), "directives in one place"),
            (format!("{{a {{{}}}}}", many(600, |n| format!("b{n} @skip(if:false)"))), "directives"),
            (format!("{{{}}}", many(50_000, |_| "__typename".into())), "tokens"),
            (format!("{{{}b{}}}", long(10_000, "a{"), long(10_000, "}")), "below each other"),
            (format!("{{{}b{}}}", long(21, "a{"), long(21, "}")), "fields below each other"),
            (format!("{{a(x:{}{})}}", long(10_000, "["), long(10_000, "]")), "below each other"),
            (format!("{{a(x:{}1{})}}", long(20, "{y:"), long(20, "}")), "below each other"),
            (format!("query($x:{}Int{}){{a}}", long(500, "["), long(500, "]")), "below each other"),
            (format!("{{__typename}} {}", many(10_000, |n| format!("fragment f{n} on Query{{__typename}}"))), "tokens"),
            (format!("{{__typename}} {}", many(300, |n| format!("fragment f{n} on Query{{__typename}}"))), "fragments"),
            (many(100, |n| format!("query q{n}{{__typename}}")), "operations"),
            (format!("{{a(x:[{}])}}", many(1001, |n| n.to_string())), "items"),
            (format!("{{a(x:{{{}}})}}", many(101, |n| format!("y{n}:1"))), "fields in one object"),
            (format!("query({}){{a}}", many(101, |n| format!("$v{n}:Int"))), "variables"),
            ("{__schema{types{fields{type{fields{type{fields{name}}}}}}}}".into(), "introspection"),
        ] {
            let answer = refused(&text);
            let start: String = text.chars().take(60).collect();
            assert!(answer.starts_with("QUERY_TOO_COMPLEX") && answer.contains(said), "{start}: {answer}");
        }
        for ring in ["query{...A} fragment A on Q{...A}", "{a} fragment A on Q{...B} fragment B on Q{x{...A}}"] {
            assert!(refused(ring).starts_with("VALIDATION_FAILED"), "{}", refused(ring));
        }
        assert!(refused("{a(x:{y:1,z:2,y:3})}").contains("\"y\""));
    }

    #[test]
    fn a_syntax_error_says_what_is_expected_and_nothing_of_the_parser() {
        for text in ["", "{", "query", "{a(}", "{a b:}", "{ \u{0} }", "\"", "{a(x:\"\n\")}", "}}}", "{...}"] {
            let said = refused(text);
            assert!(said.starts_with("SYNTAX_ERROR The document is not GraphQL: expected"), "{text}: {said}");
            assert!(!said.contains('_') || said.matches('_').count() == 1, "{said}");
        }
        assert_eq!(refused("fragment A on Q{a}"), "SYNTAX_ERROR The document has no operation.");
        assert!(refused("{a} query A{b}").starts_with("VALIDATION_FAILED"));
    }

    #[test]
    fn what_clients_ask_is_taken() {
        // What graphql-js asks for, with nine levels of ofType, as tools send it.
        let types = format!("{}kind name{}", "kind name ofType{".repeat(9), "}".repeat(9));
        taken(&format!(
            "query IntrospectionQuery{{__schema{{description queryType{{name kind}} types{{...FullType}} \
             directives{{name description isRepeatable locations args(includeDeprecated:true){{...InputValue}}}}}}}} \
             fragment FullType on __Type{{kind name specifiedByURL isOneOf fields(includeDeprecated:true){{name \
             args(includeDeprecated:true){{...InputValue}} type{{...TypeRef}} isDeprecated}} \
             inputFields(includeDeprecated:true){{...InputValue}} interfaces{{...TypeRef}} \
             enumValues(includeDeprecated:true){{name}} possibleTypes{{...TypeRef}}}} \
             fragment InputValue on __InputValue{{name type{{...TypeRef}} defaultValue}} \
             fragment TypeRef on __Type{{{types}}}"
        ));
        taken(
            "\u{feff}# a comment { [ (\n query A($x: [Int!]! = [1, 2]) @a { b: a(x: \"{{{\\\"\", y: \"\"\"}}\\\"\"\"\"\"\") { ... on B { c } } }",
        );
        taken(&format!("{{{}b{}}}", "a{".repeat(19), "}".repeat(19)));
    }
}
