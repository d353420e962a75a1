use std::fmt;

use jiff::civil::Date;

use crate::{CouponNumber, MyNumber, Sensitive};

/// Sex as municipal systems code it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// 0, 不明.
    Unknown,
    /// 1, 男.
    Male,
    /// 2, 女.
    Female,
    /// 9, 適用不能.
    NotApplicable,
}

impl Sex {
    /// From its code, a digit's value.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Unknown),
            1 => Some(Self::Male),
            2 => Some(Self::Female),
            9 => Some(Self::NotApplicable),
            _ => None,
        }
    }

    /// Its code, a digit's value.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Male => 1,
            Self::Female => 2,
            Self::NotApplicable => 9,
        }
    }

    /// Its word in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Male => "male",
            Self::Female => "female",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// What a row asks for (異動区分).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Movement {
    /// 1 or empty: register the resident, or bring them up to date.
    Register,
    /// 2: remove the resident.
    Remove,
}

impl Movement {
    /// From its code, a digit's value.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Register),
            2 => Some(Self::Remove),
            _ => None,
        }
    }

    /// Its code, a digit's value.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Register => 1,
            Self::Remove => 2,
        }
    }
}

/// Text of a row: as UTF-8, and as it came where that is more. `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<'a> {
    /// The text; characters outside the standard sets (外字) in the private use area.
    pub utf8: &'a str,
    /// The CP932 bytes of the file, only where encoding the UTF-8 again would not give them back
    /// (characters that CP932 has twice).
    pub original: Option<&'a [u8]>,
}

impl<'a> Text<'a> {
    /// Text that UTF-8 says completely.
    #[must_use]
    pub const fn new(utf8: &'a str) -> Self {
        Self {
            utf8,
            original: None,
        }
    }

    /// A copy of its own.
    #[must_use]
    pub fn to_owned_text(&self) -> OwnedText {
        OwnedText {
            utf8: self.utf8.to_owned().into(),
            original: self.original.map(|it| it.to_vec().into()),
        }
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text")
    }
}

/// [`Text`] with a life of its own. Cleared when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedText {
    /// The text; characters outside the standard sets (外字) in the private use area.
    pub utf8: Sensitive<String>,
    /// The CP932 bytes of the file, where encoding the UTF-8 again would not give them back.
    pub original: Option<Sensitive<Vec<u8>>>,
}

impl OwnedText {
    /// Text that UTF-8 says completely.
    #[must_use]
    pub fn new(utf8: impl Into<String>) -> Self {
        Self {
            utf8: Sensitive::new(utf8.into()),
            original: None,
        }
    }

    /// Borrowed again.
    #[must_use]
    pub fn as_text(&self) -> Text<'_> {
        Text {
            utf8: self.utf8.expose(),
            original: self.original.as_ref().map(|it| it.expose().as_slice()),
        }
    }
}

impl fmt::Debug for OwnedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnedText")
    }
}

/// What one checked row of a residents file says. Every rule of the layout holds for it. Borrows
/// from the file; `Debug` shows nothing of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ResidentRow<'a> {
    /// 個別宛名番号, the municipality's own number of the resident; 1 to 40 characters.
    pub number: &'a str,
    /// 券番号.
    pub coupon: Option<CouponNumber>,
    /// 個人番号.
    pub my_number: Option<MyNumber>,
    /// 氏名, 1 to 100 characters.
    pub name: Text<'a>,
    /// 氏名カナ, up to 100 characters.
    pub kana: Option<Text<'a>>,
    /// 生年月日, from 1880 to the day on which the file was dropped.
    pub birth_date: Date,
    /// 性別.
    pub sex: Sex,
    /// 異動区分.
    pub movement: Movement,
    /// 異動日.
    pub moved_on: Option<Date>,
    /// 異動事由, up to 20 characters.
    pub reason: Option<Text<'a>>,
    /// 支援措置: whether the address is protected. `None`: the file has no such column, which says
    /// nothing: what the register in force knows of the resident stays, and where it knows nothing it is
    /// not known, which is neither protected nor not.
    pub protected: Option<bool>,
}

