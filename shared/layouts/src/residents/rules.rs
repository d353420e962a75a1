//! The rules for each column. Every one has a fast way for what nearly all rows hold, judged by its
//! bytes, and a slow way that decodes, folds and finds out what is wrong.

use domain::{
    CouponNumber, CouponNumberError, Date, DateError, Movement, MyNumber, MyNumberError, Sex,
    TenantCode, Text, parse_date, parse_eight_digits,
};

use super::columns::Column;
use super::header::Binding;
use super::row::{Rules, Window};
use crate::encoding::{is_utf8_in_cp932, undecodable};
use crate::guard::unguarded;
use crate::mapping::trimmed;
use crate::split::Field;
use crate::text::{Seen, fold_in_key, is_hidden_in_key, is_plain, is_private};
use crate::{Encoding, FileProblem, NoticeCode, Notices, ProblemCode, RowProblem, cp932};

const MAX_NUMBER: usize = 40;
const MAX_NAME: usize = 100;
const MAX_REASON: usize = 20;
const EARLIEST_BIRTH: Date = Date::constant(1880, 1, 1);

/// A text that stands in the window, or in the row's own decoded text.
#[derive(Clone, Copy)]
pub(super) enum Piece<'a> {
    Window(&'a str),
    Decoded { start: usize, end: usize },
}

impl<'a> Piece<'a> {
    pub(super) fn resolve(self, decoded: &'a str) -> &'a str {
        match self {
            Self::Window(text) => text,
            Self::Decoded { start, end } => decoded.get(start..end).unwrap_or_default(),
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct TextPiece<'a> {
    utf8: Piece<'a>,
    original: Option<&'a [u8]>,
}

impl<'a> TextPiece<'a> {
    pub(super) fn resolve(self, decoded: &'a str) -> Text<'a> {
        Text {
            utf8: self.utf8.resolve(decoded),
            original: self.original,
        }
    }
}

/// A field without its quotes.
#[derive(Clone, Copy)]
struct Cell<'a> {
    bytes: &'a [u8],
    /// Where it stands in the window; [`Cell::ELSEWHERE`] if it had to be unquoted.
    start: usize,
}

impl Cell<'_> {
    const ELSEWHERE: usize = usize::MAX;
    const EMPTY: Self = Cell {
        bytes: &[],
        start: Self::ELSEWHERE,
    };
}

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

/// One row under check.
pub(super) struct RowCheck<'r, 's> {
    pub(super) window: Window<'r>,
    pub(super) fields: &'r [Field],
    /// Fields with doubled quotes, as they are meant, one behind the other.
    pub(super) unquoted: &'r [u8],
    pub(super) binding: &'r Binding,
    pub(super) rules: &'r Rules,
    pub(super) raw: &'r [u8],
    /// Nothing comes behind the row, not even a line end.
    pub(super) ends_file: bool,
    pub(super) line: u64,
    pub(super) text: &'s mut String,
    pub(super) spare: &'s mut String,
    pub(super) problems: &'s mut Vec<RowProblem>,
    pub(super) notices: Notices,
}

impl<'r> RowCheck<'r, '_> {
    /// All columns. `Err`: something on the row makes the file refused.
    #[inline]
    pub(super) fn parts(&mut self) -> Result<Parts<'r>, FileProblem> {
        let mut parts = Parts::default();
        let (has, wants) = (self.fields.len(), self.binding.width);
        if has == wants {
            self.municipality()?;
            parts.number = self.number()?;
            parts.coupon = self.coupon()?;
            parts.my_number = self.my_number()?;
            parts.name = self.text(Column::Name, MAX_NAME)?;
            parts.kana = self.text(Column::Kana, MAX_NAME)?;
            parts.birth_date = self.date(Column::BirthDate)?;
            parts.sex = self.digit(Column::Sex, ProblemCode::SexUnknown, Sex::from_code)?;
            parts.movement = self.movement()?;
            parts.moved_on = self.date(Column::MovedOn)?;
            parts.reason = self.text(Column::Reason, MAX_REASON)?;
            parts.protected = self.protected()?;
        } else if has < wants {
            self.refuse_row(ProblemCode::TooFewFields);
        } else {
            self.refuse_row(ProblemCode::TooManyFields);
        }
        if !self.problems.is_empty() || self.binding.error_positions().is_some() {
            self.decodable_throughout()?;
        }
        Ok(parts)
    }

