//! What a selection asks for, seen before anything is read: a statement brings along only the edges that somebody wants.

use async_graphql::{Context, SelectionField};

/// Whether the object that is being resolved is asked for this field.
pub fn wants(ctx: &Context<'_>, field: &str) -> bool {
    ctx.look_ahead().field(field).exists()
}

/// Whether the nodes of the connection that is being resolved are asked for this field, by way of `edges` or of `nodes`; one of an object in
/// them after a dot.
pub fn nodes_want(ctx: &Context<'_>, field: &str) -> bool {
    let at = ctx.look_ahead();
    let nodes = [at.field("edges").field("node"), at.field("nodes")];
    nodes.into_iter().any(|node| field.split('.').fold(node, |at, name| at.field(name)).exists())
}

/// Whether the object that is being resolved is asked for nothing but these fields.
pub fn wants_only(ctx: &Context<'_>, fields: &[&str]) -> bool {
    only(ctx.field(), fields)
}

/// Whether the nodes of the connection that is being resolved are.
pub fn nodes_want_only(ctx: &Context<'_>, fields: &[&str]) -> bool {
    ctx.field().selection_set().all(|below| match below.name() {
        "edges" => below.selection_set().filter(|edge| edge.name() == "node").all(|node| only(node, fields)),
        "nodes" => only(below, fields),
        _ => true,
    })
}

fn only(object: SelectionField<'_>, fields: &[&str]) -> bool {
    object.selection_set().all(|field| fields.contains(&field.name()))
}

/// Whether the connection that is being resolved is asked how long it is.
pub fn counted(ctx: &Context<'_>) -> bool {
    wants(ctx, "totalCount")
}
