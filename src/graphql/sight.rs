//! What a selection asks for, seen before anything is read: a statement brings along only the edges that somebody wants.

use async_graphql::Context;

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

/// Whether the connection that is being resolved is asked how long it is.
pub fn counted(ctx: &Context<'_>) -> bool {
    wants(ctx, "totalCount")
}
