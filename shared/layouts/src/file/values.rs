//! The rules for single cells that layouts share. Every one has a fast way for what nearly all rows
//! hold, judged by its bytes, and a slow way that decodes, folds and finds out what is wrong.

use domain::{
    CouponNumber, CouponNumberError, Date, DateError, MyNumber, MyNumberError, TenantCode,
    parse_date, parse_eight_digits,
};

use super::cells::{Piece, RowCheck, TextPiece};
use super::layout::{Layout, LayoutColumn as _};
use crate::text::{Seen, is_plain, is_private};
use crate::{FileProblem, NoticeCode, ProblemCode};

/// Nobody who lives was born before.
const EARLIEST_BIRTH: Date = Date::constant(1880, 1, 1);

impl<'r, L: Layout> RowCheck<'r, '_, L> {
    /// What was read off the row.
    #[inline]
    pub(super) fn parts(&mut self) -> L::Parts<'r> {
        let (has, wants) = (self.fields.len(), self.binding.width);
        if has != wants {
            let few = has < wants;
            self.refuse_row(if few {
                ProblemCode::TooFewFields
            } else {
                ProblemCode::TooManyFields
            });
            return L::nothing();
        }
        L::read(self)
    }

    #[inline]
    pub(crate) fn municipality(&mut self, column: L::Column) {
        let Some(cell) = self.cell(column) else {
            return;
        };
        if cell.bytes != self.rules.tenant.as_str().as_bytes()
            && let Some(code) = self.folded(cell, column)
        {
            self.other_municipality(code, column);
        }
    }

    #[cold]
    fn other_municipality(&mut self, code: Piece<'r>, column: L::Column) {
        let tenant = self.rules.tenant;
        let code = code.resolve(self.text);
        // With a check digit behind it, the rest of some codes is the code of another municipality.
        if tenant.as_str().strip_prefix('0') == Some(code) {
            self.refuse(ProblemCode::MunicipalityCodeLostZero, column);
            return;
        }
        let named = TenantCode::parse(code).or_else(|_| TenantCode::from_five_digits(code));
        match named {
            Ok(named) if named == tenant => {
                if code.len() == 5 {
                    self.notices.add(NoticeCode::FiveDigitCode);
                }
            }
            Ok(_) => {
                self.refuse_file(FileProblem {
                    column: Some(column.name().to_owned()),
                    ..FileProblem::at(ProblemCode::OtherMunicipality, self.line)
                });
            }
            Err(_) if code.is_empty() => self.refuse(ProblemCode::RequiredEmpty, column),
            Err(_) => self.refuse(ProblemCode::MunicipalityCode, column),
        }
    }

    /// A number that may hold letters: as it came where that is plain ASCII, else folded.
    #[inline]
    pub(crate) fn number(
        &mut self,
        column: L::Column,
        most: usize,
        rounded: ProblemCode,
    ) -> Option<Piece<'r>> {
        let cell = self.cell(column)?;
        // Without an E it is not a rounded number either.
        let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'E' | b'e');
        if (1..=most).contains(&cell.bytes.len())
            && cell.bytes.iter().all(plain)
            && let Some(number) = self.ascii(cell)
        {
            return Some(Piece::Window(number));
        }
        let folded = self.folded(cell, column)?;
        self.unusual_number(folded, column, most, rounded)
    }

    #[cold]
    fn unusual_number(
        &mut self,
        piece: Piece<'r>,
        column: L::Column,
        most: usize,
        rounded: ProblemCode,
    ) -> Option<Piece<'r>> {
        let number = piece.resolve(self.text);
        let problem = if number.is_empty() {
            return self.absent(column);
        } else if number.chars().count() > most {
            ProblemCode::TooLong
        } else if is_rounded(number.as_bytes()) {
            rounded
        } else {
            if number.contains(is_private) {
                self.notices.add(NoticeCode::PrivateCharacter);
            }
            return Some(piece);
        };
        self.refuse(problem, column);
        None
    }

    #[inline]
    pub(crate) fn my_number(&mut self, column: L::Column) -> Option<MyNumber> {
        let cell = self.cell(column)?;
        if cell.bytes.is_empty() {
            return None;
        }
        if let Ok(number) = MyNumber::parse(cell.bytes) {
            return Some(number);
        }
        let digits = self.folded(cell, column)?.resolve(self.text);
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
        self.refuse(problem, column);
        None
    }

    #[inline]
    pub(crate) fn coupon(&mut self, column: L::Column) -> Option<CouponNumber> {
        let cell = self.cell(column)?;
        if cell.bytes.is_empty() {
            return None;
        }
        if let Ok(coupon) = CouponNumber::parse(cell.bytes) {
            return Some(coupon);
        }
        let digits = self.folded(cell, column)?.resolve(self.text);
        if digits.is_empty() {
            return None;
        }
        let problem = match CouponNumber::parse(digits.as_bytes()) {
            Ok(coupon) => return Some(coupon),
            Err(CouponNumberError::Length) => ProblemCode::CouponLength,
            Err(CouponNumberError::NotDigits) => ProblemCode::CouponNotDigits,
        };
        self.refuse(problem, column);
        None
    }

    #[inline]
    pub(crate) fn text(&mut self, column: L::Column, most: usize) -> Option<TextPiece<'r>> {
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
    pub(crate) fn date(&mut self, column: L::Column) -> Option<Date> {
        self.date_from(column, Date::MIN)
    }

    /// A date of birth.
    #[inline]
    pub(crate) fn birth_date(&mut self, column: L::Column) -> Option<Date> {
        self.date_from(column, EARLIEST_BIRTH)
    }

    #[inline]
    fn date_from(&mut self, column: L::Column, earliest: Date) -> Option<Date> {
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
            Ok(date) if date < earliest => ProblemCode::BirthTooEarly,
            Ok(date) => return Some(date),
            Err(DateError::Unreadable) => ProblemCode::DateUnreadable,
            Err(DateError::Impossible) => ProblemCode::DateImpossible,
            Err(DateError::OutsideEra) => ProblemCode::DateOutsideEra,
        };
        self.refuse(problem, column);
        None
    }

    /// A column of one digit.
    #[inline]
    pub(crate) fn digit<T>(
        &mut self,
        column: L::Column,
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
