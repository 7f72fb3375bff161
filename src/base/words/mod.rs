//! The one list of words: each is at once a Rust enum, a GraphQL enum and the text that PostgreSQL keeps.
//!
//! Words are stored as `text` with a named CHECK (never a PostgreSQL enum: its operators are not leakproof,
//! so that row-level security keeps them out of index conditions); a test holds the CHECKs equal to these lists.

/// What all lists of words have in common.
pub trait Word: Copy + 'static {
    const ALL: &'static [Self];

    /// The word as it is stored and shown.
    fn word(self) -> &'static str;

    /// The Ukrainian term: what stands in brackets at the end of the value's doc.
    fn ukrainian(self) -> Option<&'static str>;
}

/// The term in brackets at the end of a description, if it is a Ukrainian one.
pub fn term(description: &str) -> Option<&str> {
    let (_, term) = description.trim_end().strip_suffix(").")?.rsplit_once('(')?;
    term.contains(|sign: char| ('А'..='ґ').contains(&sign) || sign == 'Є' || sign == 'І' || sign == 'Ї').then_some(term)
}

/// Declares a closed list of words. The doc of the enum and of each value is its description in the SDL, and the Ukrainian
/// term in brackets at its end is the word by which people with spreadsheets know the value.
#[macro_export]
macro_rules! words {
    (@text doc = $text:literal) => { $text };
    ($(#[$about:meta])* $name:ident { $($(#[$($doc:tt)*])* $value:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(
            async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        pub enum $name { $($(#[$($doc)*])* #[graphql(name = $word)] $value,)+ }

        impl $name {
            /// All values, in the order in which they are declared.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The word as it is stored and shown.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$value => $word),+ }
            }

            /// The value of a word, if it is one of the list.
            pub fn of(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$value),)+ _ => None }
            }
        }

        impl $crate::base::words::Word for $name {
            const ALL: &'static [Self] = Self::ALL;

            fn word(self) -> &'static str {
                self.word()
            }

            fn ukrainian(self) -> Option<&'static str> {
                $crate::base::words::term(match self { $(Self::$value => concat!($($crate::words!(@text $($doc)*)),*)),+ })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.word())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                Self::of(&word).ok_or_else(|| serde::de::Error::custom(concat!("not a ", stringify!($name))))
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>) -> diesel::serialize::Result {
                diesel::serialize::ToSql::<diesel::sql_types::Text, diesel::pg::Pg>::to_sql(self.word(), out)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                let word = std::str::from_utf8(bytes.as_bytes())?;
                Self::of(word).ok_or_else(|| format!("{word} is not a {}", stringify!($name)).into())
            }
        }
    };
}

pub mod access;
pub mod activity;
pub mod case;
pub mod change;
pub mod contract;
pub mod indicator;
pub mod memorandum;
pub mod organization;
pub mod referral;
pub mod webhook;

#[cfg(test)]
mod tests {
    use super::{Word, activity::DeliveryForm, case::AgeBand, case::TargetCategory};

    #[test]
    fn the_ukrainian_term_stands_in_the_description() {
        assert_eq!(DeliveryForm::Phone.ukrainian(), Some("телефоном"));
        assert_eq!(TargetCategory::MilitaryFamily.ukrainian(), Some("сім'я військовослужбовця"));
        assert_eq!((AgeBand::From60.ukrainian(), AgeBand::Unknown.ukrainian()), (Some("60 років і старше"), Some("невідомо")));
    }
}
