//! Cutting raw bytes into records and fields, by the rules of the `csv` crate, to which a property
//! test holds it. Works on UTF-8 and CP932 alike: in both, no byte of a longer character is a comma,
//! a quote or a line end.
//!
//! Eight bytes are looked at in one step: everything that matters to a CSV file, and every control
//! character, is below `-` (0x2D), while letters, digits and Japanese text are not.

use crate::ProblemCode;

/// A field longer than this is an unclosed quote or no CSV at all. Bytes as they stand in the file.
pub(crate) const MAX_FIELD: usize = 4096;
/// The same for a whole record.
pub(crate) const MAX_RECORD: usize = 65_536;

/// Where a field stands in the bytes given to [`Splitter::next`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) start: usize,
    pub(crate) end: usize,
    marks: u8,
}

impl Field {
    const QUOTED: u8 = 1;
    const DOUBLED: u8 = 2;
    const STRAY: u8 = 4;
    const CONTROL: u8 = 8;

    /// Has doubled quotes in it, so it does not stand in the file as it is meant.
    pub(crate) const fn is_doubled(self) -> bool {
        self.marks & Self::DOUBLED != 0
    }

    /// Has text behind its closing quote; then `start..end` holds the quotes too.
    pub(crate) const fn is_stray(self) -> bool {
        self.marks & Self::STRAY != 0
    }

    /// Either of them.
    #[inline]
    pub(crate) const fn is_unusual(self) -> bool {
        self.marks & (Self::DOUBLED | Self::STRAY) != 0
    }

    /// The field without its quotes. What is doubled or stray goes through `scratch`.
    pub(crate) fn value<'a>(self, bytes: &'a [u8], scratch: &'a mut Vec<u8>) -> &'a [u8] {
        let raw = bytes.get(self.start..self.end).unwrap_or_default();
        if !self.is_unusual() {
            return raw;
        }
        scratch.clear();
        self.unquote_into(bytes, scratch);
        scratch
    }

    /// Appends the field without its quotes.
    pub(crate) fn unquote_into(self, bytes: &[u8], out: &mut Vec<u8>) {
        let raw = bytes.get(self.start..self.end).unwrap_or_default();
        // A stray field begins with its opening quote; text behind the closing one is literal.
        let mut quoted = true;
        let mut rest = if self.is_stray() {
            raw.get(1..).unwrap_or_default()
        } else {
            raw
        };
        while let Some((&byte, behind)) = rest.split_first() {
            rest = behind;
            if byte == b'"' && quoted {
                let Some((b'"', behind)) = behind.split_first() else {
                    quoted = false;
                    continue;
                };
                rest = behind;
            }
            out.push(byte);
        }
    }
}

/// Where a record stands in the bytes given to [`Splitter::next`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) start: usize,
    /// Behind its line end.
    pub(crate) end: usize,
    /// On which it begins.
    pub(crate) line: u64,
}

/// What [`Splitter::next`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Split {
    /// A record; see [`Splitter::fields`].
    Record(Place),
    /// Bytes from `start` on are needed again, with more behind them.
    Incomplete { start: usize },
    /// No record is left.
    Nothing,
}

/// Why a file cannot be cut into records, and on which line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SplitProblem {
    pub(crate) code: ProblemCode,
    pub(crate) line: u64,
}

/// Cuts records off the bytes of a file, and counts its lines.
#[derive(Debug)]
pub(crate) struct Splitter {
    fields: Vec<Field>,
    /// The marks of all fields together.
    marks: u8,
    line: u64,
    /// Passes over lines of nothing but commas.
    skips_commas: bool,
}

enum Scan {
    Record {
        content_end: usize,
        end: usize,
        line_breaks: u64,
    },
    Incomplete,
}

impl Splitter {
    /// Begins on this line, counted from 1.
    pub(crate) fn new(line: u64) -> Self {
        Self {
            fields: Vec::with_capacity(16),
            marks: 0,
            line,
            skips_commas: false,
        }
    }

    /// The same behind a header, where a spreadsheet writes lines of nothing but commas for rows that were
    /// emptied: they are passed over.
    pub(crate) fn of_rows(line: u64) -> Self {
        Self {
            skips_commas: true,
            ..Self::new(line)
        }
    }

