//! A dose as stored bytes. The same bytes are sealed and fingerprinted, so what is equal here is equal
//! for good; a change of this layout needs a new schema number.

use std::fmt;

use crypto::{Tag, TenantKeys};
use domain::{Dose, DoseNumber, LotNumber, ShortText};

use crate::{
    StoreError,
    bytes::{Cut, Reader, write_bytes, write_date, write_text},
};

const VENUE: u8 = 1;
const PHYSICIAN: u8 = 2;
const COUPON: u8 = 4;

/// What a dose says, as 128 bits of a hash under the municipality's key: equal for equal content, and
/// nothing to anybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentId(pub(super) Tag);

impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of a dose's content.
#[must_use]
pub fn content_id(keys: &TenantKeys, dose: &Dose) -> ContentId {
    of_bytes(keys, &write(dose))
}

pub(super) fn of_bytes(keys: &TenantKeys, content: &[u8]) -> ContentId {
    ContentId(Tag::from_bytes(*keys.fingerprint(content).as_bytes()))
}

pub(super) fn write(dose: &Dose) -> Vec<u8> {
    let flag = |on: bool, bit: u8| if on { bit } else { 0 };
    let mut out = Vec::with_capacity(128);
    out.push(
        flag(dose.venue.is_some(), VENUE)
            | flag(dose.physician.is_some(), PHYSICIAN)
            | flag(dose.coupon.is_some(), COUPON),
    );
    write_bytes(dose.programme.as_str().as_bytes(), &mut out);
    out.push(dose.number.get());
    write_date(dose.given_on, &mut out);
    write_bytes(dose.product.as_str().as_bytes(), &mut out);
    write_bytes(dose.lot.as_str().as_bytes(), &mut out);
    if let Some(venue) = &dose.venue {
        write_text(&venue.text().as_text(), &mut out);
    }
    if let Some(physician) = &dose.physician {
        write_text(&physician.text().as_text(), &mut out);
    }
    if let Some(coupon) = dose.coupon {
        out.extend_from_slice(&coupon.expose().to_be_bytes());
    }
    out
}

pub(super) fn read(bytes: &[u8]) -> Result<Dose, StoreError> {
    dose(bytes).map_err(|_| StoreError::Damaged { what: "dose" })
}

fn dose(bytes: &[u8]) -> Result<Dose, Cut> {
    let mut from = Reader::new(bytes);
    let flags = from.byte()?;
    let on = |flag| flags & flag != 0;
    let dose = Dose {
        programme: from.str()?.parse().map_err(|_| Cut)?,
        number: DoseNumber::new(from.byte()?).ok_or(Cut)?,
        given_on: from.date()?,
        product: from.str()?.parse().map_err(|_| Cut)?,
        lot: LotNumber::parse(from.str()?).map_err(|_| Cut)?,
        venue: text(&mut from, on(VENUE))?,
        physician: text(&mut from, on(PHYSICIAN))?,
        coupon: on(COUPON).then(|| from.coupon()).transpose()?,
    };
    from.is_done().then_some(dose).ok_or(Cut)
}

fn text<const N: usize>(
    from: &mut Reader<'_>,
    is_there: bool,
) -> Result<Option<ShortText<N>>, Cut> {
    if !is_there {
        return Ok(None);
    }
    ShortText::new(from.text()?).map(Some).map_err(|_| Cut)
}

#[cfg(test)]
mod tests {
    use domain::{CouponNumber, Date, OwnedText, ProgrammeCode};

    use super::*;

    fn full() -> Dose {
        let gaiji = OwnedText {
            utf8: String::from("\u{E000}田").into(),
            original: Some(b"\xF0\x40\x93\x63".to_vec().into()),
        };
        Dose {
            programme: ProgrammeCode::COVID19,
            number: DoseNumber::FIRST,
            given_on: Date::constant(2021, 6, 1),
            product: "COMIRNATY".parse().unwrap(),
            lot: LotNumber::parse("EY0779").unwrap(),
            venue: Some(ShortText::parse("第一会場").unwrap()),
            physician: Some(ShortText::new(gaiji).unwrap()),
            coupon: CouponNumber::parse(b"0000000012").ok(),
        }
    }

    #[test]
    fn a_dose_reads_back_as_it_was_written() {
        let bare = Dose {
            venue: None,
            physician: None,
            coupon: None,
            ..full()
        };
        for dose in [full(), bare] {
            assert_eq!(read(&write(&dose)).unwrap(), dose);
        }
    }

    #[test]
    fn every_field_changes_the_stored_bytes() {
        let variants = [
            full(),
            Dose {
                number: DoseNumber::new(2).unwrap(),
                ..full()
            },
            Dose {
                programme: "FLU".parse().unwrap(),
                ..full()
            },
            Dose {
                given_on: Date::constant(2021, 6, 2),
                ..full()
            },
            Dose {
                product: "SPIKEVAX".parse().unwrap(),
                ..full()
            },
            Dose {
                lot: LotNumber::parse("EYO779").unwrap(),
                ..full()
            },
            Dose {
                venue: None,
                ..full()
            },
            Dose {
                physician: None,
                ..full()
            },
            Dose {
                coupon: None,
                ..full()
            },
        ];
        let all: std::collections::HashSet<_> = variants.iter().map(write).collect();
        assert_eq!(all.len(), variants.len());
    }

    #[test]
    fn cut_bytes_are_noticed() {
        let stored = write(&full());
        for end in 0..stored.len() {
            assert!(read(&stored[..end]).is_err(), "{end}");
        }
        assert!(read(&[stored, vec![0]].concat()).is_err());
    }
}
