use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

use thiserror::Error;

use crate::UnknownWord;

/// A short code of our own tables: 1 to 16 of A to Z and 0 to 9.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Code {
    /// Filled up with zeros, which sort first.
    bytes: [u8; Self::MOST],
}

impl Code {
    const MOST: usize = 16;

    const fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.is_empty() || text.len() > Self::MOST {
            return None;
        }
        let mut bytes = [0; Self::MOST];
        let (mut from, mut to) = (text, bytes.as_mut_slice());
        while let ([first, rest @ ..], Some((place, places))) = (from, to.split_first_mut()) {
            if !first.is_ascii_uppercase() && !first.is_ascii_digit() {
                return None;
            }
            *place = *first;
            (from, to) = (rest, places);
        }
        Some(Self { bytes })
    }

    fn as_str(&self) -> &str {
        let end = self.bytes.iter().position(|&byte| byte == 0);
        let text = self.bytes.get(..end.unwrap_or(Self::MOST));
        // ASCII is UTF-8; the constructor lets nothing else in.
        text.and_then(|text| std::str::from_utf8(text).ok())
            .unwrap_or_default()
    }
}

/// The code of a vaccination programme (予防接種), such as `COVID19`: 1 to 16 of A to Z and 0 to 9. Whether the
/// tables know it is asked of [`crate::programme`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProgrammeCode(Code);

impl ProgrammeCode {
    /// 新型コロナウイルス感染症に係る予防接種, what an empty column stands for.
    pub const COVID19: Self = match Code::parse("COVID19") {
        Some(code) => Self(code),
        // Seven capital letters and digits are a code; evaluated while compiling.
        None => unreachable!(),
    };

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The code of a vaccine in our table, such as `COMIRNATY`: 1 to 16 of A to Z and 0 to 9.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductCode(Code);

impl ProductCode {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for ProgrammeCode {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Code::parse(text).map(Self).ok_or(UnknownWord)
    }
}

impl FromStr for ProductCode {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Code::parse(text).map(Self).ok_or(UnknownWord)
    }
}

impl fmt::Display for ProgrammeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for ProductCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ProgrammeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProgrammeCode({self})")
    }
}

impl fmt::Debug for ProductCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProductCode({self})")
    }
}

/// Which dose of a programme this is (接種回): 1 to 99. `{:02}` writes it as two digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DoseNumber(NonZeroU8);

impl DoseNumber {
    /// The first dose.
    pub const FIRST: Self = Self(NonZeroU8::MIN);

    /// From its value; `None` outside 1 to 99.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        match NonZeroU8::new(value) {
            Some(value) if value.get() <= 99 => Some(Self(value)),
            _ => None,
        }
    }

    /// Its value.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0.get()
    }

    /// The one before; `None` for the first.
    #[must_use]
    pub const fn previous(self) -> Option<Self> {
        Self::new(self.get() - 1)
    }

    /// The one after; `None` for the last that can be written.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        Self::new(self.get() + 1)
    }
}

impl FromStr for DoseNumber {
    type Err = UnknownWord;

    /// Takes one or two ASCII digits.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if text.len() > 2 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(UnknownWord);
        }
        let value = text.parse().map_err(|_| UnknownWord)?;
        Self::new(value).ok_or(UnknownWord)
    }
}

impl fmt::Display for DoseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The number of a lot (ロット番号): 1 to 20 characters, as it is compared. Blanks around it are dropped, letters
/// and digits brought to capital ASCII. O and 0, I and 1 stay as they were written: which one is meant
/// cannot be known here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LotNumber(String);

/// Why something is not the number of a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LotNumberError {
    /// Nothing, or blanks only.
    #[error("a lot number is not empty")]
    Empty,
    /// More than 20 characters.
    #[error("a lot number has at most 20 characters")]
    Long,
    /// A control character or one that cannot be seen.
    #[error("a lot number has no control or invisible characters")]
    Unseen,
}

impl LotNumber {
    /// Its most characters.
    pub const MOST: usize = 20;

