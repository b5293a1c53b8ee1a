//! What all closed lists share: one text for each value, and an error that names the value and all allowed ones.
//!
//! `closed_list!` writes the enum, its texts, parsing, printing and serde from one table, so that a list cannot say
//! one thing to the command line and another to the database. It never guesses: no case folding, no trimming.

use crate::said::Said;

/// Somebody asked for a value that a closed list does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("take {list} \"{value}\": allowed are {}", allowed.join(", "))]
pub struct UnknownValue {
    /// Which list, for example `hair_color`.
    pub list: &'static str,
    /// What was asked for.
    pub value: Said,
    /// Every value of the list, in its order.
    pub allowed: Vec<&'static str>,
}

macro_rules! closed_list {
    ($(#[$about:meta])* $name:ident, $list:literal { $($(#[$meaning:meta])* $value:ident = $text:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$meaning])* $value),+
        }

        impl $name {
            /// The list's own name, as in a column or an option.
            pub const LIST: &'static str = $list;

            /// Every value, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The one text of this value, the same on the command line, in JSON and in a row.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $text),+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::look::UnknownValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| $crate::look::UnknownValue {
                    list: Self::LIST,
                    value: text.into(),
                    allowed: Self::ALL.iter().map(|value| value.as_str()).collect(),
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use closed_list;
