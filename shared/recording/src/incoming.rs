use domain::{CouponNumber, Date, Dose, Resident, Sensitive};
use jiff::Timestamp;
use store::{Once, Source};

use crate::Area;

/// A dose as it comes in, from wherever.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// What it says.
    pub dose: Dose,
    /// Whose it is.
    pub whom: Whom,
    /// What is compared beside that.
    pub second: Second,
    /// Who brings it, as the issuer of their token calls them; empty for a file.
    pub by: Sensitive<String>,
    /// By which way it comes.
    pub source: Source,
    /// The request, if it is to be done once.
    pub once: Option<Once>,
}

impl Incoming {
    /// Whether it is a row of a file, which the next file says again.
    pub(crate) fn is_of_file(&self) -> bool {
        self.source != Source::Api
    }
}

/// An incoming dose while it is being recorded.
#[derive(Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) area: &'a Area<'a>,
    pub(crate) incoming: &'a Incoming,
    pub(crate) now: Timestamp,
}

/// How a person is named.
#[derive(Debug, Clone)]
pub enum Whom {
    /// By the number of their coupon (券番号).
    Coupon(CouponNumber),
    /// By the municipality's own number (個別宛名番号).
    Number(Sensitive<String>),
    /// By what they are called inside the system.
    Tag(crypto::ResidentTag),
}

/// What is compared beside a coupon, so that a misread one does not lead to another person.
#[derive(Debug, Clone)]
pub enum Second {
    /// The birth date that was asked for or read.
    BirthDate(Date),
    /// The person that was shown before, or whose 宛名番号 stands beside the coupon, by their tag.
    Seen(crypto::ResidentTag),
    /// Nothing came with it: a row of a file.
    NotAsked,
}

impl Second {
    /// Whether it is this person's.
    pub(crate) fn fits(&self, tag: crypto::ResidentTag, resident: &Resident) -> bool {
        match self {
            Self::BirthDate(date) => *date == resident.birth_date,
            Self::Seen(seen) => *seen == tag,
            Self::NotAsked => true,
        }
    }

    /// What has to be kept to compare it later.
    pub(crate) fn birth_date(&self) -> Option<Date> {
        match self {
            Self::BirthDate(date) => Some(*date),
            Self::Seen(_) | Self::NotAsked => None,
        }
    }

    /// The same of a person who was named otherwise.
    pub(crate) fn meant(&self) -> Option<crypto::ResidentTag> {
        match self {
            Self::Seen(tag) => Some(*tag),
            Self::BirthDate(_) | Self::NotAsked => None,
        }
    }
}
