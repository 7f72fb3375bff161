//! Objects and lists, resolved without waiting where nothing has to be waited for.
//!
//! The library makes two tasks on the heap of every field and lets a scheduler poll them, though most fields are known as soon as they are
//! asked for. Here a field is asked once, in a place that the next one uses again; what has to wait is kept and asked again with all others.
//! What comes out is the same, held by a test against the library itself.

use async_graphql::{
    ContainerType, ContextSelectionSet, Name, OutputType, Positioned, ServerResult, Value,
    indexmap::{IndexMap, map::Entry},
    parser::types::{Field, Selection, SelectionSet},
    registry::Registry,
};
use std::{borrow::Cow, future::poll_fn, ops::Deref, task::Poll};
use tokio_util::sync::ReusableBoxFuture;

/// An object (not an interface): its fields are asked one after another, and those that wait do so side by side.
#[derive(Clone, Debug)]
pub struct Lean<T>(pub T);

impl<T> From<T> for Lean<T> {
    fn from(object: T) -> Self {
        Self(object)
    }
}

impl<T> Deref for Lean<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ContainerType> OutputType for Lean<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _field: &Positioned<Field>) -> ServerResult<Value> {
        let mut fields = Vec::with_capacity(ctx.item.node.items.len());
        gather::<T>(ctx, &ctx.item.node, &mut fields);
        let mut object = IndexMap::with_capacity(fields.len());
        let mut tell = |(key, outcome): (&Name, ServerResult<Value>)| match outcome {
            Ok(value) => match object.entry(key.clone()) {
                Entry::Occupied(mut known) => join(known.get_mut(), value),
                Entry::Vacant(place) => drop(place.insert(value)),
            },
            Err(fault) => ctx.add_error(fault),
        };
        let mut asking = Asking::new();
        for field in fields {
            let key = &field.node.response_key().node;
            let asked = async move {
                if field.node.name.node == "__typename" {
                    return (key, Ok(Value::String(T::type_name().into_owned())));
                }
                (key, self.0.resolve_field(&ctx.with_field(field)).await.map(Option::unwrap_or_default))
            };
            asking.put(asked);
            asking.first().await.into_iter().for_each(&mut tell);
        }
        asking.rest(tell).await;
        Ok(if object.is_empty() { Value::Null } else { Value::Object(object) })
    }
}

/// A list whose items are asked one after another, and those that wait do so side by side.
#[derive(Clone, Debug)]
pub struct LeanList<T>(Vec<T>);

impl<T> FromIterator<T> for LeanList<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<T> Deref for LeanList<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: OutputType> OutputType for LeanList<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let mut list = vec![Value::Null; self.0.len()];
        let mut asking = Asking::new();
        for (place, item) in self.0.iter().enumerate() {
            let asked = async move {
                let ctx = ctx.with_index(place);
                (place, item.resolve(&ctx, field).await.map_err(|fault| ctx.set_error_path(fault)))
            };
            asking.put(asked);
            if let Some((place, outcome)) = asking.first().await {
                list[place] = outcome?;
            }
        }
        let mut failed = None;
        asking
            .rest(|(place, outcome)| match outcome {
                Ok(value) => list[place] = value,
                Err(fault) => failed = failed.take().or(Some(fault)),
            })
            .await;
        failed.map_or(Ok(Value::List(list)), Err)
    }
}

/// What is asked, one after another.
struct Asking<'a, T> {
    place: Option<ReusableBoxFuture<'a, T>>,
    waiting: Vec<ReusableBoxFuture<'a, T>>,
}

