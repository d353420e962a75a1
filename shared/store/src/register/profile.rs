//! A resident as stored bytes. The same bytes are sealed and fingerprinted, so what is equal here
//! is equal for good; a change of this layout needs a new schema number.

use domain::{Movement, MyNumber, Resident, ResidentRow, Sex};

use crate::bytes::{Cut, Reader, write_bytes, write_date, write_text};

const COUPON: u8 = 1;
const KANA: u8 = 2;
const MOVED_ON: u8 = 4;
const REASON: u8 = 8;
const PROTECTED: u8 = 16;
const REMOVE: u8 = 32;
/// A file said that the address is not protected. Profiles from before there was this flag have neither
/// this nor [`PROTECTED`], whether the file said no or nothing: they read as not known, by which nobody
/// loses protection, and are written anew by the next file that says so.
const NOT_PROTECTED: u8 = 64;

/// Stored bytes that no version of this layout has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stored profile has an unknown layout")]
pub(crate) struct CorruptProfile;

impl From<Cut> for CorruptProfile {
    fn from(_: Cut) -> Self {
        Self
    }
}

/// Appends a row's content to `out`: the profile, then the My Number (8 bytes, zero when there is
/// none). Returns how many bytes the profile has; the rest is the My Number.
pub fn write_profile(row: &ResidentRow<'_>, out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.push(flags(row));
    out.push(row.sex.code());
    write_date(row.birth_date, out);
    write_bytes(row.number.as_bytes(), out);
    write_text(&row.name, out);
    if let Some(coupon) = row.coupon {
        out.extend_from_slice(&coupon.expose().to_be_bytes());
    }
    if let Some(kana) = &row.kana {
        write_text(kana, out);
    }
    if let Some(moved_on) = row.moved_on {
        write_date(moved_on, out);
    }
    if let Some(reason) = &row.reason {
        write_text(reason, out);
    }
    let profile = out.len() - start;
    out.extend_from_slice(&my_number_bytes(row.my_number));
    profile
}

/// The 8 bytes that stand for a My Number; zero stands for none (twelve zeros are never valid).
pub(crate) fn my_number_bytes(number: Option<MyNumber>) -> [u8; 8] {
    number.map_or(0, |number| number.expose() + 1).to_be_bytes()
}

/// Reads a profile back; the My Number is sealed apart and given by the caller.
pub(crate) fn read_profile(
    profile: &[u8],
    my_number: Option<MyNumber>,
) -> Result<Resident, CorruptProfile> {
    let mut from = Reader::new(profile);
    let flags = from.byte()?;
    let sex = Sex::from_code(from.byte()?).ok_or(CorruptProfile)?;
    let birth_date = from.date()?;
    let number = from.string()?.into();
    let name = from.text()?;
    let on = |flag| flags & flag != 0;
    let coupon = if on(COUPON) {
        Some(from.coupon()?)
    } else {
        None
    };
    let kana = if on(KANA) { Some(from.text()?) } else { None };
    let moved_on = if on(MOVED_ON) {
        Some(from.date()?)
    } else {
        None
    };
    let reason = if on(REASON) { Some(from.text()?) } else { None };
    if !from.is_done() {
        return Err(CorruptProfile);
    }
    let movement = if on(REMOVE) {
        Movement::Remove
    } else {
        Movement::Register
    };
    let protected = match (on(PROTECTED), on(NOT_PROTECTED)) {
        (false, false) => None,
        (protected, not) if protected != not => Some(protected),
        _ => return Err(CorruptProfile),
    };
    Ok(Resident {
        number,
        coupon,
        my_number,
        name,
        kana,
        birth_date,
        sex,
        movement,
        moved_on,
        reason,
        protected,
    })
}

pub(crate) fn read_my_number(sealed: &[u8]) -> Result<Option<MyNumber>, CorruptProfile> {
    let bytes: [u8; 8] = sealed.try_into().map_err(|_| CorruptProfile)?;
    match u64::from_be_bytes(bytes).checked_sub(1) {
        None => Ok(None),
        Some(value) => MyNumber::from_u64(value)
            .map(Some)
            .map_err(|_| CorruptProfile),
    }
}

