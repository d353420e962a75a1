//! What can be wrong with a row, planted on purpose.

use super::Encoding;
use super::row::{Cells, Column};

/// What is wrong with a row. Each of them gets the row refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Defect {
    /// 個人番号 with another check digit.
    MyNumberCheckDigit,
    /// 個人番号 with eleven digits: a leading zero was lost on the way.
    MyNumberElevenDigits,
    /// 個人番号 with thirteen digits.
    MyNumberThirteenDigits,
    /// 個人番号 as a spreadsheet rounds it.
    MyNumberRounded,
    /// 個人番号 of the resident in the row before; both rows are refused.
    MyNumberShared,
    /// 券番号 of the resident in the row before; both rows are refused.
    CouponShared,
    /// 宛名番号 of the row before; both rows are refused.
    NumberTwice,
    /// 券番号 with nine digits.
    CouponNineDigits,
    /// 宛名番号 empty.
    NumberMissing,
    /// A control character in 宛名番号.
    NumberControlCharacter,
    /// A zero-width space in 宛名番号; in CP932, which has none, a tab.
    NumberUnseenCharacter,
    /// 氏名 empty.
    NameMissing,
    /// 氏名 longer than 100 characters.
    NameTooLong,
    /// 生年月日 empty.
    BirthDateMissing,
    /// 生年月日 on the 30th of February.
    BirthDateImpossible,
    /// 生年月日 in the year 2999.
    BirthDateFuture,
    /// 生年月日 in no known form.
    BirthDateUnreadable,
    /// 生年月日 before 1880.
    BirthDateTooEarly,
    /// 性別 3.
    SexUnknown,
    /// 異動区分 9.
    MovementUnknown,
    /// The last two fields are not there.
    TooFewFields,
    /// One field more than columns.
    TooManyFields,
}

impl Defect {
    /// Every defect; planted in turn.
    pub const ALL: [Self; 22] = [
        Self::MyNumberCheckDigit,
        Self::BirthDateMissing,
        Self::SexUnknown,
        Self::MyNumberElevenDigits,
        Self::MyNumberShared,
        Self::BirthDateImpossible,
        Self::MyNumberRounded,
        Self::NumberTwice,
        Self::NameTooLong,
        Self::CouponShared,
        Self::BirthDateFuture,
        Self::TooFewFields,
        Self::MyNumberThirteenDigits,
        Self::NameMissing,
        Self::MovementUnknown,
        Self::CouponNineDigits,
        Self::TooManyFields,
        Self::BirthDateUnreadable,
        Self::NumberControlCharacter,
        Self::NumberMissing,
        Self::BirthDateTooEarly,
        Self::NumberUnseenCharacter,
    ];

    /// Whether it is about two rows, of which both are refused.
    #[must_use]
    pub const fn is_shared(self) -> bool {
        matches!(
            self,
            Self::MyNumberShared | Self::CouponShared | Self::NumberTwice
        )
    }

    /// The column whose content the row before lends to this one.
    pub(super) const fn shared_column(self) -> Option<Column> {
        match self {
            Self::MyNumberShared => Some(Column::MyNumber),
            Self::CouponShared => Some(Column::Coupon),
            Self::NumberTwice => Some(Column::Number),
            _ => None,
        }
    }

    /// Spoils a row. A defect that needs the row before is planted by whoever has that row.
    pub(super) fn plant(self, cells: &mut Cells, encoding: Encoding) {
        match self {
            Self::MyNumberCheckDigit => spoil_check_digit(cells.get_mut(Column::MyNumber)),
            Self::MyNumberElevenDigits => cells.set(Column::MyNumber, b"12345678901"),
            Self::MyNumberThirteenDigits => cells.set(Column::MyNumber, b"9000000000000"),
            Self::MyNumberRounded => cells.set(Column::MyNumber, b"9.83206E+11"),
            Self::MyNumberShared | Self::CouponShared | Self::NumberTwice => {}
            Self::CouponNineDigits => cells.set(Column::Coupon, b"123456789"),
            Self::NumberMissing => cells.set(Column::Number, b""),
            Self::NumberControlCharacter => cells.get_mut(Column::Number).push(0x07),
            Self::NumberUnseenCharacter => {
                let unseen: &[u8] = match encoding {
                    Encoding::Utf8 | Encoding::Utf8Bom => "\u{200B}".as_bytes(),
                    Encoding::Cp932 => b"\t",
                };
                cells.get_mut(Column::Number).extend_from_slice(unseen);
            }
            Self::NameMissing => cells.set(Column::Name, b""),
            Self::NameTooLong => cells.set(Column::Name, &[b'X'; 101]),
            Self::BirthDateMissing => cells.set(Column::BirthDate, b""),
            Self::BirthDateImpossible => cells.set(Column::BirthDate, b"19990230"),
            Self::BirthDateFuture => cells.set(Column::BirthDate, b"29990401"),
            Self::BirthDateUnreadable => cells.set(Column::BirthDate, b"1.4.1950"),
            Self::BirthDateTooEarly => cells.set(Column::BirthDate, b"18791231"),
            Self::SexUnknown => cells.set(Column::Sex, b"3"),
            Self::MovementUnknown => cells.set(Column::Movement, b"9"),
            Self::TooFewFields => cells.cut(2),
            Self::TooManyFields => cells.add_one(),
        }
    }
}

fn spoil_check_digit(my_number: &mut Vec<u8>) {
    match my_number.last_mut() {
        Some(last) => *last = if *last == b'9' { b'0' } else { *last + 1 },
        None => my_number.extend_from_slice(b"900000000002"),
    }
}
