//! How doses are named outside: by tags, which say nothing without the municipality's key.

use std::{fmt, str::FromStr};

use crypto::{ResidentTag, Tag};
use domain::{Dose, DoseNumber, ProgrammeCode, UnknownWord};

use super::ContentId;

/// The number of a programme, for one resident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DoseKey {
    /// Tag of the resident whose dose it is.
    pub resident: ResidentTag,
    /// Its programme.
    pub programme: ProgrammeCode,
    /// Its number in the programme.
    pub number: DoseNumber,
}

/// A newcomer for a number that something else has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NewcomerKey {
    /// The number it came for.
    pub dose: DoseKey,
    /// Id of its content, which is the newcomer's own.
    pub id: ContentId,
}

/// A dose that waits for a resident with its coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WaitingKey {
    /// Tag of the coupon.
    pub coupon: Tag,
    /// Its programme.
    pub programme: ProgrammeCode,
    /// Its number in the programme.
    pub number: DoseNumber,
    /// Id of its content.
    pub id: ContentId,
}

/// Any of them, written `<resident>.<programme>.<nn>`, with `.<newcomer>` behind it, or
/// `w.<coupon>.<programme>.<nn>.<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DoseId {
    /// What stands under a number.
    Dose(DoseKey),
    /// A newcomer.
    Newcomer(NewcomerKey),
    /// A waiting dose.
    Waiting(WaitingKey),
}

impl DoseKey {
    /// The number that a dose says, for this resident.
    #[must_use]
    pub fn of(resident: ResidentTag, dose: &Dose) -> Self {
        Self {
            resident,
            programme: dose.programme,
            number: dose.number,
        }
    }
}

impl fmt::Display for DoseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{:02}", self.resident, self.programme, self.number)
    }
}

impl fmt::Display for DoseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dose(key) => key.fmt(f),
            Self::Newcomer(key) => write!(f, "{}.{}", key.dose, key.id),
            Self::Waiting(key) => write!(
                f,
                "w.{}.{}.{:02}.{}",
                key.coupon, key.programme, key.number, key.id
            ),
        }
    }
}

impl FromStr for DoseId {
    type Err = UnknownWord;

    /// Takes the written form only, so that a dose has one spelling.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(UnknownWord);
        let first = next()?;
        let id = if first == "w" {
            Self::Waiting(WaitingKey {
                coupon: tag(next()?)?,
                programme: next()?.parse()?,
                number: number(next()?)?,
                id: ContentId(tag(next()?)?),
            })
        } else {
            let dose = DoseKey {
                resident: ResidentTag::parse(first).map_err(|_| UnknownWord)?,
                programme: next()?.parse()?,
                number: number(next()?)?,
            };
            match next() {
                Err(_) => Self::Dose(dose),
                Ok(id) => Self::Newcomer(NewcomerKey {
                    dose,
                    id: ContentId(tag(id)?),
                }),
            }
        };
        match next() {
            Ok(_) => Err(UnknownWord),
            Err(_) => Ok(id),
        }
    }
}

fn tag(text: &str) -> Result<Tag, UnknownWord> {
    Tag::parse(text).map_err(|_| UnknownWord)
}

/// Always two digits.
pub(super) fn number(text: &str) -> Result<DoseNumber, UnknownWord> {
    if text.len() == 2 {
        text.parse()
    } else {
        Err(UnknownWord)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_have_one_spelling() {
        let key = DoseKey {
            resident: ResidentTag::from_bytes([1; 16]),
            programme: ProgrammeCode::COVID19,
            number: DoseNumber::FIRST,
        };
        let id = ContentId(Tag::from_bytes([2; 16]));
        let waiting = WaitingKey {
            coupon: Tag::from_bytes([3; 16]),
            programme: key.programme,
            number: key.number,
            id,
        };
        let names = [
            DoseId::Dose(key),
            DoseId::Newcomer(NewcomerKey { dose: key, id }),
            DoseId::Waiting(waiting),
        ];
        for name in names {
            assert_eq!(name.to_string().parse(), Ok(name));
            for wrong in [format!("{name}."), format!("{name}.x"), format!(" {name}")] {
                assert_eq!(wrong.parse::<DoseId>(), Err(UnknownWord), "{wrong}");
            }
        }
        assert!(key.to_string().ends_with(".COVID19.01"));
        let short = key.to_string().replace(".01", ".1");
        assert_eq!(short.parse::<DoseId>(), Err(UnknownWord));
    }
}
