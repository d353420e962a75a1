use std::fmt;
use std::str::FromStr;

use uuid::{Builder, Uuid};

use crate::{UnknownWord, words};

/// Which export of a municipality's doses this is. Not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExportId(Uuid);

impl ExportId {
    /// From a SHA-256: of what makes an export the same one, or of chance where each is to be new.
    #[must_use]
    pub fn derive(digest: &[u8; 32]) -> Self {
        let (half, _) = digest.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        Self(Builder::from_custom_bytes(*half).into_uuid())
    }
}

impl fmt::Display for ExportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for ExportId {
    type Err = UnknownWord;

    /// Takes the usual form only, so that an export has one spelling.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let id = Self(Uuid::try_parse(text).map_err(|_| UnknownWord)?);
        (id.to_string() == text).then_some(id).ok_or(UnknownWord)
    }
}

/// Whose doses an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExportScope {
    /// Of everybody with a dose in force.
    Full,
    /// Of everybody whose doses changed since the last export, all of them; a row without doses says
    /// that there is none in force any more.
    Changed,
}

words!(ExportScope {
    Full = "full",
    Changed = "changed",
});

/// How an export stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExportState {
    /// Asked for.
    Requested,
    /// Its files are there, and agree with the records.
    Published,
    /// It cannot be published; nothing of it is there.
    Failed,
}

words!(ExportState {
    Requested = "requested",
    Published = "published",
    Failed = "failed",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_id_has_one_spelling() {
        let id = ExportId::derive(&[0xAB; 32]);
        assert_eq!(id.to_string().parse(), Ok(id));
        for other in [
            id.to_string().to_uppercase(),
            id.to_string().replace('-', ""),
        ] {
            assert_eq!(other.parse::<ExportId>(), Err(UnknownWord), "{other}");
        }
    }

    #[test]
    fn words_are_read_and_given_back() {
        for scope in ExportScope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        for state in ExportState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert_eq!("some".parse::<ExportScope>(), Err(UnknownWord));
    }
}
