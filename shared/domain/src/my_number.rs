use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

use crate::digits;

/// A My Number (個人番号): twelve digits, the last a check digit. Never stored or logged in clear,
/// never in an export. `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MyNumber(u64);

/// Why something is not a My Number. Carries nothing of what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MyNumberError {
    /// Digits only, but not twelve. Eleven mean that a leading zero was lost; it is not put back,
    /// because one lost elsewhere would then name somebody else.
    #[error("a My Number has twelve digits")]
    Length,
    /// Something else than the digits 0 to 9.
    #[error("a My Number has digits only")]
    NotDigits,
    /// A number as a spreadsheet rounds it (1.23457E+11): its last digits are gone.
    #[error("a spreadsheet rounded this My Number")]
    Exponent,
    /// The twelfth digit does not follow from the first eleven.
    #[error("the check digit of the My Number is wrong")]
    CheckDigit,
}

impl MyNumber {
    /// Reads twelve ASCII digits.
    #[inline]
    pub fn parse(text: &[u8]) -> Result<Self, MyNumberError> {
        if let [a, b, c, d, e, f, g, h, ..] = *text
            && let [.., i, j, k, l] = *text
            && text.len() == 12
            && let Some(first) = digits::eight_digits([a, b, c, d, e, f, g, h])
            && let Some(last) = digits::eight_digits([b'0', b'0', b'0', b'0', i, j, k, l])
        {
            let weighed = [a, b, c, d, e, f, g, h, i, j, k].into_iter().zip(WEIGHTS);
            let sum: u16 = weighed
                .map(|(digit, weight)| u16::from(digit & 0xF) * weight)
                .sum();
            let check = check_digit_of_sum(u64::from(sum));
            if check == u64::from(l & 0xF) {
                return Ok(Self(first * 10_000 + last));
            }
        }
        Self::parse_slowly(text)
    }

    #[cold]
    fn parse_slowly(text: &[u8]) -> Result<Self, MyNumberError> {
        let Some(value) = digits::value_of(text) else {
            let exponent = text.iter().any(|byte| matches!(byte, b'E' | b'e'))
                && text
                    .iter()
                    .all(|b| b.is_ascii_digit() || b"Ee+-.".contains(b));
            return Err(if exponent {
                MyNumberError::Exponent
            } else {
                MyNumberError::NotDigits
            });
        };
        if text.len() == 12 {
            Self::from_u64(value)
        } else {
            Err(MyNumberError::Length)
        }
    }

    /// Takes the number itself, as [`MyNumber::expose`] gave it.
    pub fn from_u64(value: u64) -> Result<Self, MyNumberError> {
        if value > 999_999_999_999 {
            return Err(MyNumberError::Length);
        }
        if check_digit(value / 10) == value % 10 {
            Ok(Self(value))
        } else {
            Err(MyNumberError::CheckDigit)
        }
    }

    /// The My Number whose first eleven digits are given; for synthetic registers.
    #[must_use]
    pub fn with_check_digit(first_eleven: u64) -> Option<Self> {
        (first_eleven <= 99_999_999_999)
            .then(|| Self(first_eleven * 10 + check_digit(first_eleven)))
    }

    /// The number. Not for logs, errors, metrics, object names, paths or queries.
    #[must_use]
    pub const fn expose(self) -> u64 {
        self.0
    }

    /// The twelve ASCII digits. Not for logs, errors, metrics, object names, paths or queries.
    #[must_use]
    pub fn expose_digits(self) -> [u8; 12] {
        digits::digits_of(self.0)
    }
}

impl fmt::Debug for MyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MyNumber")
    }
}

/// Whether a text, such as the name of a file, holds a My Number: a run of exactly twelve digits, half or full
/// width, whose check digit is right. Eight digits of a date or fourteen of a time are none; of other runs of
/// twelve, one in eleven is taken for one.
#[must_use]
pub fn has_my_number(text: &str) -> bool {
    matches!(without_my_numbers(text), Cow::Owned(_))
}

/// The text with asterisks for each My Number that [`has_my_number`] finds; borrowed if it holds none.
#[must_use]
pub fn without_my_numbers(text: &str) -> Cow<'_, str> {
    let mut shown = String::with_capacity(text.len());
    let (mut run, mut digits) = (String::new(), Vec::new());
    let mut found = false;
    for next in text.chars().map(Some).chain([None]) {
        if let Some((character, digit)) = next.and_then(|it| Some((it, folded_digit(it)?))) {
            run.push(character);
            digits.push(digit);
            continue;
        }
        if MyNumber::parse(&digits).is_ok() {
            found = true;
            shown.push_str("************");
        } else {
            shown.push_str(&run);
        }
        run.clear();
        digits.clear();
        shown.extend(next);
    }
    if found {
        Cow::Owned(shown)
    } else {
        Cow::Borrowed(text)
    }
}

