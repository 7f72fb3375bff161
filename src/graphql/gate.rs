//! The gate between the bytes of a request and the resolvers: bounds → parse → validate → choose the operation →
//! coerce its variables → ask for its scopes → count its cost → settle its arguments → execute.
//!
//! A document is validated once by a strict schema and remembered; what is executed runs on a schema over the same
//! roots that does not validate again. This is sound because variables and arguments are coerced here, each time.

use super::{
    change::Step,
    completion::Plan,
    context::Session,
    cost,
    deprecation::{self, Coordinates, Used},
    error::{Faults, code, refusal},
    limits, literals, loaders,
    rate::{self, Charge},
    roots, shape,
    shape::Shape,
    variables,
};
use crate::{
    access::{Scopes, bucket::Standing},
    base::{error::ErrorCode, recent::Recent},
};
use async_graphql::{
    Name, ObjectType, Request, Response, Schema, SchemaBuilder, ServerError, SubscriptionType, ValidationMode,
    ValidationResult, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
    parser::types::{DocumentOperations, ExecutableDocument, OperationType},
};
use futures_util::StreamExt;
use serde::{Serialize, Serializer, ser::SerializeMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Most faults that one answer names.
const MOST_FAULTS: usize = 20;

/// The schema behind its bounds.
pub struct Gate<Q, M, S> {
    checker: Arc<Checker<Q, M, S>>,
    fast: Schema<Q, M, S>,
    memory: Mutex<Recent<Arc<Known>>>,
}

/// A document that fits the schema, and what of it is deprecated.
struct Known {
    document: ExecutableDocument,
    deprecated: Used,
}

/// What holds documents against the schema. Resolvers find it in the context, for documents that are to be registered.
pub struct Checker<Q, M, S> {
    strict: Schema<Q, M, S>,
    shape: Shape,
    bounds: limits::Bounds,
}

impl<Q: ObjectType + 'static, M: ObjectType + 'static, S: SubscriptionType + 'static> Checker<Q, M, S> {
    /// What the SDL says.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The document of a text, within its bounds and fitting the schema.
    pub async fn document(&self, text: &str) -> Result<ExecutableDocument, Faults> {
        let document = limits::parse(text, &self.bounds).map_err(|fault| vec![fault])?;
        let mut request = Request::new(String::new());
        // Without a name the library asks for one of several operations, but only after it has validated all.
        request.set_parsed_query(document.clone());
        let mut faults = self.strict.execute(request).await.errors;
        faults.truncate(MOST_FAULTS);
        for fault in &mut faults {
            let with = fault.extensions.get_or_insert_default();
            if with.get("code").is_none() {
                with.set("code", ErrorCode::ValidationFailed.word());
            }
        }
        if faults.is_empty() { literals::named(&self.shape, &document) } else { Err(faults) }?;
        Ok(document)
    }
}

/// An operation that needs no further check.
#[derive(Clone)]
pub struct Ready<'a> {
    pub kind: OperationType,
    /// Points, those of the request with them.
    pub cost: u64,
    name: Option<String>,
    document: ExecutableDocument,
    given: Variables,
    plan: Arc<Plan<'a>>,
    deprecated: Arc<Coordinates>,
}

impl<'a> Ready<'a> {
    /// What it asks for although it is deprecated.
    pub fn deprecated(&self) -> &Arc<Coordinates> {
        &self.deprecated
    }

    /// As the library takes it, and how its answer is completed.
    fn request(self) -> (Request, Arc<Plan<'a>>) {
        let mut request = Request::new(String::new()).variables(self.given);
        request.operation_name = self.name;
        request.set_parsed_query(self.document);
        (request, self.plan)
    }
}

/// What came of it.
pub struct Executed<'a> {
    pub answer: Response,
    plan: Arc<Plan<'a>>,
}

impl<'a> Executed<'a> {
    fn of(mut answer: Response, plan: Arc<Plan<'a>>) -> Self {
        plan.complete(&mut answer);
        Self { answer, plan }
    }

    /// Points of what was answered, with those of the request.
    pub fn cost(&self) -> u64 {
        cost::REQUEST.saturating_add(self.plan.points(&self.answer.data))
    }

