//! Digits as they stand in files. These run once or more for every row of every file.

/// The value of ASCII digits; `None` if there is anything else, nothing, or more than a `u64` holds.
pub(crate) fn value_of(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 19 {
        // A longer run of digits is still a matter of length for the callers.
        return (!text.is_empty() && text.iter().all(u8::is_ascii_digit)).then_some(u64::MAX);
    }
    let value = |value: u64, byte: &u8| value.wrapping_mul(10).wrapping_add(u64::from(*byte & 0xF));
    text.iter()
        .all(u8::is_ascii_digit)
        .then(|| text.iter().fold(0, value))
}

/// The value of eight ASCII digits; `None` if there is anything else. All eight at once, in one word.
#[inline]
pub(crate) const fn eight_digits(text: [u8; 8]) -> Option<u64> {
    let word = u64::from_le_bytes(text);
    // Every byte begins with 3, and does so still when six are added: from 0 to 9.
    let high = word & 0xF0F0_F0F0_F0F0_F0F0;
    let carried = word.wrapping_add(0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0;
    if high != 0x3030_3030_3030_3030 || carried != high {
        return None;
    }
    let digits = word & 0x0F0F_0F0F_0F0F_0F0F;
    // Neighbours are joined: ten times the first and the second, in pairs, fours and all eight.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let first = (pairs & 0x0000_00FF_0000_00FF).wrapping_mul(0x000F_4240_0000_0064);
    let second = (pairs >> 16 & 0x0000_00FF_0000_00FF).wrapping_mul(0x0000_2710_0000_0001);
    Some(first.wrapping_add(second) >> 32)
}

/// A number as `N` ASCII digits, with leading zeros.
pub(crate) fn digits_of<const N: usize>(value: u64) -> [u8; N] {
    let mut digits = [b'0'; N];
    let mut rest = value;
    for place in digits.iter_mut().rev() {
        *place += (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_at_once_are_what_they_are_one_by_one() {
        for value in (0..100_000_000).step_by(9_973).chain([99_999_999]) {
            assert_eq!(eight_digits(digits_of(value)), Some(value));
        }
        for at in 0..8 {
            for byte in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit()) {
                let mut text = *b"12345678";
                text[at] = byte;
                assert_eq!(eight_digits(text), None, "{byte:02X} at {at}");
            }
        }
    }

    #[test]
    fn digits_are_read_and_written() {
        assert_eq!(value_of(b"0123456789"), Some(123_456_789));
        assert_eq!(&digits_of::<10>(123_456_789), b"0123456789");
        for text in [
            b"".as_slice(),
            b"12 ",
            b"-1",
            b"1/",
            b"1:",
            b"123456789012345678901x",
        ] {
            assert_eq!(value_of(text), None);
        }
        assert_eq!(value_of(&[b'9'; 30]), Some(u64::MAX));
    }
}