    /// Reads it as written.
    pub fn parse(text: &str) -> Result<Self, LotNumberError> {
        let folded: String = text.chars().map(fold_in_lot).collect();
        let trimmed = folded.trim();
        if trimmed.is_empty() {
            return Err(LotNumberError::Empty);
        }
        if trimmed.chars().count() > Self::MOST {
            return Err(LotNumberError::Long);
        }
        if trimmed.chars().any(super::text::is_unseen) {
            return Err(LotNumberError::Unseen);
        }
        Ok(Self(trimmed.to_owned()))
    }

    /// As it is compared and shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LotNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Full width to usual width, every dash to one, small letters to capitals.
fn fold_in_lot(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FF70}' | '\u{30FC}' => '-',
        '\u{FF01}'..='\u{FF5E}' => {
            let ascii = char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c);
            ascii.to_ascii_uppercase()
        }
        other => other.to_ascii_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_capitals_and_digits() {
        assert_eq!("COVID19".parse(), Ok(ProgrammeCode::COVID19));
        assert_eq!(ProgrammeCode::COVID19.as_str(), "COVID19");
        let longest: ProductCode = "ABCDEFGHIJKLMNOP".parse().unwrap();
        assert_eq!(longest.to_string(), "ABCDEFGHIJKLMNOP");
        for text in [
            "",
            "covid19",
            "COVID 19",
            "COVID-19",
            "ABCDEFGHIJKLMNOPQ",
            "Ａ",
        ] {
            assert_eq!(text.parse::<ProgrammeCode>(), Err(UnknownWord), "{text}");
        }
    }

    #[test]
    fn codes_sort_as_their_text() {
        let code = |text: &str| text.parse::<ProductCode>().unwrap();
        let mut codes = ["B", "AB", "A", "A1"].map(code);
        codes.sort_unstable();
        assert_eq!(codes, ["A", "A1", "AB", "B"].map(code));
    }

    #[test]
    fn dose_numbers_reach_from_one_to_ninety_nine() {
        assert_eq!(DoseNumber::new(0), None);
        assert_eq!(DoseNumber::new(100), None);
        let seventh = DoseNumber::new(7).unwrap();
        assert_eq!(format!("{seventh} {seventh:02}"), "7 07");
        assert_eq!("07".parse(), Ok(seventh));
        assert_eq!(seventh.previous(), DoseNumber::new(6));
        assert_eq!(DoseNumber::FIRST.previous(), None);
        let last = DoseNumber::new(99).unwrap();
        assert_eq!("99".parse(), Ok(last));
        assert_eq!(DoseNumber::new(98).and_then(DoseNumber::next), Some(last));
        assert_eq!(last.next(), None);
        for text in ["", "0", "00", "+7", "007", "７", "7 "] {
            assert_eq!(text.parse::<DoseNumber>(), Err(UnknownWord), "{text}");
        }
    }

    #[test]
    fn lots_are_compared_without_width_and_case() {
        let read = |text: &str| LotNumber::parse(text).map(|lot| lot.to_string());
        for written in ["EY0779", " ey0779 ", "ＥＹ０７７９", "\u{3000}ｅｙ０７７９"] {
            assert_eq!(read(written).as_deref(), Ok("EY0779"), "{written}");
        }
        assert_eq!(read("3004−667").as_deref(), Ok("3004-667"));
        assert_ne!(read("EYO779"), read("EY0779"));
        assert_eq!(read("\u{3000}"), Err(LotNumberError::Empty));
        for longest in ["A".repeat(20), "Ａ".repeat(20)] {
            assert_eq!(read(&format!(" {longest} ")), Ok("A".repeat(20)));
            assert_eq!(read(&format!("{longest}A")), Err(LotNumberError::Long));
        }
        assert_eq!(read("EY\u{200B}0779"), Err(LotNumberError::Unseen));
        assert_eq!(read("EY\n0779"), Err(LotNumberError::Unseen));
    }
}