    /// Names of the root fields.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.plan.roots()
    }

    /// Tells in the extensions of the answer what it has cost, and what is left.
    pub fn tell(&mut self, requested: u64, bucket: Standing) {
        let cost = rate::shown(requested, self.cost(), bucket);
        self.answer.extensions.insert("cost".into(), cost);
    }

    /// Tells there too what was asked for although it is deprecated, and what the schema says of it.
    pub fn warn(&mut self, shape: &Shape, used: &Coordinates) {
        if let Some(told) = deprecation::told(shape, used) {
            self.answer.extensions.insert("deprecations".into(), told);
        }
    }

    /// Whether something in it has failed that may be there at another try.
    pub fn passes(&self) -> bool {
        let passing = |fault: &ServerError| matches!(code(fault), Some(ErrorCode::Unavailable | ErrorCode::Timeout));
        self.answer.errors.iter().any(passing)
    }
}

/// Errors first, so that a person sees them; the data in the order of the question.
impl Serialize for Executed<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Response { errors, data, extensions, .. } = &self.answer;
        let mut map = to.serialize_map(None)?;
        if !errors.is_empty() {
            map.serialize_entry("errors", errors)?;
        }
        map.serialize_entry("data", &self.plan.shown(data))?;
        if !extensions.is_empty() {
            map.serialize_entry("extensions", extensions)?;
        }
        map.end()
    }
}

/// An operation that was chosen from a valid document.
pub struct Chosen {
    pub kind: OperationType,
    name: Option<String>,
    known: Arc<Known>,
}

impl<Q: ObjectType + 'static, M: ObjectType + 'static, S: SubscriptionType + 'static> Gate<Q, M, S> {
    /// `builder` makes a fresh schema; it is asked twice.
    pub fn new(builder: impl Fn() -> SchemaBuilder<Q, M, S>) -> Result<Self, shape::Fault> {
        Self::deprecating(builder, &[])
    }

    /// The same where more is deprecated than the SDL says: coordinates and reasons.
    pub fn deprecating(builder: impl Fn() -> SchemaBuilder<Q, M, S>, more: &[(&str, &str)]) -> Result<Self, shape::Fault> {
        let fast = builder().validation_mode(ValidationMode::Fast).disable_suggestions().finish();
        let strict = builder().validation_mode(ValidationMode::Strict).disable_suggestions().extension(ValidateOnly).finish();
        let shape = Shape::of(&fast.sdl())?.deprecating(more);
        let checker = Arc::new(Checker { strict, shape, bounds: limits::Bounds::default() });
        Ok(Self { checker, fast, memory: Mutex::new(Recent::new(REMEMBERED)) })
    }

    /// What the SDL says.
    pub fn shape(&self) -> &Shape {
        &self.checker.shape
    }

    /// Whether a text is a document that fits the schema.
    pub async fn check(&self, text: &str) -> Result<(), Faults> {
        self.checker.document(text).await.map(drop)
    }

    /// Takes a document within its bounds that fits the schema, and chooses the operation to execute.
    pub async fn choose(&self, text: &str, operation: Option<&str>) -> Result<Chosen, Faults> {
        let known = self.memory().get(text);
        let known = match known {
            Some(known) => known,
            None => {
                let document = self.checker.document(text).await?;
                let deprecated = Used::by(self.shape(), &document);
                let known = Arc::new(Known { document, deprecated });
                self.memory().keep(text, known.clone());
                known
            }
        };
        let (name, kind) = chosen(&known.document, operation).map_err(|fault| vec![fault])?;
        Ok(Chosen { kind, name, known })
    }

    /// Coerces what was given and asks for the scopes. What comes out needs no further check.
    pub fn prepare(
        &self,
        chosen: Chosen,
        given: serde_json::Map<String, serde_json::Value>,
        held: Scopes,
    ) -> Result<Ready<'_>, Faults> {
        let Chosen { name, known, kind } = chosen;
        let mut document = known.document.clone();
        let others = other_variables(&document, name.as_deref());
        let Some(operation) = operation(&mut document.operations, name.as_deref()) else {
            return Err(vec![refusal(ErrorCode::Internal, "The operation is gone.", None)]);
        };
        let deprecated = known.deprecated.of(name.as_deref());
        let deprecated = deprecation::with_variables(self.shape(), deprecated, operation, &given);
        let given = variables::coerce(self.shape(), operation, given, |name| others.iter().any(|other| other == name))?;
        roots::allow(self.shape(), operation, &document.fragments, &given, held)?;
        if kind == OperationType::Subscription {
            roots::single(operation, &document.fragments, &given)?;
        }
        let cost = cost::of(self.shape(), operation, &document.fragments, &given)?;
        literals::settle(self.shape(), operation, &mut document.fragments, &given)?;
        let plan = Arc::new(Plan::of(self.shape(), operation, &document.fragments, &given));
        Ok(Ready { kind, cost, name, document, given, plan, deprecated })
    }

    /// Runs it in a session. The answer leaves only after [`Session::finish`].
    pub async fn execute<'a>(&self, ready: Ready<'a>, session: Arc<Session>, charge: Charge) -> Executed<'a> {
        let (request, plan) = ready.request();
        let request = within(session.clone(), request).data(charge).data(self.checker.clone());
        Executed::of(session.in_turns(self.fast.execute(request)).await, plan)
    }

    /// Takes one step of a subscription in a session of its own. None: nothing is told, and nothing went wrong.
    pub async fn step<'a>(&self, ready: &Ready<'a>, session: Arc<Session>, step: Arc<Step>) -> Option<Executed<'a>> {
        let (request, plan) = ready.clone().request();
        let request = within(session.clone(), request).data(step).data(self.checker.clone());
        let mut answers = self.fast.execute_stream(request);
        session.in_turns(answers.next()).await.map(|answer| Executed::of(answer, plan))
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Recent<Arc<Known>>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn within(session: Arc<Session>, request: Request) -> Request {
    request.data(loaders::of(&session)).data(session)
}

