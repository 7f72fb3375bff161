//! Connections after the Relay cursor specification.

use crate::base::{
    error::ErrorCode,
    page::{Ask, Cursor, Page},
};
use async_graphql::SimpleObject;

/// Where a page stands in its list.
#[derive(Clone, Debug, Default, SimpleObject)]
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
    pub fn of<T>(page: &Page<T>, cursor: impl Fn(&T) -> Cursor) -> Self {
        Self {
            has_next_page: page.has_next,
            has_previous_page: page.has_previous,
            start_cursor: page.rows.first().map(|row| cursor(row).to_string()),
            end_cursor: page.rows.last().map(|row| cursor(row).to_string()),
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
        #[derive(Clone)]
        pub struct $connection {
            rows: Vec<$edge>,
            page_info: $crate::graphql::page::PageInfo,
            total_count: Option<i32>,
        }

        #[doc = $about]
        #[async_graphql::Object]
        impl $connection {
            /// The items with their cursors.
            async fn edges(&self) -> $crate::graphql::lean::LeanList<$crate::graphql::lean::Lean<$edge>> {
                self.rows.iter().cloned().map($crate::graphql::lean::Lean).collect()
            }

            /// The items alone.
            async fn nodes(&self) -> $crate::graphql::lean::LeanList<$crate::graphql::lean::Lean<std::sync::Arc<$node>>> {
                self.rows.iter().map(|row| $crate::graphql::lean::Lean(row.node.clone())).collect()
            }

            /// Where this page stands in the list.
            async fn page_info(&self) -> &$crate::graphql::page::PageInfo {
                &self.page_info
            }

            /// How many items the list has under this filter; null above 10,000 (усього).
            async fn total_count(&self) -> Option<i32> {
                self.total_count
            }
        }

        /// An item of a list with its cursor.
        #[derive(Clone)]
        pub struct $edge {
            cursor: $crate::base::page::Cursor,
            node: std::sync::Arc<$node>,
        }

        /// An item of a list with its cursor.
        #[async_graphql::Object]
        impl $edge {
            /// Opaque place of the item in its list; valid with the same filter and order.
            async fn cursor(&self) -> String {
                self.cursor.to_string()
            }

            /// The item.
            async fn node(&self) -> $crate::graphql::lean::Lean<std::sync::Arc<$node>> {
                $crate::graphql::lean::Lean(self.node.clone())
            }
        }

        impl $connection {
            /// From a page of rows: `cursor` tells the place of a row, `node` makes the object of it.
            pub fn of<T>(
                page: $crate::base::page::Page<T>,
                total_count: Option<i64>,
                cursor: impl Fn(&T) -> $crate::base::page::Cursor,
                node: impl Fn(T) -> $node,
            ) -> Self {
                let page_info = $crate::graphql::page::PageInfo::of(&page, &cursor);
                let edge = |row| $edge { cursor: cursor(&row), node: std::sync::Arc::new(node(row)) };
                let rows = page.rows.into_iter().map(edge).collect();
                let total_count =
                    total_count.filter(|count| *count <= $crate::graphql::page::COUNTED).map(|count| count as i32);
                Self { rows, page_info, total_count }
            }

            /// Nothing, where it is clear before the asking.
            #[allow(dead_code)]
            pub fn empty() -> Self {
                let page_info = $crate::graphql::page::PageInfo::default();
                Self { rows: Vec::new(), page_info, total_count: Some(0) }
            }
        }
    };
}
