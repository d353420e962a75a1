use std::collections::BTreeMap;

use domain::Encoding;

use super::header::{Header, is_header};
use super::layout::{Layout, MAX_ROWS};
use super::row::{Record, RowReader, Rules, Span, Window};
use super::rows::{WINDOW, up_to_last_line_end};
use crate::encoding::{OPENING, SAMPLE, UTF8_BOM, of_header, of_sample, refuse_by_opening};
use crate::split::{MAX_FIELD, MAX_RECORD, Place, Split, Splitter};
use crate::{ColumnMapping, FileProblem, NoticeCode, ProblemCode};

/// Checks a file in one pass, in memory that does not grow with the file. Give it the bytes as they come, in pieces of
/// any size: the outcome does not depend on where they were cut. The number of rows is limited, because the search for
/// duplicates remembers a few bytes of each.
pub struct Check<L: Layout> {
    rules: Rules,
    mapping: ColumnMapping,
    window: usize,
    buffer: Vec<u8>,
    /// Where the buffer begins in the file.
    offset: u64,
    stage: Stage<L>,
    counts: Counts,
    failed: Option<FileProblem>,
}

enum Stage<L: Layout> {
    /// Nothing was looked at.
    Opening,
    /// In front of the header.
    Header { bom: bool, splitter: Splitter },
    /// Behind it.
    Rows {
        header: Header<L>,
        span: Span,
        /// Of the header.
        line: u64,
        reader: Box<RowReader<L>>,
    },
}

#[derive(Default)]
struct Counts {
    rows: u32,
    refused: u32,
    problems: BTreeMap<ProblemCode, u64>,
    notices: BTreeMap<NoticeCode, u64>,
}

/// What a file turned out to be.
#[derive(Clone, Debug)]
pub struct Summary<L: Layout> {
    /// Its header, and with it the encoding.
    pub header: Header<L>,
    /// Where the header stands in the file, line end included.
    pub header_span: Span,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// How many records it has, the header not counted.
    pub rows: u32,
    /// How many of them are refused, duplicates not counted.
    pub refused: u32,
    /// How often each problem was found. A row can have several.
    pub problems: BTreeMap<ProblemCode, u64>,
    /// On how many accepted rows each notice was given; for an absent column, how many are.
    pub notices: BTreeMap<NoticeCode, u64>,
    /// Optional columns that the file does not have.
    pub absent: Vec<L::Column>,
}

impl<L: Layout> Check<L> {
    /// Begins a file. `mapping`: how the municipality's system names the columns.
    #[must_use]
    pub fn new(rules: Rules, mapping: &ColumnMapping) -> Self {
        Self::with_window(rules, mapping, WINDOW)
    }

    fn with_window(rules: Rules, mapping: &ColumnMapping, window: usize) -> Self {
        Self {
            rules,
            mapping: mapping.clone(),
            window,
            buffer: Vec::new(),
            offset: 0,
            stage: Stage::Opening,
            counts: Counts::default(),
            failed: None,
        }
    }

