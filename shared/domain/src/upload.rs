use std::fmt;
use std::ops::{Add, AddAssign};
use std::str::FromStr;

use uuid::{Builder, Uuid};

use crate::{UnknownWord, words};

/// The number of an accepted residents file of a tenant: 1, 2, 3 … in the order of acceptance.
/// Zero stands for "none yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

impl Generation {
    /// Before the first accepted file.
    pub const NONE: Self = Self(0);

    /// From its number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The one issued after this.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which drop of which object version this is. Not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId(Uuid);

impl UploadId {
    /// From the SHA-256 of bucket, key and version, so that a repeated event finds the same upload.
    #[must_use]
    pub fn derive(digest: &[u8; 32]) -> Self {
        let (half, _) = digest.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        Self(Builder::from_custom_bytes(*half).into_uuid())
    }

    /// The UUID (version 8).
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for UploadId {
    type Err = UnknownWord;

    /// Takes the usual form only, so that an upload has one spelling.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let uuid = Uuid::try_parse(text).map_err(|_| UnknownWord)?;
        let mut spelled = Uuid::encode_buffer();
        if uuid.hyphenated().encode_lower(&mut spelled) == text {
            Ok(Self(uuid))
        } else {
            Err(UnknownWord)
        }
    }
}

/// What a dropped file holds; also the name of the folder it is dropped into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// 接種対象者.
    Residents,
    /// 接種記録.
    Doses,
    /// 一括照会.
    Inquiries,
}

words!(FileKind {
    Residents = "residents",
    Doses = "doses",
    Inquiries = "inquiries",
});

/// How far an upload has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UploadState {
    /// Its rows are being checked.
    Checking,
    /// Refused whole; nothing of it is kept in the register.
    Refused,
    /// Would remove so many residents that somebody has to confirm it.
    Held,
    /// Accepted; waits for its turn to be loaded.
    Waiting,
    /// Being loaded.
    Loading,
    /// Its rows have come to their end: the register follows it, its doses are recorded, its inquiries
    /// are answered.
    InForce,
    /// Equal to what is in force; there was nothing to load.
    NoChange,
    /// Was held and then discarded by the municipality.
    Discarded,
}

words!(UploadState {
    Checking = "checking",
    Refused = "refused",
    Held = "held",
    Waiting = "waiting",
    Loading = "loading",
    InForce = "in_force",
    NoChange = "no_change",
    Discarded = "discarded",
});

impl UploadState {
    /// Whether nothing happens to the upload any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Refused | Self::InForce | Self::NoChange | Self::Discarded
        )
    }
}

/// How many rows of a file had which outcome. Rows in = [`RowCounts::total`], always. Each kind of
/// file has its own outcomes; those of the other kind stay zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Residents not in the register before.
    pub new: u64,
    /// Residents whose row says something else than the register.
    pub changed: u64,
    /// Residents whose row says what the register says, or a removal of somebody who is not in it;
    /// doses that are recorded already.
    pub unchanged: u64,
    /// Residents taken out of the register.
    pub removed: u64,
    /// Doses that are now recorded.
    pub recorded: u64,
    /// Doses that are kept, but doubtful until somebody has looked at them.
    pub review: u64,
    /// Doses whose number is taken by another content; kept beside it until somebody decides.
    pub conflict: u64,
    /// Doses that wait for a resident with their coupon.
    pub waiting: u64,
    /// Inquiries that were made and answered, with doses or without.
    pub answered: u64,
    /// Rows that were not taken over.
    pub refused: u64,
}

impl RowCounts {
    /// The sum of all outcomes.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.new
            + self.changed
            + self.unchanged
            + self.removed
            + self.recorded
            + self.review
            + self.conflict
            + self.waiting
            + self.answered
            + self.refused
    }
}

impl Add for RowCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            new: self.new + other.new,
            changed: self.changed + other.changed,
            unchanged: self.unchanged + other.unchanged,
            removed: self.removed + other.removed,
            recorded: self.recorded + other.recorded,
            review: self.review + other.review,
            conflict: self.conflict + other.conflict,
            waiting: self.waiting + other.waiting,
            answered: self.answered + other.answered,
            refused: self.refused + other.refused,
        }
    }
}

impl AddAssign for RowCounts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_id_is_the_same_for_the_same_drop_and_is_a_uuid() {
        let id = UploadId::derive(&[0xAB; 32]);
        assert_eq!(id, UploadId::derive(&[0xAB; 32]));
        assert_eq!(id.uuid().get_version_num(), 8);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn an_upload_id_has_one_spelling() {
        let id = UploadId::derive(&[0xAB; 32]).to_string();
        for other in [
            id.to_uppercase(),
            id.replace('-', ""),
            format!("{{{id}}}"),
            String::new(),
        ] {
            assert_eq!(other.parse::<UploadId>(), Err(UnknownWord), "{other}");
        }
    }

    #[test]
    fn words_are_read_and_given_back() {
        for state in UploadState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert_eq!("done".parse::<UploadState>(), Err(UnknownWord));
        for kind in FileKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert_eq!("letters".parse::<FileKind>(), Err(UnknownWord));
    }

    #[test]
    fn counts_add_up() {
        let one = RowCounts {
            new: 1,
            changed: 2,
            unchanged: 3,
            removed: 4,
            recorded: 5,
            review: 6,
            conflict: 7,
            waiting: 8,
            answered: 10,
            refused: 9,
        };
        let mut sum = RowCounts::default();
        sum += one;
        sum += one;
        assert_eq!(sum.total(), 2 * one.total());
        assert_eq!(one.total(), 55);
    }
}
