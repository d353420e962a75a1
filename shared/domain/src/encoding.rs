use std::fmt;
use std::str::FromStr;

use crate::UnknownWord;

/// An encoding that files of municipalities are read and written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8.
    Utf8 {
        /// With a byte order mark in front.
        bom: bool,
    },
    /// CP932 (Windows-31J), often called Shift JIS.
    Cp932,
}

impl Encoding {
    const ALL: [Self; 3] = [
        Self::Utf8 { bom: false },
        Self::Utf8 { bom: true },
        Self::Cp932,
    ];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 { bom: false } => "utf-8",
            Self::Utf8 { bom: true } => "utf-8-bom",
            Self::Cp932 => "cp932",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Encoding {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let mut all = Self::ALL.into_iter();
        all.find(|encoding| encoding.as_str() == word)
            .ok_or(UnknownWord)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_given_back() {
        for encoding in Encoding::ALL {
            assert_eq!(encoding.as_str().parse(), Ok(encoding));
        }
        assert!("shift_jis".parse::<Encoding>().is_err());
    }
}
