//! The rules for each column. Every one has a fast way for what nearly all rows hold, judged by its
//! bytes, and a slow way that decodes, folds and finds out what is wrong.

use domain::{
    CouponNumber, CouponNumberError, Date, DateError, Movement, MyNumber, MyNumberError, Sex,
    TenantCode, parse_date, parse_eight_digits,
};

use super::cells::{Piece, RowCheck, TextPiece};
use super::columns::Column;
use crate::text::{Seen, is_plain, is_private};
use crate::{FileProblem, NoticeCode, ProblemCode};

const MAX_NUMBER: usize = 40;
const MAX_NAME: usize = 100;
const MAX_REASON: usize = 20;
const EARLIEST_BIRTH: Date = Date::constant(1880, 1, 1);

/// What was read off a row; complete if there was no problem.
#[derive(Default)]
pub(super) struct Parts<'a> {
    pub(super) number: Option<Piece<'a>>,
    pub(super) coupon: Option<CouponNumber>,
    pub(super) my_number: Option<MyNumber>,
    pub(super) name: Option<TextPiece<'a>>,
    pub(super) kana: Option<TextPiece<'a>>,
    pub(super) birth_date: Option<Date>,
    pub(super) sex: Option<Sex>,
    pub(super) movement: Option<Movement>,
    pub(super) moved_on: Option<Date>,
    pub(super) reason: Option<TextPiece<'a>>,
    pub(super) protected: bool,
}