    /// The next bytes of the file. Every record that they complete goes to `sink`, in order. `Err`: the
    /// file is refused whole, and stays refused.
    pub fn push(
        &mut self,
        bytes: &[u8],
        sink: &mut impl FnMut(&Record<'_, L>),
    ) -> Result<(), FileProblem> {
        if let Some(problem) = &self.failed {
            return Err(problem.clone());
        }
        for piece in bytes.chunks(self.window) {
            self.buffer.extend_from_slice(piece);
            if self.buffer.len() >= self.window {
                self.work(false, sink)?;
            }
        }
        Ok(())
    }

    /// The end of the file: the last records, and what there is to say about the whole.
    pub fn finish(
        mut self,
        sink: &mut impl FnMut(&Record<'_, L>),
    ) -> Result<Summary<L>, FileProblem> {
        self.work(true, sink)?;
        self.summary()
    }

    /// The same of a file of which this was the beginning: a record that may go on is left out.
    pub fn leave_off(
        mut self,
        sink: &mut impl FnMut(&Record<'_, L>),
    ) -> Result<Summary<L>, FileProblem> {
        self.work(false, sink)?;
        self.summary()
    }

    fn summary(self) -> Result<Summary<L>, FileProblem> {
        let Stage::Rows {
            header,
            span,
            line,
            reader,
        } = self.stage
        else {
            return Err(FileProblem::new(ProblemCode::EmptyFile));
        };
        let Counts {
            rows,
            refused,
            problems,
            mut notices,
        } = self.counts;
        if rows == 0 {
            return Err(FileProblem::at(ProblemCode::HeaderOnly, line));
        }
        let absent: Vec<_> = header.absent().collect();
        if !absent.is_empty() {
            notices.insert(NoticeCode::ColumnAbsent, absent.len() as u64);
        }
        // Where there is nothing but ASCII, it is UTF-8 as well as anything else.
        let encoding = reader.encoding.unwrap_or(header.encoding());
        Ok(Summary {
            header: header.in_encoding(encoding),
            header_span: span,
            bytes: self.offset,
            rows,
            refused,
            problems,
            notices,
            absent,
        })
    }

    /// Looks at what is in the buffer, and keeps what has to be looked at again.
    fn work(
        &mut self,
        last: bool,
        sink: &mut impl FnMut(&Record<'_, L>),
    ) -> Result<(), FileProblem> {
        if let Some(problem) = &self.failed {
            return Err(problem.clone());
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        if self.offset + buffer.len() as u64 > self.rules.max_bytes {
            return Err(self.fail(FileProblem::new(ProblemCode::FileTooLarge)));
        }
        let mut done = 0;
        loop {
            let rest = buffer.get(done..).unwrap_or_default();
            match self.step(rest, last, sink) {
                Ok(Step::Again { used }) => {
                    done += used;
                    self.offset += used as u64;
                }
                Ok(Step::Enough { used }) => {
                    done += used;
                    self.offset += used as u64;
                    break;
                }
                Err(problem) => return Err(self.fail(problem)),
            }
        }
        if last {
            self.offset += (buffer.len() - done) as u64;
        }
        buffer.drain(..done);
        self.buffer = buffer;
        Ok(())
    }

    fn fail(&mut self, problem: FileProblem) -> FileProblem {
        self.failed = Some(problem.clone());
        problem
    }

    fn step(
        &mut self,
        bytes: &[u8],
        last: bool,
        sink: &mut impl FnMut(&Record<'_, L>),
    ) -> Result<Step, FileProblem> {
        match &mut self.stage {
            Stage::Opening if bytes.len() < OPENING && !last => Ok(Step::Enough { used: 0 }),
            Stage::Opening => {
                refuse_by_opening(bytes).map_err(FileProblem::new)?;
                let bom = bytes.starts_with(UTF8_BOM);
                self.stage = Stage::Header {
                    bom,
                    splitter: Splitter::new(1),
                };
                Ok(Step::Again {
                    used: if bom { UTF8_BOM.len() } else { 0 },
                })
            }
            Stage::Header { .. } => self.header(bytes, last),
            Stage::Rows { reader, .. } => {
                reader.window_start = self.offset;
                rows(reader, bytes, last, &mut self.counts, sink)
            }
        }
    }

    fn header(&mut self, bytes: &[u8], last: bool) -> Result<Step, FileProblem> {
        let Stage::Header { bom, splitter } = &mut self.stage else {
            return Ok(Step::Enough { used: 0 });
        };
        let split = splitter.next(bytes, 0, last).map_err(|problem| {
            // A file that is no text may well have no line end, or an odd number of quotes.
            let opening = bytes.get(..MAX_FIELD).unwrap_or(bytes);
            let code = of_header(opening, |_| false)
                .err()
                .filter(|_| opening.contains(&0));
            FileProblem::at(code.unwrap_or(problem.code), problem.line)
        })?;
        let Place { start, end, line } = match split {
            Split::Record(place) => place,
            Split::Incomplete { start } => return Ok(Step::Enough { used: start }),
            Split::Nothing => return Ok(Step::Enough { used: bytes.len() }),
        };
        let cells = bytes.get(start..end).unwrap_or_default();
        let encoding = if *bom {
            Some(Encoding::Utf8 { bom: true })
        } else {
            of_header(cells, |text| is_header::<L>(text, &self.mapping))
                .map_err(|code| FileProblem::at(code, line))?
        };
        let assumed = encoding.unwrap_or(Encoding::Utf8 { bom: false });
        let header = Header::bind(cells, assumed, &self.mapping);
        let header = header.map_err(|problem| problem.on_line(line))?;
        let reader = Box::new(RowReader::new(
            *header.binding(),
            encoding,
            self.rules,
            0,
            splitter.line(),
        ));
        let span = Span {
            start: self.offset + start as u64,
            end: self.offset + end as u64,
        };
        self.stage = Stage::Rows {
            header,
            span,
            line,
            reader,
        };
        Ok(Step::Again { used: end })
    }
}

/// How far a step came.
enum Step {
    /// There may be more to do in the bytes behind.
    Again { used: usize },
    /// More bytes are needed.
    Enough { used: usize },
}

/// The complete records in the bytes, or those of them in front of the first that is not plain ASCII.
fn rows<L: Layout>(
    reader: &mut RowReader<L>,
    bytes: &[u8],
    last: bool,
    counts: &mut Counts,
    sink: &mut impl FnMut(&Record<'_, L>),
) -> Result<Step, FileProblem> {
    if reader.encoding.is_none()
        && let Some(first) = bytes.iter().position(|byte| !byte.is_ascii())
    {
        let (ascii, sample) = bytes.split_at_checked(first).unwrap_or_default();
        let used = complete_rows(reader, ascii, false, counts, sink)?;
        if used > 0 {
            return Ok(Step::Again { used });
        }
        if sample.len() < SAMPLE && !last {
            return Ok(Step::Enough { used });
        }
        let encoding = of_sample(sample.get(..SAMPLE).unwrap_or(sample));
        let line = reader.line() + line_ends(ascii);
        reader.encoding = Some(encoding.map_err(|code| FileProblem::at(code, line))?);
    }
    // What comes behind the last line end may end inside a character. Where that goes on and on, it is
    // one record, which the splitter refuses for its length.
    let whole_lines = up_to_last_line_end(bytes);
    let visible = if last || bytes.len() - whole_lines.len() > MAX_RECORD {
        bytes
    } else {
        whole_lines
    };
    let used = complete_rows(reader, visible, last, counts, sink)?;
    Ok(Step::Enough { used })
}

/// Checks the complete records; how many bytes they are.
fn complete_rows<L: Layout>(
    reader: &mut RowReader<L>,
    bytes: &[u8],
    last: bool,
    counts: &mut Counts,
    sink: &mut impl FnMut(&Record<'_, L>),
) -> Result<usize, FileProblem> {
    let window = Window::new(bytes, reader.encoding, last);
    let mut at = 0;
    loop {
        match reader.split(&window, at)? {
            Split::Record(place) => {
                at = place.end;
                let record = reader.check(&window, place)?;
                counts.add(&record)?;
                sink(&record);
            }
            Split::Incomplete { start } => return Ok(start),
            Split::Nothing => return Ok(bytes.len()),
        }
    }
}

fn line_ends(bytes: &[u8]) -> u64 {
    let pairs = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
    (memchr::memchr2_iter(b'\n', b'\r', bytes).count() - pairs) as u64
}

impl Counts {
    fn add<L: Layout>(&mut self, record: &Record<'_, L>) -> Result<(), FileProblem> {
        if record.index >= MAX_ROWS {
            return Err(FileProblem::at(ProblemCode::FileTooLarge, record.line));
        }
        self.rows += 1;
        if let Err(problems) = record.row {
            self.refused += 1;
            for problem in problems {
                *self.problems.entry(problem.code).or_default() += 1;
            }
        } else if !record.notices.is_empty() {
            for notice in record.notices.iter() {
                *self.notices.entry(notice).or_default() += 1;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
