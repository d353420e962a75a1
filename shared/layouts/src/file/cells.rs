//! How the cells of a row are got, decoded and folded, and where its problems go.

use domain::{Encoding, Text, fold_in_key};

use super::header::Binding;
use super::layout::{Layout, LayoutColumn};
use super::row::{Rules, Window};
use crate::encoding::{is_utf8_in_cp932, undecodable};
use crate::guard::unguarded;
use crate::mapping::trimmed;
use crate::split::Field;
use crate::text::{Seen, is_hidden_in_key};
use crate::{FileProblem, NoticeCode, Notices, ProblemCode, RowProblem, cp932};

/// A text that stands in the window, or in the row's own decoded text.
#[derive(Clone, Copy)]
pub(crate) enum Piece<'a> {
    Window(&'a str),
    Decoded { start: usize, end: usize },
}

impl<'a> Piece<'a> {
    #[inline]
    pub(crate) fn resolve(self, decoded: &'a str) -> &'a str {
        match self {
            Self::Window(text) => text,
            Self::Decoded { start, end } => decoded.get(start..end).unwrap_or_default(),
        }
    }
}

/// The same with the bytes that it came as, where they say more.
#[derive(Clone, Copy)]
pub(crate) struct TextPiece<'a> {
    utf8: Piece<'a>,
    original: Option<&'a [u8]>,
}

impl<'a> TextPiece<'a> {
    pub(super) const fn new(utf8: Piece<'a>) -> Self {
        Self {
            utf8,
            original: None,
        }
    }

    pub(super) const fn with_original(utf8: Piece<'a>, original: Option<&'a [u8]>) -> Self {
        Self { utf8, original }
    }

    #[inline]
    pub(crate) fn resolve(self, decoded: &'a str) -> Text<'a> {
        Text {
            utf8: self.utf8.resolve(decoded),
            original: self.original,
        }
    }
}

/// A field without its quotes.
#[derive(Clone, Copy)]
pub(crate) struct Cell<'a> {
    pub(crate) bytes: &'a [u8],
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

/// One row under check.
pub struct RowCheck<'r, 's, L> {
    pub(super) window: Window<'r>,
    pub(super) fields: &'r [Field],
    /// Fields with doubled quotes, as they are meant, one behind the other.
    pub(super) unquoted: &'r [u8],
    pub(super) binding: &'r Binding<L>,
    pub(crate) rules: &'r Rules,
    pub(super) raw: &'r [u8],
    /// Nothing comes behind the row, not even a line end.
    pub(super) ends_file: bool,
    pub(crate) line: u64,
    pub(crate) text: &'s mut String,
    pub(super) spare: &'s mut String,
    pub(crate) problems: &'s mut Vec<RowProblem>,
    /// What makes the file refused, with which the row no longer matters.
    pub(super) fatal: &'s mut Option<FileProblem>,
    pub(crate) notices: Notices,
}

impl<'r, L: Layout> RowCheck<'r, '_, L> {
    /// Whether the file has the column.
    #[inline]
    pub(crate) fn has(&self, column: L::Column) -> bool {
        self.binding.position(column) < self.binding.width
    }

    /// The field of a column without quotes; empty if the file does not have it. `None`: its quotes are
    /// wrong, which is noted.
    #[inline]
    pub(crate) fn cell(&mut self, column: L::Column) -> Option<Cell<'r>> {
        let position = self.binding.position(column);
        let Some(field) = self.fields.get(position) else {
            return Some(Cell::EMPTY);
        };
        if field.is_unusual() || self.binding.is_guarded() {
            return self.unusual_cell(column, position, *field);
        }
        let bytes = self
            .window
            .bytes
            .get(field.start..field.end)
            .unwrap_or_default();
        Some(Cell {
            bytes,
            start: field.start,
        })
    }

    #[cold]
    fn unusual_cell(
        &mut self,
        column: L::Column,
        position: usize,
        field: Field,
    ) -> Option<Cell<'r>> {
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
        if self.binding.is_guarded() {
            let length = cell.bytes.len();
            cell.bytes = unguarded(cell.bytes);
            cell.start = cell.start.saturating_add(length - cell.bytes.len());
        }
        Some(cell)
    }

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
    pub(crate) fn utf8(&self, cell: Cell<'r>) -> Option<&'r str> {
        let text = self.window.text?;
        if cell.start == Cell::ELSEWHERE {
            return std::str::from_utf8(cell.bytes).ok();
        }
        // The window was validated as a whole, which costs less than validating cells.
        text.get(cell.start..cell.start + cell.bytes.len())
    }

    /// The text of a cell that is plain ASCII.
    #[inline]
    pub(crate) fn ascii(&self, cell: Cell<'r>) -> Option<&'r str> {
        self.utf8(cell)
            .or_else(|| std::str::from_utf8(cell.bytes).ok())
    }

    /// The text of a cell, and what was seen in it. `None`: it cannot be decoded, so the file is refused.
    pub(crate) fn decoded(&mut self, cell: Cell<'r>) -> Option<(Piece<'r>, Seen)> {
        if let Some(text) = self.utf8(cell) {
            return Some((Piece::Window(text), Seen::in_text(text)));
        }
        let start = self.text.len();
        let seen = match cp932::decode_into(cell.bytes, self.text) {
            Ok(seen) => seen,
            Err(error) => {
                let at_end = self.ends_file && self.raw.ends_with(cell.bytes);
                self.undecodable(error.cut && at_end);
                return None;
            }
        };
        if is_utf8_in_cp932(cell.bytes) && std::str::from_utf8(self.raw).is_ok() {
            self.refuse_file(FileProblem::at(ProblemCode::MixedEncodings, self.line));
            return None;
        }
        Some((
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
    pub(crate) fn folded(&mut self, cell: Cell<'r>, column: L::Column) -> Option<Piece<'r>> {
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
            return None;
        }
        if changed {
            self.notices.add(NoticeCode::FullWidthFolded);
        }
        let start = self.text.len();
        self.text.push_str(trimmed(self.spare));
        Some(Piece::Decoded {
            start,
            end: self.text.len(),
        })
    }

    /// In CP932 single cells are decoded as they are needed; where a row is refused or has cells that
    /// nothing needs, all of it must decode all the same.
    #[cold]
    pub(super) fn decode_throughout(&mut self) {
        if self.window.text.is_some() || self.raw.is_ascii() {
            return;
        }
        self.spare.clear();
        if let Err(error) = cp932::decode_into(self.raw, self.spare) {
            self.undecodable(error.cut && self.ends_file);
        }
    }

    #[cold]
    fn undecodable(&mut self, cut_at_end: bool) {
        let code = undecodable(Encoding::Cp932, self.raw, cut_at_end);
        self.refuse_file(FileProblem::at(code, self.line));
    }

    /// For an empty cell.
    #[inline]
    pub(crate) fn absent<T>(&mut self, column: L::Column) -> Option<T> {
        if column.is_required() {
            self.refuse(ProblemCode::RequiredEmpty, column);
        }
        None
    }

    #[cold]
    pub(crate) fn refuse(&mut self, code: ProblemCode, column: L::Column) {
        let (column, line) = (Some(column.name()), self.line);
        self.problems.push(RowProblem { code, column, line });
    }

    #[cold]
    pub(super) fn refuse_row(&mut self, code: ProblemCode) {
        self.problems.push(RowProblem {
            code,
            column: None,
            line: self.line,
        });
    }

    /// The first problem of this kind is kept.
    #[cold]
    pub(super) fn refuse_file(&mut self, problem: FileProblem) {
        self.fatal.get_or_insert(problem);
    }
}
