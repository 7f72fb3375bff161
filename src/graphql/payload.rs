//! Payloads of mutations: the changed object, or why nothing was changed.

/// Declares the payload of the mutations of one object.
#[macro_export]
macro_rules! payload {
    ($payload:ident, $field:ident: $object:ident, $about:literal) => {
        #[doc = $about]
        #[derive(async_graphql::SimpleObject)]
        pub struct $payload {
            /// The changed object, read anew; null when the change was refused.
            $field: Option<$object>,
            /// The rules that the input breaks; empty when the change was made (порушені правила).
            user_errors: Vec<$crate::graphql::error::UserError>,
            /// Whether an earlier call with the same idempotency key made the change (повторний запит).
            replayed: bool,
        }

        impl $payload {
            pub fn done($field: Option<$object>, replayed: bool) -> Self {
                Self { $field, user_errors: Vec::new(), replayed }
            }

            pub fn refused(user_errors: Vec<$crate::graphql::error::UserError>) -> Self {
                Self { $field: None, user_errors, replayed: false }
            }
        }
    };
}