/// The ASCII digit that a character is, or is the full-width form of.
fn folded_digit(character: char) -> Option<u8> {
    let code = u32::from(character);
    let code = match character {
        '０'..='９' => code - u32::from('０') + u32::from('0'),
        _ => code,
    };
    u8::try_from(code).ok().filter(u8::is_ascii_digit)
}

/// Weights from the left over the first eleven digits (平成26年総務省令第85号 第5条).
const WEIGHTS: [u16; 11] = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];

/// r = sum mod 11; 0 if r ≤ 1, else 11 − r.
const fn check_digit_of_sum(sum: u64) -> u64 {
    match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    }
}

fn check_digit(first_eleven: u64) -> u64 {
    let digits: [u8; 11] = digits::digits_of(first_eleven);
    let weighed = digits.into_iter().zip(WEIGHTS);
    check_digit_of_sum(
        weighed
            .map(|(digit, weight)| u64::from(digit & 0xF) * u64::from(weight))
            .sum(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_true_number_is_read_and_given_back() {
        let number = MyNumber::parse(b"983205673214").unwrap();
        assert_eq!(number.expose(), 983_205_673_214);
        assert_eq!(&number.expose_digits(), b"983205673214");
        assert_eq!(MyNumber::with_check_digit(98_320_567_321), Some(number));
    }

    #[test]
    fn leading_zeros_are_kept() {
        let number = MyNumber::with_check_digit(12).unwrap();
        assert_eq!(MyNumber::parse(&number.expose_digits()), Ok(number));
        assert!(number.expose_digits().starts_with(b"0000000001"));
    }

    #[test]
    fn what_is_no_my_number_says_why() {
        let cases: [(&[u8], MyNumberError); 9] = [
            (b"98320567321", MyNumberError::Length),
            (b"9832056732140", MyNumberError::Length),
            (b"98320567321498320567321498320567", MyNumberError::Length),
            (b"983205673215", MyNumberError::CheckDigit),
            (b"1.23457E+11", MyNumberError::Exponent),
            (b"9.8321E11", MyNumberError::Exponent),
            (b"98320567321X", MyNumberError::NotDigits),
            (b"9832-0567-3214", MyNumberError::NotDigits),
            (b"", MyNumberError::NotDigits),
        ];
        for (text, error) in cases {
            assert_eq!(MyNumber::parse(text), Err(error), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn every_typo_of_one_digit_in_this_number_is_found() {
        let digits = *b"983205673214";
        for place in 0..12 {
            for wrong in b'0'..=b'9' {
                let mut changed = digits;
                changed[place] = wrong;
                if changed != digits {
                    assert!(MyNumber::parse(&changed).is_err(), "place {place}");
                }
            }
        }
    }

    #[test]
    fn a_my_number_in_a_name_is_found_and_masked() {
        for (name, shown) in [
            ("983205673214.csv", "************.csv"),
            (
                "residents_983205673214_20210401.csv",
                "residents_************_20210401.csv",
            ),
            ("９８３２０５６７３２１４.csv", "************.csv"),
            ("98320567３２１４", "************"),
            ("住民983205673214 (1).csv", "住民************ (1).csv"),
            (
                "983205673214/983205673214.csv",
                "************/************.csv",
            ),
        ] {
            assert!(has_my_number(name), "{name}");
            assert_eq!(without_my_numbers(name), shown, "{name}");
        }
    }

    #[test]
    fn other_digits_in_a_name_are_no_my_number() {
        for name in [
            "",
            "residents_20210401.csv",
            "residents_20210401123000.csv",
            "inbox/131016/residents/a.csv",
            // The check digit is wrong.
            "983205673215.csv",
            "residents_202104011231.csv",
            // Eleven digits, thirteen, and twelve in two runs.
            "98320567321.csv",
            "9832056732140.csv",
            "１983205673214.csv",
            "983205-673214.csv",
        ] {
            assert!(!has_my_number(name), "{name}");
            assert_eq!(without_my_numbers(name), name, "{name}");
        }
    }

    #[test]
    fn it_does_not_print_itself() {
        let number = MyNumber::parse(b"983205673214").unwrap();
        assert_eq!(format!("{number:?}"), "MyNumber");
    }
}
