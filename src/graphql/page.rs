//! Connections after the Relay cursor specification.

use crate::base::{
    error::ErrorCode,
    page::{Ask, Page},
};
use async_graphql::SimpleObject;

/// Where a page stands in its list.
#[derive(Clone, Debug, SimpleObject)]
pub struct PageInfo {
    /// Whether there are items after this page.
    has_next_page: bool,
    /// Whether there are items before this page.
    has_previous_page: bool,
    /// Cursor of the first item; null on an empty page.
    start_cursor: Option<String>,
    /// Cursor of the last item; null on an empty page.
    end_cursor: Option<String>,
}

impl PageInfo {
    pub fn of<T>(page: &Page<T>, cursor: impl Fn(&T) -> String) -> Self {
        Self {
            has_next_page: page.has_next,
            has_previous_page: page.has_previous,
            start_cursor: page.rows.first().map(&cursor),
            end_cursor: page.rows.last().map(&cursor),
        }
    }
}

/// What is wrong with a page that cannot be: its size, or a cursor of another list.
pub const FAULTS: [ErrorCode; 2] = [ErrorCode::BadUserInput, ErrorCode::InvalidCursor];

/// The arguments of a connection.
pub fn ask(first: Option<i32>, after: Option<String>, last: Option<i32>, before: Option<String>) -> Ask {
    Ask { first, after, last, before }
}

/// Most items that are counted; above it `totalCount` is null.
pub const COUNTED: i64 = 10_000;

/// Declares the connection and the edge of a node.
#[macro_export]
macro_rules! connection {
    ($node:ident, $connection:ident, $edge:ident, $about:literal) => {
        #[doc = $about]
        #[derive(Clone, async_graphql::SimpleObject)]
        pub struct $connection {
            /// The items with their cursors.
            edges: $crate::graphql::lean::LeanList<$crate::graphql::lean::Lean<$edge>>,
            /// The items alone.
            nodes: $crate::graphql::lean::LeanList<$crate::graphql::lean::Lean<std::sync::Arc<$node>>>,
            /// Where this page stands in the list.
            page_info: $crate::graphql::page::PageInfo,
            /// How many items the list has under this filter; null above 10,000 (усього).
            total_count: Option<i32>,
        }

        /// An item of a list with its cursor.
        #[derive(Clone, async_graphql::SimpleObject)]
        pub struct $edge {
            /// Opaque place of the item in its list; valid with the same filter and order.
            cursor: String,
            /// The item.
            node: $crate::graphql::lean::Lean<std::sync::Arc<$node>>,
        }

        impl $connection {
            /// From a page of rows: `cursor` tells the place of a row, `node` makes the object of it.
            pub fn of<T>(
                page: $crate::base::page::Page<T>,
                total_count: Option<i64>,
                cursor: impl Fn(&T) -> String,
                node: impl Fn(T) -> $node,
            ) -> Self {
                let page_info = $crate::graphql::page::PageInfo::of(&page, &cursor);
                use $crate::graphql::lean::{Lean, LeanList};
                let edge = |row| Lean($edge { cursor: cursor(&row), node: Lean(std::sync::Arc::new(node(row))) });
                let edges: LeanList<_> = page.rows.into_iter().map(edge).collect();
                let nodes = edges.iter().map(|edge| edge.node.clone()).collect();
                let total_count =
                    total_count.filter(|count| *count <= $crate::graphql::page::COUNTED).map(|count| count as i32);
                Self { edges, nodes, page_info, total_count }
            }
        }
    };
}
