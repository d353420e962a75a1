use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use domain::{Date, Encoding, TenantCode};
use encoding_rs::UTF_8;

use super::cells::RowCheck;
use super::header::Binding;
use super::layout::Layout;
use crate::encoding::{has_iso_2022_jp, undecodable};
use crate::split::{Place, Split, Splitter};
use crate::{FileProblem, Notices, ProblemCode, RowProblem};

/// What rows are checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whose file it is; a row of another municipality makes the file refused.
    pub tenant: TenantCode,
    /// The day in Japan on which the file was dropped. Later dates are refused. It must be the same when the
    /// rows are read again, so that they come out the same.
    pub today: Date,
    /// The size in bytes from which a file is refused.
    pub max_bytes: u64,
}

/// One record of a file, accepted or refused. `Debug` says where it stands, not what it holds.
#[derive(Clone, Copy)]
pub struct Record<'a, L: Layout> {
    /// Which record it is, counted from 0 and without the header.
    pub index: u32,
    /// The line on which it begins, counted from 1 with the header.
    pub line: u64,
    /// Where it stands in the file, or in the bytes given to [`super::Rows`]; line end included.
    pub span: Span,
    /// Its bytes as they came, line end included.
    pub raw: &'a [u8],
    /// What it says, or all that is wrong with it: at least one problem.
    pub row: Result<L::Row<'a>, &'a [RowProblem]>,
    /// What was accepted, but is worth a look.
    pub notices: Notices,
    /// Its numbers as far as they could be read, even if the row is refused.
    pub keys: L::Keys<'a>,
}

impl<L: Layout> fmt::Debug for Record<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            index, line, span, ..
        } = self;
        write!(
            f,
            "Record {{ index: {index}, line: {line}, bytes: {}..{} }}",
            span.start, span.end
        )
    }
}

/// A range of bytes in a file, from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: u64,
    /// Behind the last byte.
    pub end: u64,
}

impl From<Span> for Range<u64> {
    fn from(range: Span) -> Self {
        range.start..range.end
    }
}

/// Bytes of a file that are looked at in one go.
#[derive(Clone, Copy)]
pub(super) struct Window<'a> {
    pub(super) bytes: &'a [u8],
    /// Their valid beginning, unless the file is in CP932.
    pub(super) text: Option<&'a str>,
    /// Nothing comes behind them.
    pub(super) last: bool,
}

impl<'a> Window<'a> {
    /// `encoding`: `None` while nothing but ASCII was seen.
    pub(super) fn new(bytes: &'a [u8], encoding: Option<Encoding>, last: bool) -> Self {
        let text = match encoding {
            Some(Encoding::Cp932) => None,
            Some(Encoding::Utf8 { .. }) | None => Some(valid_beginning(bytes)),
        };
        Self { bytes, text, last }
    }
}

fn valid_beginning(bytes: &[u8]) -> &str {
    // Three times as fast on Japanese text as the standard library, but says less when it fails.
    if let Some(Cow::Borrowed(text)) =
        UTF_8.decode_without_bom_handling_and_without_replacement(bytes)
    {
        return text;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or_default()
        }
    }
}

/// Reads one record after the other off windows.
pub(super) struct RowReader<L> {
    pub(super) encoding: Option<Encoding>,
    binding: Binding<L>,
    rules: Rules,
    splitter: Splitter,
    next_index: u32,
    /// Where the window begins, in the file or the range.
    pub(super) window_start: u64,
    text: String,
    spare: String,
    unquoted: Vec<u8>,
    problems: Vec<RowProblem>,
    fatal: Option<FileProblem>,
}

impl<L: Layout> RowReader<L> {
    pub(super) fn new(
        binding: Binding<L>,
        encoding: Option<Encoding>,
        rules: Rules,
        first_index: u32,
        first_line: u64,
    ) -> Self {
        Self {
            encoding,
            binding,
            rules,
            splitter: Splitter::of_rows(first_line),
            next_index: first_index,
            window_start: 0,
            text: String::new(),
            spare: String::new(),
            unquoted: Vec::new(),
            problems: Vec::new(),
            fatal: None,
        }
    }