impl<'r> RowCheck<'r, '_> {
    /// All columns.
    #[inline]
    pub(super) fn parts(&mut self) -> Parts<'r> {
        let (has, wants) = (self.fields.len(), self.binding.width);
        if has != wants {
            let few = has < wants;
            self.refuse_row(if few {
                ProblemCode::TooFewFields
            } else {
                ProblemCode::TooManyFields
            });
            return Parts::default();
        }
        self.municipality();
        Parts {
            number: self.number(),
            coupon: self.coupon(),
            my_number: self.my_number(),
            name: self.text(Column::Name, MAX_NAME),
            kana: self.text(Column::Kana, MAX_NAME),
            birth_date: self.date(Column::BirthDate),
            sex: self.digit(Column::Sex, ProblemCode::SexUnknown, Sex::from_code),
            movement: self.movement(),
            moved_on: self.date(Column::MovedOn),
            reason: self.text(Column::Reason, MAX_REASON),
            protected: self.protected(),
        }
    }

    #[inline]
    fn municipality(&mut self) {
        let Some(cell) = self.cell(Column::Municipality) else {
            return;
        };
        if cell.bytes != self.rules.tenant.as_str().as_bytes()
            && let Some(code) = self.folded(cell, Column::Municipality)
        {
            self.other_municipality(code);
        }
    }

    #[cold]
    fn other_municipality(&mut self, code: Piece<'r>) {
        let (column, tenant) = (Column::Municipality, self.rules.tenant);
        let code = code.resolve(self.text);
        let named = TenantCode::parse(code).or_else(|_| TenantCode::from_five_digits(code));
        match named {
            Ok(named) if named == tenant => {
                if code.len() == 5 {
                    self.notices.add(NoticeCode::FiveDigitCode);
                }
            }
            Ok(_) => {
                let (line, column) = (Some(self.line), Some(column.name().to_owned()));
                let code = ProblemCode::OtherMunicipality;
                self.refuse_file(FileProblem { code, line, column });
            }
            Err(_) if code.is_empty() => self.refuse(ProblemCode::RequiredEmpty, column),
            Err(_) if tenant.as_str().strip_prefix('0') == Some(code) => {
                self.refuse(ProblemCode::MunicipalityCodeLostZero, column);
            }
            Err(_) => self.refuse(ProblemCode::MunicipalityCode, column),
        }
    }

    #[inline]
    fn number(&mut self) -> Option<Piece<'r>> {
        let cell = self.cell(Column::Number)?;
        // Without an E it is not a rounded number either.
        let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'E' | b'e');
        if (1..=MAX_NUMBER).contains(&cell.bytes.len())
            && cell.bytes.iter().all(plain)
            && let Some(number) = self.ascii(cell)
        {
            return Some(Piece::Window(number));
        }
        let folded = self.folded(cell, Column::Number)?;
        self.unusual_number(folded)
    }

    #[cold]
    fn unusual_number(&mut self, piece: Piece<'r>) -> Option<Piece<'r>> {
        let number = piece.resolve(self.text);
        let problem = if number.is_empty() {
            ProblemCode::RequiredEmpty
        } else if number.chars().count() > MAX_NUMBER {
            ProblemCode::TooLong
        } else if is_rounded(number.as_bytes()) {
            ProblemCode::ResidentNumberRounded
        } else {
            if number.contains(is_private) {
                self.notices.add(NoticeCode::PrivateCharacter);
            }
            return Some(piece);
        };
        self.refuse(problem, Column::Number);
        None
    }

    #[inline]
    fn coupon(&mut self) -> Option<CouponNumber> {
        let cell = self.cell(Column::Coupon)?;
        if cell.bytes.is_empty() {
            return None;
        }
        if let Ok(coupon) = CouponNumber::parse(cell.bytes) {
            return Some(coupon);
        }
        let digits = self.folded(cell, Column::Coupon)?.resolve(self.text);
        if digits.is_empty() {
            return None;
        }
        let problem = match CouponNumber::parse(digits.as_bytes()) {
            Ok(coupon) => return Some(coupon),
            Err(CouponNumberError::Length) => ProblemCode::CouponLength,
            Err(CouponNumberError::NotDigits) => ProblemCode::CouponNotDigits,
        };
        self.refuse(problem, Column::Coupon);
        None
    }

    #[inline]
    fn my_number(&mut self) -> Option<MyNumber> {
        let cell = self.cell(Column::MyNumber)?;
        if cell.bytes.is_empty() {
            return None;
        }
        if let Ok(number) = MyNumber::parse(cell.bytes) {
            return Some(number);
        }
        let digits = self.folded(cell, Column::MyNumber)?.resolve(self.text);
        if digits.is_empty() {
            return None;
        }
        let problem = match MyNumber::parse(digits.as_bytes()) {
            Ok(number) => return Some(number),
            Err(MyNumberError::Length) => ProblemCode::MyNumberLength,
            Err(MyNumberError::NotDigits) => ProblemCode::MyNumberNotDigits,
            Err(MyNumberError::Exponent) => ProblemCode::MyNumberRounded,
            Err(MyNumberError::CheckDigit) => ProblemCode::MyNumberCheckDigit,
        };
        self.refuse(problem, Column::MyNumber);
        None
    }

    #[inline]
    fn text(&mut self, column: Column, most: usize) -> Option<TextPiece<'r>> {
        let cell = self.cell(column)?;
        if cell.bytes.is_empty() {
            return self.absent(column);
        }
        if cell.bytes.len() <= most
            && let Some(text) = self.utf8(cell)
            && is_plain(cell.bytes)
        {
            return Some(TextPiece::new(Piece::Window(text)));
        }
        let (utf8, seen) = self.decoded(cell)?;
        let problem = if !seen.solid {
            // Blank: as good as empty.
            return self.absent(column);
        } else if seen.control {
            ProblemCode::HiddenCharacter
        } else if seen.chars > most {
            ProblemCode::TooLong
        } else {
            self.note(seen);
            return Some(TextPiece::with_original(
                utf8,
                seen.twice.then_some(cell.bytes),
            ));
        };
        self.refuse(problem, column);
        None
    }

    #[inline]
    fn note(&mut self, seen: Seen) {
        let found = [
            (seen.private, NoticeCode::PrivateCharacter),
            (seen.replaced, NoticeCode::ReplacedCharacter),
            (seen.invisible, NoticeCode::HiddenInText),
        ];
        for (_, code) in found.into_iter().filter(|(found, _)| *found) {
            self.notices.add(code);
        }
    }

    #[inline]
    fn date(&mut self, column: Column) -> Option<Date> {
        let cell = self.cell(column)?;
        let eight = cell.bytes.try_into().ok().and_then(parse_eight_digits);
        let read = if let Some(date) = eight {
            date
        } else if cell.bytes.is_empty() {
            return self.absent(column);
        } else {
            let date = self.folded(cell, column)?.resolve(self.text);
            if date.is_empty() {
                return self.absent(column);
            }
            parse_date(date)
        };
        let problem = match read {
            Ok(date) if date > self.rules.today => ProblemCode::DateInFuture,
            Ok(date) if column == Column::BirthDate && date < EARLIEST_BIRTH => {
                ProblemCode::BirthTooEarly
            }
            Ok(date) => return Some(date),
            Err(DateError::Unreadable) => ProblemCode::DateUnreadable,
            Err(DateError::Impossible) => ProblemCode::DateImpossible,
            Err(DateError::OutsideEra) => ProblemCode::DateOutsideEra,
        };
        self.refuse(problem, column);
        None
    }

    /// Empty means register.
    #[inline]
    fn movement(&mut self) -> Option<Movement> {
        let before = self.problems.len();
        let code = ProblemCode::MovementUnknown;
        let movement = self.digit(Column::Movement, code, Movement::from_code);
        let empty = movement.is_none() && self.problems.len() == before;
        if empty {
            Some(Movement::Register)
        } else {
            movement
        }
    }

    #[inline]
    fn protected(&mut self) -> bool {
        let flag = |digit| match digit {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        };
        let protected = self.digit(Column::Protected, ProblemCode::ProtectionUnknown, flag);
        protected.unwrap_or(false)
    }

    /// A column of one digit.
    #[inline]
    fn digit<T>(
        &mut self,
        column: Column,
        problem: ProblemCode,
        meaning: impl Fn(u8) -> Option<T>,
    ) -> Option<T> {
        let cell = self.cell(column)?;
        let of_digit = |text: &[u8]| match text {
            [digit @ b'0'..=b'9'] => meaning(digit - b'0'),
            _ => None,
        };
        if let Some(value) = of_digit(cell.bytes) {
            return Some(value);
        }
        if cell.bytes.is_empty() {
            return self.absent(column);
        }
        let text = self.folded(cell, column)?.resolve(self.text);
        if text.is_empty() {
            return self.absent(column);
        }
        let value = of_digit(text.as_bytes());
        if value.is_none() {
            self.refuse(problem, column);
        }
        value
    }
}

/// A number as a spreadsheet shows it when it finds it too long: 1.23457E+11.
fn is_rounded(text: &[u8]) -> bool {
    let Some(e) = text.iter().position(|byte| matches!(byte, b'E' | b'e')) else {
        return false;
    };
    let (digits, exponent) = text.split_at(e);
    let number = |text: &[u8], signs: &[u8]| {
        text.iter().any(u8::is_ascii_digit)
            && text
                .iter()
                .all(|byte| byte.is_ascii_digit() || signs.contains(byte))
    };
    number(digits, b".")
        && exponent.get(1) == Some(&b'+')
        && number(exponent.get(2..).unwrap_or_default(), b"")
}