    /// The fields of the record found last.
    pub(crate) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Whether a field of that record has doubled quotes.
    pub(crate) const fn has_doubled(&self) -> bool {
        self.marks & Field::DOUBLED != 0
    }

    /// Whether that record has a control character in it, line breaks within quotes included.
    pub(crate) const fn has_control(&self) -> bool {
        self.marks & Field::CONTROL != 0
    }

    /// The line on which the next record or blank line begins.
    pub(crate) const fn line(&self) -> u64 {
        self.line
    }

    /// The next record at or behind `at`. Blank lines, and lines of nothing but 0x1A (the end of a file
    /// on DOS), are passed over. `last`: nothing comes behind `bytes`.
    #[inline]
    pub(crate) fn next(
        &mut self,
        bytes: &[u8],
        at: usize,
        last: bool,
    ) -> Result<Split, SplitProblem> {
        let bytes = if last { without_end_mark(bytes) } else { bytes };
        let mut start = at;
        loop {
            match bytes.get(start) {
                None => return Ok(Split::Nothing),
                Some(b'\n') => start += 1,
                Some(b'\r') => match bytes.get(start + 1) {
                    None if !last => return Ok(Split::Incomplete { start }),
                    Some(b'\n') => start += 2,
                    _ => start += 1,
                },
                Some(&first) => {
                    let line = self.line;
                    let Scan::Record {
                        content_end,
                        end,
                        line_breaks,
                    } = self.scan(bytes, start, last)?
                    else {
                        return Ok(Split::Incomplete { start });
                    };
                    self.line += line_breaks;
                    if matches!(first, 0x1A | b',')
                        && self.says_nothing(bytes.get(start..content_end).unwrap_or_default())
                    {
                        start = end;
                        continue;
                    }
                    return Ok(Split::Record(Place { start, end, line }));
                }
            }
            self.line += 1;
        }
    }

    fn says_nothing(&self, content: &[u8]) -> bool {
        let commas = |byte: &u8| matches!(byte, b',' | b' ' | b'\t');
        content.iter().all(|byte| *byte == 0x1A) || self.skips_commas && content.iter().all(commas)
    }

    #[inline]
    fn scan(&mut self, bytes: &[u8], start: usize, last: bool) -> Result<Scan, SplitProblem> {
        self.fields.clear();
        self.marks = 0;
        let mut field = FieldStart {
            at: start,
            marks: 0,
            close: 0,
        };
        let mut quotes = Quotes {
            open: false,
            second_of_doubled: usize::MAX,
        };
        let mut line_breaks = 1;
        let mut at = start;
        while at < bytes.len() {
            let word = eight_bytes(bytes, at);
            let mut hits = below_hyphen(word);
            while hits != 0 {
                let shift = hits.trailing_zeros() & !7;
                hits &= hits - 1;
                let position = at + (shift >> 3) as usize;
                let [byte, ..] = (word >> shift).to_le_bytes();
                if byte == b',' {
                    if !quotes.open {
                        self.close_field(field, start, position)?;
                        field = FieldStart {
                            at: position + 1,
                            marks: 0,
                            close: 0,
                        };
                    }
                } else if byte == b'"' {
                    if !quotes.take(&mut field, bytes, position, last) {
                        return self.need_more(bytes, start, field);
                    }
                } else if byte == b'\n' || byte == b'\r' {
                    let pair = byte == b'\r' && bytes.get(position + 1) == Some(&b'\n');
                    if quotes.open {
                        field.marks |= Field::CONTROL;
                        line_breaks += u64::from(!pair);
                    } else if byte == b'\r' && !last && position + 1 == bytes.len() {
                        return self.need_more(bytes, start, field);
                    } else {
                        self.close_field(field, start, position)?;
                        self.check_record(start, position)?;
                        let end = position + 1 + usize::from(pair);
                        return Ok(Scan::Record {
                            content_end: position,
                            end,
                            line_breaks,
                        });
                    }
                } else if byte < b' ' {
                    field.marks |= Field::CONTROL;
                }
            }
            at += 8;
        }
        if !last {
            return self.need_more(bytes, start, field);
        }
        if quotes.open {
            self.need_more(bytes, start, field)?;
            return Err(SplitProblem {
                code: ProblemCode::CutInQuotes,
                line: self.line,
            });
        }
        self.close_field(field, start, bytes.len())?;
        self.check_record(start, bytes.len())?;
        Ok(Scan::Record {
            content_end: bytes.len(),
            end: bytes.len(),
            line_breaks: 0,
        })
    }

