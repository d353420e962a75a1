use crypto::{Fingerprint, ResidentTag, Tag};

/// Bytes of an entry.
pub(crate) const ENTRY: usize = 41;
/// What the blocks of a manifest or share hold.
pub(crate) const HOLDING: &str = "entries";

/// Whether a resident is in the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// In the register.
    Registered,
    /// Left it, and stays known.
    Removed,
}

/// The first four bytes of the tags by which a resident is found; tells whether a hint is missing.
///
/// Two different coupons or birth dates look the same here once in four thousand million changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShortTags {
    /// Tag of the coupon number; zero when there is none.
    pub coupon: [u8; 4],
    /// Tag of the birth date.
    pub birth: [u8; 4],
}

/// One resident of a manifest or of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The resident's tag.
    pub tag: ResidentTag,
    /// Fingerprint of the row in force.
    pub fingerprint: Fingerprint,
    /// Hints that exist for the row in force.
    pub hints: ShortTags,
    /// In the register or not.
    pub presence: Presence,
}

impl ShortTags {
    /// The short tags of the whole ones.
    #[must_use]
    pub fn of(coupon: Option<&Tag>, birth: &Tag) -> Self {
        let short = |tag: &Tag| {
            let [a, b, c, d, ..] = *tag.as_bytes();
            [a, b, c, d]
        };
        Self {
            coupon: coupon.map(short).unwrap_or_default(),
            birth: short(birth),
        }
    }
}

impl Entry {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.tag.as_bytes());
        out.extend_from_slice(self.fingerprint.as_bytes());
        out.extend_from_slice(&self.hints.coupon);
        out.extend_from_slice(&self.hints.birth);
        out.push(match self.presence {
            Presence::Registered => 1,
            Presence::Removed => 2,
        });
    }

    /// `None` for bytes that no entry has.
    pub(crate) fn read(bytes: &[u8; ENTRY]) -> Option<Self> {
        let (tag, rest) = bytes.split_first_chunk::<16>()?;
        let (fingerprint, rest) = rest.split_first_chunk::<16>()?;
        let (coupon, rest) = rest.split_first_chunk::<4>()?;
        let (birth, rest) = rest.split_first_chunk::<4>()?;
        let presence = match rest {
            [1] => Presence::Registered,
            [2] => Presence::Removed,
            _ => return None,
        };
        Some(Self {
            tag: ResidentTag::from_bytes(*tag),
            fingerprint: Fingerprint::from_bytes(*fingerprint),
            hints: ShortTags {
                coupon: *coupon,
                birth: *birth,
            },
            presence,
        })
    }
}