    fn municipality(&mut self) -> Result<(), FileProblem> {
        let column = Column::Municipality;
        let Some(cell) = self.cell(column) else {
            return Ok(());
        };
        if cell.bytes == self.rules.tenant.as_str().as_bytes() {
            return Ok(());
        }
        let Some(code) = self.folded(cell, column)? else {
            return Ok(());
        };
        let tenant = self.rules.tenant;
        let code = code.resolve(self.text);
        let named = TenantCode::parse(code).or_else(|_| TenantCode::from_five_digits(code));
        match named {
            Ok(named) if named == tenant => {
                if code.len() == 5 {
                    self.notices.add(NoticeCode::FiveDigitCode);
                }
            }
            Ok(_) => {
                let column = Some(column.name().to_owned());
                let code = ProblemCode::OtherMunicipality;
                return Err(FileProblem {
                    code,
                    line: Some(self.line),
                    column,
                });
            }
            Err(_) if code.is_empty() => self.refuse(ProblemCode::RequiredEmpty, column),
            Err(_) if tenant.as_str().strip_prefix('0') == Some(code) => {
                self.refuse(ProblemCode::MunicipalityCodeLostZero, column);
            }
            Err(_) => self.refuse(ProblemCode::MunicipalityCode, column),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Option<Piece<'r>>, FileProblem> {
        let column = Column::Number;
        let Some(cell) = self.cell(column) else {
            return Ok(None);
        };
        let plain = (1..=MAX_NUMBER).contains(&cell.bytes.len())
            && cell.bytes.iter().all(u8::is_ascii_graphic)
            && !is_rounded(cell.bytes);
        if plain && let Some(number) = self.utf8(cell).or_else(|| ascii(cell.bytes)) {
            return Ok(Some(Piece::Window(number)));
        }
        let Some(piece) = self.folded(cell, column)? else {
            return Ok(None);
        };
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
            return Ok(Some(piece));
        };
        self.refuse(problem, column);
        Ok(None)
    }

    fn coupon(&mut self) -> Result<Option<CouponNumber>, FileProblem> {
        let column = Column::Coupon;
        let Some(cell) = self.cell(column) else {
            return Ok(None);
        };
        if cell.bytes.is_empty() {
            return Ok(None);
        }
        if let Ok(coupon) = CouponNumber::parse(cell.bytes) {
            return Ok(Some(coupon));
        }
        let Some(piece) = self.folded(cell, column)? else {
            return Ok(None);
        };
        let digits = piece.resolve(self.text);
        if digits.is_empty() {
            return Ok(None);
        }
        let problem = match CouponNumber::parse(digits.as_bytes()) {
            Ok(coupon) => return Ok(Some(coupon)),
            Err(CouponNumberError::Length) => ProblemCode::CouponLength,
            Err(CouponNumberError::NotDigits) => ProblemCode::CouponNotDigits,
        };
        self.refuse(problem, column);
        Ok(None)
    }

    fn my_number(&mut self) -> Result<Option<MyNumber>, FileProblem> {
        let column = Column::MyNumber;
        let Some(cell) = self.cell(column) else {
            return Ok(None);
        };
        if cell.bytes.is_empty() {
            return Ok(None);
        }
        if let Ok(number) = MyNumber::parse(cell.bytes) {
            return Ok(Some(number));
        }
        let Some(piece) = self.folded(cell, column)? else {
            return Ok(None);
        };
        let digits = piece.resolve(self.text);
        if digits.is_empty() {
            return Ok(None);
        }
        let problem = match MyNumber::parse(digits.as_bytes()) {
            Ok(number) => return Ok(Some(number)),
            Err(MyNumberError::Length) => ProblemCode::MyNumberLength,
            Err(MyNumberError::NotDigits) => ProblemCode::MyNumberNotDigits,
            Err(MyNumberError::Exponent) => ProblemCode::MyNumberRounded,
            Err(MyNumberError::CheckDigit) => ProblemCode::MyNumberCheckDigit,
        };
        self.refuse(problem, column);
        Ok(None)
    }