fn flags(row: &ResidentRow<'_>) -> u8 {
    let flag = |on: bool, bit: u8| if on { bit } else { 0 };
    flag(row.coupon.is_some(), COUPON)
        | flag(row.kana.is_some(), KANA)
        | flag(row.moved_on.is_some(), MOVED_ON)
        | flag(row.reason.is_some(), REASON)
        | flag(row.protected == Some(true), PROTECTED)
        | flag(row.protected == Some(false), NOT_PROTECTED)
        | flag(row.movement == Movement::Remove, REMOVE)
}

#[cfg(test)]
mod tests {
    use domain::{CouponNumber, Text};
    use jiff::civil::Date;

    use super::*;

    fn row<'a>(name: &'a str, original: Option<&'a [u8]>) -> ResidentRow<'a> {
        ResidentRow {
            number: "A-00012",
            coupon: CouponNumber::parse(b"0000000012").ok(),
            my_number: MyNumber::parse(b"983205673214").ok(),
            name: Text {
                utf8: name,
                original,
            },
            kana: Some(Text::new("ヤマダ")),
            birth_date: Date::constant(1950, 1, 2),
            sex: Sex::Female,
            movement: Movement::Register,
            moved_on: Some(Date::constant(2021, 4, 1)),
            reason: Some(Text::new("転入")),
            protected: Some(true),
        }
    }

    fn round_trip(row: &ResidentRow<'_>) -> Resident {
        let mut stored = Vec::new();
        let profile = write_profile(row, &mut stored);
        let number = read_my_number(&stored[profile..]).unwrap();
        read_profile(&stored[..profile], number).unwrap()
    }

    #[test]
    fn a_row_reads_back_as_it_was_written() {
        let full = row("\u{E000}田", Some(b"\xF0\x40\x93\x63"));
        assert_eq!(round_trip(&full).as_row(), full);
        let bare = ResidentRow {
            coupon: None,
            my_number: None,
            kana: None,
            moved_on: None,
            reason: None,
            movement: Movement::Remove,
            protected: None,
            ..row("山", None)
        };
        assert_eq!(round_trip(&bare).as_row(), bare);
    }

    #[test]
    fn every_field_changes_the_stored_bytes() {
        let base = row("山田", None);
        let variants = [
            ResidentRow {
                number: "A-00013",
                ..base
            },
            ResidentRow {
                coupon: None,
                ..base
            },
            ResidentRow {
                my_number: None,
                ..base
            },
            ResidentRow {
                name: Text::new("山口"),
                ..base
            },
            ResidentRow { kana: None, ..base },
            ResidentRow {
                birth_date: Date::constant(1950, 1, 3),
                ..base
            },
            ResidentRow {
                sex: Sex::Male,
                ..base
            },
            ResidentRow {
                movement: Movement::Remove,
                ..base
            },
            ResidentRow {
                moved_on: None,
                ..base
            },
            ResidentRow {
                reason: None,
                ..base
            },
            ResidentRow {
                protected: Some(false),
                ..base
            },
            ResidentRow {
                protected: None,
                ..base
            },
        ];
        let stored = |row: &ResidentRow<'_>| {
            let mut out = Vec::new();
            write_profile(row, &mut out);
            out
        };
        let all: std::collections::HashSet<_> =
            variants.iter().chain([&base]).map(stored).collect();
        assert_eq!(all.len(), variants.len() + 1);
    }

    #[test]
    fn cut_bytes_are_noticed() {
        let mut stored = Vec::new();
        let profile = write_profile(&row("山田", None), &mut stored);
        for end in 0..profile {
            assert!(read_profile(&stored[..end], None).is_err(), "{end}");
        }
        assert!(read_profile(&stored[..=profile], None).is_err());
    }
}