/// The operation that the client names, or the only one.
fn chosen(document: &ExecutableDocument, name: Option<&str>) -> Result<(Option<String>, OperationType), ServerError> {
    let wrong = |message: String| refusal(ErrorCode::BadUserInput, message, None);
    let kind = |operation: &async_graphql::Positioned<async_graphql::parser::types::OperationDefinition>| operation.node.ty;
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok((None, kind(operation))),
        (DocumentOperations::Single(_), Some(_)) => Err(wrong("The document's only operation has no name.".into())),
        (DocumentOperations::Multiple(all), None) => match all.iter().next() {
            Some((name, operation)) if all.len() == 1 => Ok((Some(name.to_string()), kind(operation))),
            _ => Err(wrong("The document has several operations: name one in operationName.".into())),
        },
        (DocumentOperations::Multiple(all), Some(name)) => match all.get(name) {
            Some(operation) => Ok((Some(name.to_owned()), kind(operation))),
            None => Err(wrong("The document has no operation of the name in operationName.".into())),
        },
    }
}

fn operation<'a>(
    operations: &'a mut DocumentOperations,
    name: Option<&str>,
) -> Option<&'a mut async_graphql::parser::types::OperationDefinition> {
    match operations {
        DocumentOperations::Single(operation) => Some(&mut operation.node),
        DocumentOperations::Multiple(all) => all.get_mut(name?).map(|operation| &mut operation.node),
    }
}

/// Names of variables that other operations of the document declare: a client may send them along.
fn other_variables(document: &ExecutableDocument, chosen: Option<&str>) -> Vec<Name> {
    let others = document.operations.iter().filter(|(name, _)| name.map(|name| name.as_str()) != chosen);
    others
        .flat_map(|(_, operation)| &operation.node.variable_definitions)
        .map(|variable| variable.node.name.node.clone())
        .collect()
}

/// Ends a request behind its validation: no error means that the document is valid.
struct ValidateOnly;

impl ExtensionFactory for ValidateOnly {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for ValidateOnly {
    async fn validation(&self, ctx: &ExtensionContext<'_>, next: NextValidation<'_>) -> Result<ValidationResult, Faults> {
        next.run(ctx).await?;
        Err(Faults::new())
    }
}

/// Bytes of text in one generation of remembered documents: a tree takes about a hundred times as much.
const REMEMBERED: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{access::Scope, graphql::directive::scope};
    use async_graphql::{EmptySubscription, InputObject, MaybeUndefined, Object};
    use serde_json::{Value, json};