impl ResidentRow<'_> {
    /// A copy of its own.
    #[must_use]
    pub fn to_resident(&self) -> Resident {
        Resident {
            number: self.number.to_owned().into(),
            coupon: self.coupon,
            my_number: self.my_number,
            name: self.name.to_owned_text(),
            kana: self.kana.as_ref().map(Text::to_owned_text),
            birth_date: self.birth_date,
            sex: self.sex,
            movement: self.movement,
            moved_on: self.moved_on,
            reason: self.reason.as_ref().map(Text::to_owned_text),
            protected: self.protected,
        }
    }
}

impl fmt::Debug for ResidentRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResidentRow")
    }
}

/// A resident as read back: [`ResidentRow`] with a life of its own. `Debug` shows nothing of it,
/// and its texts are cleared when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Resident {
    /// 個別宛名番号.
    pub number: Sensitive<String>,
    /// 券番号.
    pub coupon: Option<CouponNumber>,
    /// 個人番号.
    pub my_number: Option<MyNumber>,
    /// 氏名.
    pub name: OwnedText,
    /// 氏名カナ.
    pub kana: Option<OwnedText>,
    /// 生年月日.
    pub birth_date: Date,
    /// 性別.
    pub sex: Sex,
    /// 異動区分 of the row that was last loaded.
    pub movement: Movement,
    /// 異動日.
    pub moved_on: Option<Date>,
    /// 異動事由.
    pub reason: Option<OwnedText>,
    /// 支援措置: whether the address is protected. `None`: not known, for no file has ever said so.
    pub protected: Option<bool>,
}

impl Resident {
    /// Borrowed as a row.
    #[must_use]
    pub fn as_row(&self) -> ResidentRow<'_> {
        ResidentRow {
            number: self.number.expose(),
            coupon: self.coupon,
            my_number: self.my_number,
            name: self.name.as_text(),
            kana: self.kana.as_ref().map(OwnedText::as_text),
            birth_date: self.birth_date,
            sex: self.sex,
            movement: self.movement,
            moved_on: self.moved_on,
            reason: self.reason.as_ref().map(OwnedText::as_text),
            protected: self.protected,
        }
    }
}

impl fmt::Debug for Resident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resident")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_and_given_back() {
        let known: Vec<u8> = (0..=255)
            .filter(|&code| Sex::from_code(code).is_some())
            .collect();
        assert_eq!(known, [0, 1, 2, 9]);
        assert!(
            known
                .iter()
                .all(|&code| Sex::from_code(code).map(Sex::code) == Some(code))
        );
        let known: Vec<u8> = (0..=255)
            .filter(|&code| Movement::from_code(code).is_some())
            .collect();
        assert_eq!(known, [1, 2]);
        assert!(
            known
                .iter()
                .all(|&code| Movement::from_code(code).map(Movement::code) == Some(code))
        );
    }

    #[test]
    fn a_row_lives_on_as_a_resident_and_nothing_of_it_prints() {
        let row = ResidentRow {
            number: "A-77",
            coupon: CouponNumber::parse(b"1234567890").ok(),
            my_number: MyNumber::parse(b"983205673214").ok(),
            name: Text {
                utf8: "\u{E000}田",
                original: Some(b"\xF0\x40\x93\x63"),
            },
            kana: Some(Text::new("ヤマダ")),
            birth_date: Date::constant(1950, 1, 2),
            sex: Sex::Female,
            movement: Movement::Register,
            moved_on: None,
            reason: None,
            protected: Some(true),
        };
        let resident = row.to_resident();
        assert_eq!(resident.as_row(), row);
        assert_eq!(
            format!("{row:?} {resident:?} {:?}", resident.name),
            "ResidentRow Resident OwnedText"
        );
    }
}