    /// The line on which the next record begins.
    pub(super) const fn line(&self) -> u64 {
        self.splitter.line()
    }

    /// Which record comes next.
    pub(super) const fn next_index(&self) -> u32 {
        self.next_index
    }

    /// Leaves the record unchecked that was split off last.
    pub(super) const fn pass_over(&mut self) {
        self.next_index += 1;
    }

    /// Cuts the next record at or behind `at` off the window.
    #[inline]
    pub(super) fn split(&mut self, window: &Window<'_>, at: usize) -> Result<Split, FileProblem> {
        let split = self.splitter.next(window.bytes, at, window.last);
        split.map_err(|problem| FileProblem::at(problem.code, problem.line))
    }

    /// Checks the record that was split off last; it stands at this place in the window.
    #[inline]
    pub(super) fn check<'r>(
        &'r mut self,
        window: &Window<'r>,
        Place { start, end, line }: Place,
    ) -> Result<Record<'r, L>, FileProblem> {
        let raw = window.bytes.get(start..end).unwrap_or_default();
        self.refuse_foreign(window, raw, end, line)?;
        if self.splitter.has_doubled() {
            self.unquote(window.bytes);
        }
        self.text.clear();
        self.problems.clear();
        let mut check = RowCheck {
            window: *window,
            fields: self.splitter.fields(),
            unquoted: &self.unquoted,
            binding: &self.binding,
            rules: &self.rules,
            raw,
            ends_file: window.last && end == window.bytes.len(),
            line,
            text: &mut self.text,
            spare: &mut self.spare,
            problems: &mut self.problems,
            fatal: &mut self.fatal,
            notices: Notices::default(),
        };
        let parts = check.parts();
        if !check.problems.is_empty() || check.binding.is_guarded() {
            check.decode_throughout();
        }
        let notices = check.notices;
        if let Some(problem) = self.fatal.take() {
            return Err(problem);
        }
        let index = self.next_index;
        self.next_index += 1;
        let span = Span {
            start: self.window_start + start as u64,
            end: self.window_start + end as u64,
        };
        let keys = L::keys(&parts, &self.text);
        let row = row_of::<L>(&parts, &self.text, &self.problems);
        Ok(Record {
            index,
            line,
            span,
            raw,
            row,
            notices,
            keys,
        })
    }

    /// What shows in the raw bytes that the file cannot be read at all.
    #[inline]
    fn refuse_foreign(
        &self,
        window: &Window<'_>,
        raw: &[u8],
        end: usize,
        line: u64,
    ) -> Result<(), FileProblem> {
        if window.text.is_some_and(|text| text.len() < end) {
            let utf8 = Encoding::Utf8 { bom: false };
            // Where a line end follows, the character is wrong, not cut.
            let cut = std::str::from_utf8(raw).is_err_and(|error| error.error_len().is_none());
            return Err(FileProblem::at(undecodable(utf8, raw, cut), line));
        }
        if self.encoding.is_none() && self.splitter.has_control() && has_iso_2022_jp(raw) {
            return Err(FileProblem::at(ProblemCode::Iso2022Jp, line));
        }
        Ok(())
    }

    /// Fields with doubled quotes stand in the file differently from what they say; their bytes are
    /// put aside, one behind the other.
    fn unquote(&mut self, bytes: &[u8]) {
        self.unquoted.clear();
        for field in self.splitter.fields() {
            if field.is_doubled() && !field.is_stray() {
                field.unquote_into(bytes, &mut self.unquoted);
            }
        }
    }
}

fn row_of<'r, L: Layout>(
    parts: &L::Parts<'r>,
    text: &'r str,
    problems: &'r [RowProblem],
) -> Result<L::Row<'r>, &'r [RowProblem]> {
    if !problems.is_empty() {
        return Err(problems);
    }
    L::row(parts, text).ok_or(problems)
}