    fn text(&mut self, column: Column, most: usize) -> Result<Option<TextPiece<'r>>, FileProblem> {
        let Some(cell) = self.cell(column) else {
            return Ok(None);
        };
        if cell.bytes.is_empty() {
            if column.is_required() {
                self.refuse(ProblemCode::RequiredEmpty, column);
            }
            return Ok(None);
        }
        if let Some(text) = self.utf8(cell)
            && cell.bytes.len() <= most
            && is_plain(cell.bytes)
        {
            return Ok(Some(TextPiece {
                utf8: Piece::Window(text),
                original: None,
            }));
        }
        let (utf8, seen) = self.decoded(cell)?;
        let problem = if !seen.solid {
            // Blank: as good as empty.
            column.is_required().then_some(ProblemCode::RequiredEmpty)
        } else if seen.control {
            Some(ProblemCode::HiddenCharacter)
        } else if seen.chars > most {
            Some(ProblemCode::TooLong)
        } else {
            self.note(seen);
            let original = seen.twice.then_some(cell.bytes);
            return Ok(Some(TextPiece { utf8, original }));
        };
        if let Some(problem) = problem {
            self.refuse(problem, column);
        }
        Ok(None)
    }

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

    fn date(&mut self, column: Column) -> Result<Option<Date>, FileProblem> {
        let Some(cell) = self.cell(column) else {
            return Ok(None);
        };
        let eight = cell.bytes.try_into().ok().and_then(parse_eight_digits);
        let read = if let Some(date) = eight {
            date
        } else if cell.bytes.is_empty() {
            return Ok(self.absent(column));
        } else {
            let Some(piece) = self.folded(cell, column)? else {
                return Ok(None);
            };
            let date = piece.resolve(self.text);
            if date.is_empty() {
                return Ok(self.absent(column));
            }
            parse_date(date)
        };
        let problem = match read {
            Ok(date) if date > self.rules.today => ProblemCode::DateInFuture,
            Ok(date) if column == Column::BirthDate && date < EARLIEST_BIRTH => {
                ProblemCode::BirthTooEarly
            }
            Ok(date) => return Ok(Some(date)),
            Err(DateError::Unreadable) => ProblemCode::DateUnreadable,
            Err(DateError::Impossible) => ProblemCode::DateImpossible,
            Err(DateError::OutsideEra) => ProblemCode::DateOutsideEra,
        };
        self.refuse(problem, column);
        Ok(None)
    }

    fn movement(&mut self) -> Result<Option<Movement>, FileProblem> {
        let before = self.problems.len();
        let code = ProblemCode::MovementUnknown;
        let movement = self.digit(Column::Movement, code, Movement::from_code)?;
        let empty = movement.is_none() && self.problems.len() == before;
        Ok(if empty {
            Some(Movement::Register)
        } else {
            movement
        })
    }

    fn protected(&mut self) -> Result<bool, FileProblem> {
        let flag = |digit| match digit {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        };
        let protected = self.digit(Column::Protected, ProblemCode::ProtectionUnknown, flag)?;
        Ok(protected.unwrap_or(false))
    }

    /// A column of one digit.
    #[inline]
    fn digit<T>(
        &mut self,
        column: Column,
        problem: ProblemCode,
        meaning: impl Fn(u8) -> Option<T>,
    ) -> Result<Option<T>, FileProblem> {
        let Some(cell) = self.cell(column) else {
            return Ok(None);
        };
        let of_digit = |text: &[u8]| match text {
            [digit @ b'0'..=b'9'] => meaning(digit - b'0'),
            _ => None,
        };
        if let Some(value) = of_digit(cell.bytes) {
            return Ok(Some(value));
        }
        if cell.bytes.is_empty() {
            return Ok(self.absent(column));
        }
        let Some(piece) = self.folded(cell, column)? else {
            return Ok(None);
        };
        let text = piece.resolve(self.text);
        if text.is_empty() {
            return Ok(self.absent(column));
        }
        let value = of_digit(text.as_bytes());
        if value.is_none() {
            self.refuse(problem, column);
        }
        Ok(value)
    }
}