impl<'a, T: Send + 'a> Asking<'a, T> {
    fn new() -> Self {
        Self { place: None, waiting: Vec::new() }
    }

    /// Not a part of `first`: a question that it held would stand in the future of every object above.
    fn put(&mut self, question: impl Future<Output = T> + Send + 'a) {
        match &mut self.place {
            Some(place) => place.set(question),
            None => self.place = Some(ReusableBoxFuture::new(question)),
        }
    }

    /// The answer, if it is known at once; if not, it waits with the others.
    async fn first(&mut self) -> Option<T> {
        let mut place = self.place.take()?;
        match poll_fn(|task| Poll::Ready(place.poll(task))).await {
            Poll::Ready(known) => {
                self.place = Some(place);
                Some(known)
            }
            Poll::Pending => {
                self.waiting.push(place);
                None
            }
        }
    }

    /// Waits for the others. All have their turn each time, so that what they load is asked for at once: a scheduler that gives way in between
    /// breaks their batches.
    async fn rest(mut self, mut tell: impl FnMut(T)) {
        poll_fn(|task| {
            self.waiting.retain_mut(|waiting| match waiting.poll(task) {
                Poll::Ready(known) => {
                    tell(known);
                    false
                }
                Poll::Pending => true,
            });
            if self.waiting.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// The fields that are asked of an object of this type, fragments spread.
fn gather<'a, T: ContainerType>(ctx: &ContextSelectionSet<'a>, set: &'a SelectionSet, fields: &mut Vec<&'a Positioned<Field>>) {
    let of_type = |condition: &str| {
        let name = T::type_name();
        name == condition
            || ctx.schema_env.registry.implements.get(&*name).is_some_and(|interfaces| interfaces.contains(condition))
    };
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => fields.push(field),
            Selection::InlineFragment(inline) => {
                let condition = inline.node.type_condition.as_ref();
                if condition.is_none_or(|condition| of_type(&condition.node.on.node)) {
                    gather::<T>(ctx, &inline.node.selection_set.node, fields);
                }
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = ctx.query_env.fragments.get(&spread.node.fragment_name.node)
                    && of_type(&fragment.node.type_condition.node.on.node)
                {
                    gather::<T>(ctx, &fragment.node.selection_set.node, fields);
                }
            }
        }
    }
}

