use thiserror::Error;

/// A word that is none of the known ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not one of the known words")]
pub struct UnknownWord;

/// Gives an enum without fields the stable words it is stored and shown as: `ALL` in the order given,
/// `as_str`, [`Display`](std::fmt::Display), and [`FromStr`](std::str::FromStr), which knows no others.
///
/// ```
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// enum Answer { Yes, No }
/// domain::words!(Answer { Yes = "yes", No = "no" });
/// assert_eq!("no".parse(), Ok(Answer::No));
/// assert_eq!("No".parse::<Answer>(), Err(domain::UnknownWord));
/// assert_eq!(Answer::ALL.map(Answer::as_str), ["yes", "no"]);
/// ```
#[macro_export]
macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// All of them.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word it is stored and shown as.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownWord;

            fn from_str(text: &str) -> Result<Self, $crate::UnknownWord> {
                let known = Self::ALL.into_iter().find(|it| it.as_str() == text);
                known.ok_or($crate::UnknownWord)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