    #[derive(InputObject)]
    struct NoteInput {
        text: MaybeUndefined<String>,
        #[graphql(default = 24)]
        hours: i32,
        tags: Option<Vec<i32>>,
    }

    struct Query;
    #[Object]
    impl Query {
        #[graphql(directive = scope::apply("cases:read".to_string()))]
        async fn case(&self, id: async_graphql::ID) -> String {
            id.to_string()
        }
        async fn open(&self, #[graphql(default = 5)] first: i32, a: Option<bool>) -> String {
            format!("{first} {a:?}")
        }
        async fn own(&self) -> Query {
            Query
        }
    }

    struct Mutation;
    #[Object]
    impl Mutation {
        #[graphql(directive = scope::apply("cases:write".to_string()))]
        async fn note(&self, input: NoteInput) -> String {
            format!("{:?} {} {:?}", input.text, input.hours, input.tags)
        }
    }

    fn gate() -> Gate<Query, Mutation, EmptySubscription> {
        Gate::new(|| Schema::build(Query, Mutation, EmptySubscription)).expect("a gate")
    }

    async fn ask(
        gate: &Gate<Query, Mutation, EmptySubscription>,
        text: &str,
        given: Value,
        held: &[Scope],
    ) -> Result<Value, String> {
        let said = |faults: Faults| {
            let one = |fault: &ServerError| format!("{} {}", code(fault).expect("a code"), fault.message);
            faults.iter().map(one).collect::<Vec<_>>().join(" | ")
        };
        let Value::Object(given) = given else { panic!("an object") };
        let chosen = gate.choose(text, None).await.map_err(said)?;
        let ready = gate.prepare(chosen, given, held.iter().copied().collect()).map_err(said)?;
        let answer = gate.fast.execute(ready.request().0).await;
        assert_eq!(answer.errors, []);
        Ok(answer.data.into_json().expect("JSON"))
    }

    const ALL: &[Scope] = &[Scope::CasesWrite];

    #[tokio::test]
    async fn a_variable_that_is_not_given_leaves_its_place_out() {
        let gate = gate();
        let text = "mutation($t: String, $h: Int, $n: Int) { note(input: {text: $t, hours: $h, tags: [1, $n]}) }";
        let unknown = text.replace("hours", "ours");
        let said = ask(&gate, &unknown, json!({}), ALL).await.expect_err("refused");
        assert!(said.starts_with("VALIDATION_FAILED Unknown field \"ours\" of type"), "{said}");
        // A list keeps the place of what is not there, and here null is refused.
        let said = ask(&gate, text, json!({}), ALL).await.expect_err("refused");
        assert!(said.contains("\"input.tags.1\" must not be null"), "{said}");
        let text = "mutation($t: String, $h: Int! = 3) { note(input: {text: $t, hours: $h}) }";
        for (given, said) in [
            (json!({}), "Undefined 3 None"),
            (json!({"t": null}), "Null 3 None"),
            (json!({"t": "x", "h": 9}), "Value(\"x\") 9 None"),
        ] {
            assert_eq!(ask(&gate, text, given, ALL).await.expect("done"), json!({"note": said}));
        }
        let text = "query($f: Int, $a: Boolean) { open(first: $f, a: $a) ...F } fragment F on Query { own { x: open(first: 6, a: $a) } }";
        // `$f` has no default, but the argument has one.
        assert_eq!(ask(&gate, text, json!({}), &[]).await.expect("done"), json!({"open": "5 None", "own": {"x": "6 None"}}));
        let text = "mutation($i: NoteInput!) { note(input: $i) }";
        let given = json!({"i": {"tags": 7}});
        assert_eq!(ask(&gate, text, given, ALL).await.expect("done"), json!({"note": "Undefined 24 Some([7])"}));
    }