/// A field that is asked twice, with different fields below.
fn join(known: &mut Value, more: Value) {
    match (known, more) {
        (Value::Object(known), Value::Object(more)) => {
            for (key, value) in more {
                match known.get_mut(&key) {
                    Some(known) => join(known, value),
                    None => drop(known.insert(key, value)),
                }
            }
        }
        (Value::List(known), Value::List(more)) => known.iter_mut().zip(more).for_each(|(known, more)| join(known, more)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::{completion::Plan, shape::Shape};
    use async_graphql::{
        EmptyMutation, EmptySubscription, Interface, Object, Result, Schema, SimpleObject, Variables, parser::parse_query,
    };
    use std::sync::Arc;

    #[derive(Clone, Copy)]
    struct Thing(i32);

    #[derive(SimpleObject)]
    struct Stone {
        number: i32,
        lean: LeanList<Lean<Arc<Thing>>>,
        plain: Vec<Arc<Thing>>,
    }

    #[derive(Interface)]
    #[graphql(field(name = "number", ty = "i32"))]
    #[allow(dead_code)]
    enum Any {
        Thing(Thing),
    }

    async fn a_while(turns: i32) {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }

    #[Object]
    impl Thing {
        async fn number(&self) -> i32 {
            self.0
        }
        async fn slow(&self) -> i32 {
            a_while(7 - self.0 % 5).await;
            self.0 * 2
        }
        async fn may(&self) -> Result<Option<i32>> {
            match self.0 % 3 {
                0 => Err("may".into()),
                1 => Ok(None),
                _ => Ok(Some(self.0)),
            }
        }
        async fn must(&self, at: Option<i32>) -> Result<i32> {
            a_while(self.0 % 2).await;
            if at == Some(self.0) { Err("must".into()) } else { Ok(self.0) }
        }
        async fn lean(&self) -> Option<LeanList<Lean<Thing>>> {
            (self.0 < 40).then(|| [Thing(self.0 + 41), Thing(self.0 + 42)].into_iter().map(Lean).collect())
        }
        async fn plain(&self) -> Option<Vec<Thing>> {
            (self.0 < 40).then(|| vec![Thing(self.0 + 41), Thing(self.0 + 42)])
        }
        async fn one_lean(&self) -> Lean<Thing> {
            a_while(self.0 % 4).await;
            Lean(Thing(self.0 + 1))
        }
        async fn one_plain(&self) -> Thing {
            a_while(self.0 % 4).await;
            Thing(self.0 + 1)
        }
    }

    struct Query;

    #[Object]
    impl Query {
        async fn lean(&self, many: i32) -> LeanList<Lean<Thing>> {
            (0..many).map(|number| Lean(Thing(number))).collect()
        }
        async fn plain(&self, many: i32) -> Vec<Thing> {
            (0..many).map(Thing).collect()
        }
        async fn lean_maybes(&self) -> LeanList<Option<Lean<Thing>>> {
            (0..9).map(|number| (number % 2 == 0).then_some(Lean(Thing(number)))).collect()
        }
        async fn plain_maybes(&self) -> Vec<Option<Thing>> {
            (0..9).map(|number| (number % 2 == 0).then_some(Thing(number))).collect()
        }
        async fn stone(&self) -> Stone {
            let things = || (0..3).map(|number| Arc::new(Thing(number)));
            Stone { number: 1, lean: things().map(Lean).collect(), plain: things().collect() }
        }
        async fn any(&self) -> Any {
            Any::Thing(Thing(1))
        }
    }

    /// What each way answers, as it leaves, with the errors.
    #[tokio::test]
    async fn the_lean_way_answers_what_the_library_answers() {
        let schema = Schema::build(Query, EmptyMutation, EmptySubscription).finish();
        let shape = Shape::of(&schema.sdl()).expect("a shape");
        let answer = async |text: String| {
            let document = parse_query(&text).expect("a document");
            let (_, operation) = document.operations.iter().next().expect("an operation");
            let plan = Plan::of(&shape, &operation.node, &document.fragments, &Variables::default());
            let mut answer = schema.execute(text.as_str()).await;
            plan.complete(&mut answer);
            let said: Vec<_> =
                answer.errors.iter().map(|fault| format!("{:?} {} {:?}", fault.path, fault.message, fault.locations)).collect();
            (serde_json::to_string(&plan.shown(&answer.data)).expect("JSON"), said)
        };
        let selections = [
            "number",
            "number slow __typename t: __typename",
            "slow number again: slow",
            "may number",
            "may",
            "must number",
            "number must(at: 3)",
            "m: must(at: 3) must(at: 5) may",
            "LIST { number slow }",
            "number LIST { number } slow LIST { slow may }",
            "LIST { number } LIST { must(at: 44) }",
            "ONE { slow ONE { number ONE { slow may } } } ONE { number ONE { slow } }",
            "LIST { ONE { must(at: 45) number } }",
            "... on Thing { number slow } slow ... on Any { number ... on Thing { may } }",
            "... @include(if: true) { slow } ... on Thing @skip(if: true) { number } number",
            "...F slow ...G",
            "LIST { ...G ...F } ...F",
            "number @skip(if: true) slow",
            "number @skip(if: true)",
        ];
        let mut told = 0;
        for selection in selections {
            for root in ["ROOT(many: 2)", "ROOT(many: 47)", "ROOT(many: 0)", "ROOTMaybes", "stone", "any"] {
                let selection = match root {
                    "stone" => format!("number ROOT {{ {selection} }}"),
                    "any" => format!("... on Thing {{ {selection} }}"),
                    _ => selection.to_owned(),
                };
                let fragments =
                    "fragment F on Thing { number ONE { may } } fragment G on Any { ... on Thing { LIST { slow } } }";
                let used = selection.contains("...F");
                let text = format!("{{ x: {root} {{ {selection} }} }} {}", if used { fragments } else { "" });
                // The same length for both, so that errors stand at the same place.
                let lean = answer(text.replace("ROOT", " lean").replace("LIST", " lean").replace("ONE", " oneLean")).await;
                let plain = answer(text.replace("ROOT", "plain").replace("LIST", "plain").replace("ONE", "onePlain")).await;
                let as_lean = |(data, said): (String, Vec<String>)| {
                    (rename(&data), said.iter().map(|said| rename(said)).collect::<Vec<_>>())
                };
                let (mut lean, mut plain) = (lean, as_lean(plain));
                // Which of several faults is told first is the scheduler's.
                lean.1.sort();
                plain.1.sort();
                told += lean.1.len();
                assert_eq!(lean, plain, "{text}");
            }
        }
        assert!(told > 50, "{told}");
    }

    fn rename(told: &str) -> String {
        told.replace("onePlain", "oneLean").replace("plain", "lean")
    }
}
