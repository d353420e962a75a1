use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::municipality;

/// The code of a municipality (全国地方公共団体コード): six digits, the last a check digit, and one of
/// the 1,741 in the list. Not a secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantCode([u8; 6]);

/// Why something is not the code of a municipality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TenantCodeError {
    /// Not six characters long.
    #[error("a municipality code has six digits")]
    Length,
    /// Something else than the digits 0 to 9.
    #[error("a municipality code has digits only")]
    NotDigits,
    /// The sixth digit does not follow from the first five.
    #[error("the check digit of the municipality code is wrong")]
    CheckDigit,
    /// Well formed, but no municipality has it.
    #[error("no municipality has this code")]
    Unknown,
}

impl TenantCode {
    /// Reads a six-digit code with its check digit, and asks the list of municipalities for it.
    pub fn parse(text: &str) -> Result<Self, TenantCodeError> {
        let code = Self::checked(text)?;
        municipality(code)
            .map(|_| code)
            .ok_or(TenantCodeError::Unknown)
    }

    /// Reads a five-digit code, as older systems write it, and adds its check digit.
    pub fn from_five_digits(text: &str) -> Result<Self, TenantCodeError> {
        let five: &[u8; 5] = text
            .as_bytes()
            .try_into()
            .map_err(|_| TenantCodeError::Length)?;
        if !five.iter().all(u8::is_ascii_digit) {
            return Err(TenantCodeError::NotDigits);
        }
        let mut six = [check_digit(*five); 6];
        six[..5].copy_from_slice(five);
        let code = Self(six);
        municipality(code)
            .map(|_| code)
            .ok_or(TenantCodeError::Unknown)
    }

    /// Six digits with a true check digit, in the list or not.
    pub(crate) fn checked(text: &str) -> Result<Self, TenantCodeError> {
        let six: [u8; 6] = text
            .as_bytes()
            .try_into()
            .map_err(|_| TenantCodeError::Length)?;
        if !six.iter().all(u8::is_ascii_digit) {
            return Err(TenantCodeError::NotDigits);
        }
        let [five @ .., check] = six;
        if check_digit(five) == check {
            Ok(Self(six))
        } else {
            Err(TenantCodeError::CheckDigit)
        }
    }

    /// The six digits.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        match std::str::from_utf8(&self.0) {
            Ok(digits) => digits,
            // Six ASCII digits are UTF-8; the constructors let nothing else in.
            Err(_) => "",
        }
    }
}

/// s = 6·d1 + 5·d2 + 4·d3 + 3·d4 + 2·d5; the check digit is the last digit of 11 − s when s < 11, else of
/// 11 − s mod 11 (総務省, 全国地方公共団体コード仕様).
fn check_digit(five: [u8; 5]) -> u8 {
    let sum: u8 = five
        .iter()
        .zip([6, 5, 4, 3, 2])
        .map(|(digit, weight)| (digit - b'0') * weight)
        .sum();
    b'0' + (11 - sum % 11) % 10
}

impl FromStr for TenantCode {
    type Err = TenantCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for TenantCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for TenantCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantCode({})", self.as_str())
    }
}

/// For whom something is done. Stores and objects take it instead of a code, and it can only be
/// made from one of six kinds of evidence, each a constructor that is easy to search for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TenantScope(TenantCode);

impl TenantScope {
    /// From the `tenant` claim of a token whose signature, issuer and time were verified.
    #[must_use]
    pub const fn from_verified_claim(code: TenantCode) -> Self {
        Self(code)
    }

    /// From the tenant's folder in the object key of an event of our own bucket.
    #[must_use]
    pub const fn from_inbox_folder(code: TenantCode) -> Self {
        Self(code)
    }

    /// From a message of a queue that only our own functions can send to.
    #[must_use]
    pub const fn from_own_queue(code: TenantCode) -> Self {
        Self(code)
    }

    /// From the key of an item in the stream of our own table.
    #[must_use]
    pub const fn from_own_stream(code: TenantCode) -> Self {
        Self(code)
    }

    /// From an invocation that only our own functions can make. What is done for it is still held
    /// against what is stored.
    #[must_use]
    pub const fn from_own_invocation(code: TenantCode) -> Self {
        Self(code)
    }

    /// For an operator at the command line, who acts with rights of their own.
    #[must_use]
    pub const fn for_operator(code: TenantCode) -> Self {
        Self(code)
    }

    /// The municipality.
    #[must_use]
    pub const fn code(&self) -> TenantCode {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_municipalities_are_read() {
        for code in ["011002", "131016", "473821"] {
            assert_eq!(TenantCode::parse(code).unwrap().as_str(), code);
            assert_eq!(
                TenantCode::from_five_digits(&code[..5]).unwrap().as_str(),
                code
            );
        }
    }

    #[test]
    fn what_is_no_code_says_why() {
        let cases = [
            ("13101", TenantCodeError::Length),
            ("1310161", TenantCodeError::Length),
            ("13101a", TenantCodeError::NotDigits),
            ("131017", TenantCodeError::CheckDigit),
            // Tokyo itself: a prefecture, true check digit, no municipality.
            ("130001", TenantCodeError::Unknown),
        ];
        for (text, error) in cases {
            assert_eq!(TenantCode::parse(text), Err(error), "{text}");
        }
        assert_eq!(
            TenantCode::from_five_digits("131016"),
            Err(TenantCodeError::Length)
        );
        assert_eq!(
            TenantCode::from_five_digits("1310x"),
            Err(TenantCodeError::NotDigits)
        );
        assert_eq!(
            TenantCode::from_five_digits("13000"),
            Err(TenantCodeError::Unknown)
        );
    }

    #[test]
    fn a_sum_below_eleven_counts_as_it_is() {
        // 6·0 + 5·1 + 4·0 + 3·0 + 2·0 = 5, 11 − 5 = 6.
        assert_eq!(check_digit(*b"01000"), b'6');
        // 6·0 + 5·0 + 4·0 + 3·0 + 2·0 = 0, 11 − 0 = 11, last digit 1.
        assert_eq!(check_digit(*b"00000"), b'1');
    }
}