    #[inline]
    fn close_field(
        &mut self,
        field: FieldStart,
        start: usize,
        end: usize,
    ) -> Result<(), SplitProblem> {
        if end - field.at > MAX_FIELD {
            return Err(self.too_long(start, field));
        }
        let mut marks = field.marks;
        let range = if marks & Field::QUOTED == 0 {
            (field.at, end)
        } else if field.close + 1 == end {
            (field.at + 1, field.close)
        } else {
            marks |= Field::STRAY;
            (field.at, end)
        };
        self.marks |= marks;
        self.fields.push(Field {
            start: range.0,
            end: range.1,
            marks,
        });
        Ok(())
    }

    fn check_record(&self, start: usize, end: usize) -> Result<(), SplitProblem> {
        if end - start > MAX_RECORD {
            return Err(SplitProblem {
                code: ProblemCode::RecordTooLong,
                line: self.line,
            });
        }
        Ok(())
    }

    /// The record goes on behind `bytes`, unless what is there is too long already.
    #[cold]
    fn need_more(
        &self,
        bytes: &[u8],
        start: usize,
        field: FieldStart,
    ) -> Result<Scan, SplitProblem> {
        if bytes.len() - field.at > MAX_FIELD || bytes.len() - start > MAX_RECORD {
            return Err(self.too_long(start, field));
        }
        Ok(Scan::Incomplete)
    }

    /// Which limit was passed first: the same answer however the bytes were cut into pushes.
    #[cold]
    fn too_long(&self, start: usize, field: FieldStart) -> SplitProblem {
        let code = if start + MAX_RECORD < field.at + MAX_FIELD {
            ProblemCode::RecordTooLong
        } else if field.marks & Field::QUOTED != 0 {
            ProblemCode::UnclosedQuote
        } else {
            ProblemCode::FieldTooLong
        };
        SplitProblem {
            code,
            line: self.line,
        }
    }
}

#[derive(Clone, Copy)]
struct FieldStart {
    at: usize,
    marks: u8,
    /// Where its closing quote stands, once seen.
    close: usize,
}

/// The quotes of a record, as far as it was looked at.
struct Quotes {
    /// Within the quotes of a field, where commas and line ends are text.
    open: bool,
    /// Where the second quote of the last doubled one stands, which was taken with the first.
    second_of_doubled: usize,
}

impl Quotes {
    /// Takes the quote at `position`. False if only bytes still to come can tell what it is.
    #[inline]
    fn take(&mut self, field: &mut FieldStart, bytes: &[u8], position: usize, last: bool) -> bool {
        let is_second_of_doubled = position == self.second_of_doubled;
        if is_second_of_doubled {
            return true;
        }
        if !self.open {
            // Anywhere else it is text.
            if position == field.at {
                self.open = true;
                field.marks |= Field::QUOTED;
            }
            return true;
        }
        match bytes.get(position + 1) {
            Some(b'"') => {
                field.marks |= Field::DOUBLED;
                self.second_of_doubled = position + 1;
            }
            None if !last => return false,
            _ => {
                self.open = false;
                field.close = position;
            }
        }
        true
    }
}

/// Without the 0x1A that DOS programs put at the end of a text.
fn without_end_mark(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let Some((0x1A, before)) = bytes.split_last() {
        bytes = before;
    }
    bytes
}

/// The bytes from `at` on as a number; behind the end, bytes that never matter.
#[inline]
fn eight_bytes(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    if let Some(eight) = rest.first_chunk::<8>() {
        return u64::from_le_bytes(*eight);
    }
    let mut eight = [0xFF; 8];
    for (to, from) in eight.iter_mut().zip(rest) {
        *to = *from;
    }
    u64::from_le_bytes(eight)
}

/// The high bit of every byte that is below 0x2D. Exact: with the high bit set first, no byte
/// borrows from its neighbour.
#[inline]
const fn below_hyphen(word: u64) -> u64 {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const HYPHEN: u64 = 0x2D2D_2D2D_2D2D_2D2D;
    !((word | HIGH).wrapping_sub(HYPHEN) | word) & HIGH
}

#[cfg(test)]
mod tests;
