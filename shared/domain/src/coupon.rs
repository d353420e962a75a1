use std::fmt;

use thiserror::Error;

use crate::digits;

/// The number of a coupon (券番号): ten digits without a check digit, unique only within its
/// municipality. `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CouponNumber(u64);

/// Why something is not the number of a coupon. Carries nothing of what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CouponNumberError {
    /// Digits only, but not ten. A lost leading zero is not put back.
    #[error("a coupon number has ten digits")]
    Length,
    /// Something else than the digits 0 to 9.
    #[error("a coupon number has digits only")]
    NotDigits,
}

impl CouponNumber {
    /// Reads ten ASCII digits.
    #[inline]
    pub fn parse(text: &[u8]) -> Result<Self, CouponNumberError> {
        if let Some((first, [a, b])) = text.split_first_chunk::<8>()
            && let Some(first) = digits::eight_digits(*first)
            && a.is_ascii_digit()
            && b.is_ascii_digit()
        {
            return Ok(Self(
                first * 100 + u64::from(a & 0xF) * 10 + u64::from(b & 0xF),
            ));
        }
        Self::refuse(text)
    }

    #[cold]
    fn refuse(text: &[u8]) -> Result<Self, CouponNumberError> {
        let digits = digits::value_of(text).is_some();
        Err(if digits {
            CouponNumberError::Length
        } else {
            CouponNumberError::NotDigits
        })
    }

    /// Takes the number itself, as [`CouponNumber::expose`] gave it.
    pub const fn from_u64(value: u64) -> Result<Self, CouponNumberError> {
        if value <= 9_999_999_999 {
            Ok(Self(value))
        } else {
            Err(CouponNumberError::Length)
        }
    }

    /// The number. Not for logs, errors, metrics, object names, paths or queries.
    #[must_use]
    pub const fn expose(self) -> u64 {
        self.0
    }

    /// The ten ASCII digits. Not for logs, errors, metrics, object names, paths or queries.
    #[must_use]
    pub fn expose_digits(self) -> [u8; 10] {
        digits::digits_of(self.0)
    }
}

impl fmt::Debug for CouponNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CouponNumber")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_digits_are_read_and_given_back() {
        let coupon = CouponNumber::parse(b"0000000123").unwrap();
        assert_eq!(coupon.expose(), 123);
        assert_eq!(&coupon.expose_digits(), b"0000000123");
        assert_eq!(CouponNumber::from_u64(123), Ok(coupon));
        assert_eq!(format!("{coupon:?}"), "CouponNumber");
    }

    #[test]
    fn what_is_no_coupon_number_says_why() {
        assert_eq!(
            CouponNumber::parse(b"123456789"),
            Err(CouponNumberError::Length)
        );
        assert_eq!(
            CouponNumber::parse(b"12345678901"),
            Err(CouponNumberError::Length)
        );
        assert_eq!(
            CouponNumber::parse(b"12345 6789"),
            Err(CouponNumberError::NotDigits)
        );
        assert_eq!(CouponNumber::parse(b""), Err(CouponNumberError::NotDigits));
        assert_eq!(
            CouponNumber::from_u64(10_000_000_000),
            Err(CouponNumberError::Length)
        );
    }
}
