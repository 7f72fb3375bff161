//! An example as it is shown: the document, its variables, what stands for what, the explorer, a line for the shell.

use super::{
    book::{Book, Root},
    example::{Example, Told},
    prose::{UP, link},
};
use maud::{Markup, html};
use serde_json::{Value, json};

/// How long a line of JSON may be, in characters.
const WIDTH: usize = 70;

/// Text that is copied.
pub fn block(text: &str, language: &str) -> Markup {
    html! { pre tabindex="0" { code class=[(!language.is_empty()).then(|| format!("language-{language}"))] { (text) } } }
}

/// A number as people read it: 1,106.
pub fn number(of: u64) -> String {
    let digits = of.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// The whole example.
pub fn example(book: &Book, example: &Example) -> Markup {
    html! {
        div.example {
            @if let Some(file) = &example.file {
                p.about { (example.about) " " span.file { (file) } }
            } @else {
                p.about { "Made from the schema: put your own values in." }
            }
            (block(&example.text, "graphql"))
            @if !example.variables.is_empty() {
                p.label { "Variables" }
                (block(&pretty(&Value::Object(example.variables.clone())), "json"))
            }
            @if !example.needs.is_empty() { (needs(book, example)) }
            p.actions {
                @if let Some(file) = &example.file {
                    a.button href={ (UP) "graphiql#" (file) } { "Open in the explorer" }
                    " "
                }
                span { "costs " (number(example.cost)) " points" }
                @for scope in scopes(book, example) { " " span { "needs " (link(&format!("scopes#{scope}"), &scope)) } }
                @if let Some(purpose) = &example.purpose {
                    " " span { "purpose " (link(&format!("type/AccessPurpose#{purpose}"), purpose)) }
                }
            }
            details { summary { "curl" } (block(&curl(example), "sh")) }
        }
    }
}

fn needs(book: &Book, example: &Example) -> Markup {
    html! {
        p.label { "What begins with " code { "$" } " comes from" }
        ul.needs {
            @for need in &example.needs {
                li {
                    code { (need.word) } ": "
                    @match &need.told {
                        Told::Demo(variable) => { code { (variable) } " of the file that " code { "mistok demo --env" } " writes" }
                        Told::Answer { file, place } => { code { (place) } " of " (operation(book, file, place)) }
                        Told::Yours => { "yours: see the description" }
                    }
                }
            }
        }
    }
}

/// An operation, by the page of the field of its root that told something.
fn operation(book: &Book, file: &str, place: &str) -> Markup {
    let name = file.rsplit('/').next().unwrap_or(file);
    let field = place.split('.').next().unwrap_or_default();
    let root = Root::ALL.into_iter().find(|root| book.root(*root).iter().any(|known| known.name == field));
    match root {
        Some(root) => link(&format!("{}/{field}", root.word()), name),
        None => html! { code { (name) } },
    }
}

/// The scopes of the fields of the root that it asks for.
fn scopes(book: &Book, example: &Example) -> Vec<String> {
    let is_asked = |name: &str| example.asks.iter().any(|(of, field)| field == name && book.as_root(of) == Some(example.root));
    let mut found = Vec::new();
    for field in book.root(example.root).iter().filter(|field| is_asked(&field.name)) {
        found.extend(field.marks.scopes.iter().filter(|scope| !found.contains(*scope)).cloned().collect::<Vec<_>>());
    }
    found
}

/// JSON as it is written for people: what is short and flat stands on one line.
pub fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, indent: usize, out: &mut String) {
    let (open, close, items): (char, char, Vec<(String, &Value)>) = match value {
        Value::Object(fields) if !fields.is_empty() => {
            ('{', '}', fields.iter().map(|(name, item)| (format!("{}: ", json!(name)), item)).collect())
        }
        Value::Array(items) if !items.is_empty() => ('[', ']', items.iter().map(|item| (String::new(), item)).collect()),
        _ => return out.push_str(&value.to_string()),
    };
    // The outermost object is shown field by field.
    let is_flat = items.iter().all(|(_, item)| !item.is_object() && !item.is_array());
    if is_flat && (indent > 0 || value.is_array()) {
        let line = items.iter().map(|(name, item)| format!("{name}{item}")).collect::<Vec<_>>().join(", ");
        if line.chars().count() < WIDTH {
            return out.extend([open.to_string(), line, close.to_string()]);
        }
    }
    out.push(open);
    for (at, (name, item)) in items.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        out.push_str(&format!("{comma}\n{}{name}", " ".repeat(indent + 2)));
        write(item, indent + 2, out);
    }
    out.push_str(&format!("\n{}{close}", " ".repeat(indent)));
}

/// The same for the shell, with a token in `$TOKEN`.
fn curl(example: &Example) -> String {
    let query = example.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let body = json!({"query": query, "variables": example.variables});
    let (flags, accept) = match example.root {
        Root::Subscription => ("-sN", " \\\n  -H 'Accept: text/event-stream'"),
        _ => ("-s", ""),
    };
    let purpose = example.purpose.as_ref().map(|purpose| format!(" \\\n  -H 'Mistok-Purpose: {purpose}'")).unwrap_or_default();
    format!(
        "curl {flags} \"$MISTOK_URL/graphql\" -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'Content-Type: application/json'{accept}{purpose} \\\n  --data-binary @- <<'JSON'\n{body}\nJSON"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_for_people() {
        let value = json!({"input": {"a": [1, 2], "b": {"c": "x\":,\"y"}, "d": []}});
        assert_eq!(
            pretty(&value),
            "{\n  \"input\": {\n    \"a\": [1, 2],\n    \"b\": {\"c\": \"x\\\":,\\\"y\"},\n    \"d\": []\n  }\n}"
        );
        assert_eq!(serde_json::from_str::<Value>(&pretty(&value)).ok(), Some(value));
        assert_eq!([number(1), number(1106), number(1_000_000)], ["1", "1,106", "1,000,000"]);
    }
}
