//! What a selection asks for, seen before anything is read: a statement brings along only the edges that somebody wants.

use async_graphql::{Context, Lookahead, SelectionField};

/// Whether the object that is being resolved is asked for this field; one of an object in it after a dot.
pub fn wants(ctx: &Context<'_>, field: &str) -> bool {
    below(ctx.look_ahead(), field)
}

/// Whether the nodes of the connection that is being resolved are, by way of `edges` or of `nodes`.
pub fn nodes_want(ctx: &Context<'_>, field: &str) -> bool {
    let at = ctx.look_ahead();
    below(at.field("edges").field("node"), field) || below(at.field("nodes"), field)
}

fn below(at: Lookahead<'_>, field: &str) -> bool {
    field.split('.').fold(at, |at, name| at.field(name)).exists()
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