    #[tokio::test]
    async fn what_the_text_says_wrong_is_refused_before_execution() {
        let gate = gate();
        for (text, said) in [
            ("{ nope }", "VALIDATION_FAILED Unknown field \"nope\" on type \"Query\"."),
            ("{ opem }", "VALIDATION_FAILED Unknown field \"opem\" on type \"Query\"."),
            (
                "{ open(first: 99999999999) }",
                "BAD_USER_INPUT Argument \"first\" is a number, expected a whole number of 32 bits",
            ),
            ("mutation { note(input: {unknown: 1}) }", "VALIDATION_FAILED"),
            ("subscription { a }", "VALIDATION_FAILED"),
            ("query($a: NoSuch) { open }", "VALIDATION_FAILED"),
            ("query($a: Int) { open }", "VALIDATION_FAILED"),
            ("{ open { x } }", "VALIDATION_FAILED"),
            ("query A { open } query B { open }", "BAD_USER_INPUT"),
            ("{ case(id: 1) }", "FORBIDDEN The scope cases:read is needed for case."),
            ("{ ...F } fragment F on Query { ... { c: case(id: 1) } }", "FORBIDDEN"),
            ("mutation { note(input: {}) }", "FORBIDDEN The scope cases:write"),
        ] {
            let answer = ask(&gate, text, json!({}), &[]).await.expect_err(text);
            assert!(answer.starts_with(said), "{text}: {answer}");
            assert!(!answer.contains("Did you mean"), "{answer}");
            // Remembered or not, the answer is the same.
            assert_eq!(ask(&gate, text, json!({}), &[]).await.expect_err(text), answer);
        }
    }

    #[tokio::test]
    async fn a_scope_is_asked_of_what_is_executed_alone() {
        let gate = gate();
        let text = "query($with: Boolean = false) { open case(id: 1) @include(if: $with) }";
        assert!(ask(&gate, text, json!({}), &[]).await.is_ok());
        assert!(ask(&gate, text, json!({"with": true}), &[]).await.is_err());
        assert_eq!(ask(&gate, text, json!({"with": true}), ALL).await.expect("done"), json!({"open": "5 None", "case": "1"}));
        let chosen = gate.choose("{ own { case(id: 1) } c: case(id: 2) }", None).await.expect("chosen");
        let faults = gate.prepare(chosen, Default::default(), Scopes::default()).map(drop).expect_err("refused");
        let seen = serde_json::to_value(&faults).expect("JSON");
        assert_eq!(seen[0]["path"], json!(["c"]));
        assert_eq!(seen[0]["extensions"], json!({"code": "FORBIDDEN", "scope": "cases:read"}));
    }

    struct Old;
    #[Object]
    impl Old {
        #[graphql(deprecation = "take new, until 2027-11-28")]
        async fn old(&self, #[graphql(deprecation = "no more")] first: Option<i32>) -> i32 {
            first.unwrap_or(1)
        }
        async fn new(&self) -> i32 {
            2
        }
    }

    #[tokio::test]
    async fn what_is_deprecated_is_told_beside_the_answer() {
        let gate = Gate::new(|| Schema::build(Old, async_graphql::EmptyMutation, EmptySubscription)).expect("a gate");
        let told = async |text: &str| {
            let chosen = gate.choose(text, None).await.expect(text);
            let ready = gate.prepare(chosen, Default::default(), Scopes::default()).expect(text);
            let (used, (request, plan)) = (ready.deprecated().clone(), ready.request());
            let mut executed = Executed::of(gate.fast.execute(request).await, plan);
            executed.warn(gate.shape(), &used);
            serde_json::to_value(&executed).expect("JSON")
        };
        assert_eq!(told("{ new }").await, json!({"data": {"new": 2}}));
        let old = json!({"coordinate": "Old.old", "reason": "take new, until 2027-11-28"});
        assert_eq!(told("{ a: old b: old }").await, json!({"data": {"a": 1, "b": 1}, "extensions": {"deprecations": [old]}}));
        let first = json!({"coordinate": "Old.old(first:)", "reason": "no more"});
        // Remembered or not.
        for _ in 0..2 {
            let answer = told("{ new ...F } fragment F on Old { old(first: 3) }").await;
            assert_eq!(answer, json!({"data": {"new": 2, "old": 3}, "extensions": {"deprecations": [old, first]}}));
        }
    }

    #[tokio::test]
    async fn introspection_keeps_its_variables() {
        let text =
            "query($n: String!, $d: Boolean = true) { __type(name: $n) { name fields(includeDeprecated: $d) { name } } }";
        let answer = ask(&gate(), text, json!({"n": "Mutation"}), &[]).await.expect("done");
        assert_eq!(answer, json!({"__type": {"name": "Mutation", "fields": [{"name": "note"}]}}));
    }
}