/// How cells are got, decoded and folded, and problems kept.
impl<'r> RowCheck<'r, '_> {
    /// The field of a column without quotes; empty if the file does not have it. `None`: its quotes are
    /// wrong, which is noted.
    #[inline]
    fn cell(&mut self, column: Column) -> Option<Cell<'r>> {
        let position = self.binding.position(column);
        let Some(field) = self.fields.get(position) else {
            return Some(Cell::EMPTY);
        };
        if field.is_stray() {
            self.refuse(ProblemCode::QuotesMisplaced, column);
            return None;
        }
        let mut cell = if field.is_doubled() {
            Cell {
                bytes: self.unquoted_field(position),
                start: Cell::ELSEWHERE,
            }
        } else {
            let bytes = self
                .window
                .bytes
                .get(field.start..field.end)
                .unwrap_or_default();
            Cell {
                bytes,
                start: field.start,
            }
        };
        if self.binding.error_positions().is_some() {
            let length = cell.bytes.len();
            cell.bytes = unguarded(cell.bytes);
            cell.start = cell.start.saturating_add(length - cell.bytes.len());
        }
        Some(cell)
    }

    #[cold]
    fn unquoted_field(&self, position: usize) -> &'r [u8] {
        // A doubled quote is one byte less behind unquoting.
        let length = |field: &Field| {
            let raw = self
                .window
                .bytes
                .get(field.start..field.end)
                .unwrap_or_default();
            raw.len() - memchr::memchr_iter(b'"', raw).count() / 2
        };
        let fields = self.fields.iter().take(position + 1);
        let mut lengths = fields
            .filter(|it| it.is_doubled() && !it.is_stray())
            .map(length);
        let own = lengths.next_back().unwrap_or(0);
        let start: usize = lengths.sum();
        self.unquoted.get(start..start + own).unwrap_or_default()
    }

    /// The text of a cell, without decoding: only in UTF-8.
    #[inline]
    fn utf8(&self, cell: Cell<'r>) -> Option<&'r str> {
        let text = self.window.text?;
        if cell.start == Cell::ELSEWHERE {
            return std::str::from_utf8(cell.bytes).ok();
        }
        // The window was validated as a whole, which costs less than validating cells.
        text.get(cell.start..cell.start + cell.bytes.len())
    }

    /// The text of a cell, and what was seen in it.
    fn decoded(&mut self, cell: Cell<'r>) -> Result<(Piece<'r>, Seen), FileProblem> {
        if let Some(text) = self.utf8(cell) {
            return Ok((Piece::Window(text), Seen::in_text(text)));
        }
        let start = self.text.len();
        let seen = cp932::decode_into(cell.bytes, self.text).map_err(|error| {
            let at_end = self.ends_file && self.raw.ends_with(cell.bytes);
            self.undecodable(error.cut && at_end)
        })?;
        if is_utf8_in_cp932(cell.bytes) && std::str::from_utf8(self.raw).is_ok() {
            return Err(FileProblem::at(ProblemCode::MixedEncodings, self.line));
        }
        Ok((
            Piece::Decoded {
                start,
                end: self.text.len(),
            },
            seen,
        ))
    }

    /// A number or code as it is compared: decoded, folded, without blanks around it. `None`: it holds
    /// something hidden, which is noted.
    #[cold]
    fn folded(&mut self, cell: Cell<'r>, column: Column) -> Result<Option<Piece<'r>>, FileProblem> {
        let (piece, _) = self.decoded(cell)?;
        self.spare.clear();
        let text = piece.resolve(self.text);
        let mut hidden = false;
        for c in text.chars() {
            hidden |= is_hidden_in_key(c);
            self.spare.push(fold_in_key(c));
        }
        let changed = trimmed(self.spare) != trimmed(text);
        if hidden {
            self.refuse(ProblemCode::HiddenCharacter, column);
            return Ok(None);
        }
        if changed {
            self.notices.add(NoticeCode::FullWidthFolded);
        }
        let start = self.text.len();
        self.text.push_str(trimmed(self.spare));
        Ok(Some(Piece::Decoded {
            start,
            end: self.text.len(),
        }))
    }

    /// In CP932 single cells are decoded as they are needed; where a row is refused or has cells that
    /// nothing needs, all of it must decode all the same.
    fn decodable_throughout(&mut self) -> Result<(), FileProblem> {
        if self.window.text.is_some() || self.raw.is_ascii() {
            return Ok(());
        }
        self.spare.clear();
        let decoded = cp932::decode_into(self.raw, self.spare);
        decoded
            .map(drop)
            .map_err(|error| self.undecodable(error.cut && self.ends_file))
    }

    #[cold]
    fn undecodable(&self, cut_at_end: bool) -> FileProblem {
        FileProblem::at(
            undecodable(Encoding::Cp932, self.raw, cut_at_end),
            self.line,
        )
    }

    /// For an empty cell.
    #[inline]
    fn absent<T>(&mut self, column: Column) -> Option<T> {
        if column.is_required() {
            self.refuse(ProblemCode::RequiredEmpty, column);
        }
        None
    }

    #[cold]
    fn refuse(&mut self, code: ProblemCode, column: Column) {
        let (column, line) = (Some(column.name()), self.line);
        self.problems.push(RowProblem { code, column, line });
    }

    #[cold]
    fn refuse_row(&mut self, code: ProblemCode) {
        self.problems.push(RowProblem {
            code,
            column: None,
            line: self.line,
        });
    }
}

fn ascii(text: &[u8]) -> Option<&str> {
    std::str::from_utf8(text).ok()
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
