//! What a selection asks for, seen before anything is read: a statement brings along only the edges that somebody wants.

use async_graphql::Context;

/// Whether the object that is being resolved is asked for this field.
pub fn wants(ctx: &Context<'_>, field: &str) -> bool {
    ctx.look_ahead().field(field).exists()
}

/// Whether the nodes of the connection that is being resolved are asked for this field, by way of `edges` or of `nodes`.
pub fn nodes_want(ctx: &Context<'_>, field: &str) -> bool {
    let at = ctx.look_ahead();
    at.field("edges").field("node").field(field).exists() || at.field("nodes").field(field).exists()
}

/// The same for a field of an object in the nodes.
pub fn nodes_want_of(ctx: &Context<'_>, object: &str, field: &str) -> bool {
    let at = ctx.look_ahead();
    let nodes = [at.field("edges").field("node"), at.field("nodes")];
    nodes.iter().any(|node| node.field(object).field(field).exists())
}

/// Whether the connection that is being resolved is asked how long it is.
pub fn counted(ctx: &Context<'_>) -> bool {
    wants(ctx, "totalCount")
}
