/// The value of ASCII digits; `None` if there is anything else, nothing, or more than a `u64` holds.
pub(crate) fn value_of(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 19 {
        // A longer run of digits is still a matter of length for the callers.
        return (!text.is_empty() && text.iter().all(u8::is_ascii_digit)).then_some(u64::MAX);
    }
    let mut value = 0_u64;
    let mut all_digits = true;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        all_digits &= digit <= 9;
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    all_digits.then_some(value)
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
