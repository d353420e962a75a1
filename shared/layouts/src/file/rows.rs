use super::header::Header;
use super::layout::Layout;
use super::row::{Record, RowReader, Rules, Window};
use crate::FileProblem;
use crate::split::{Place, Split};

/// How many bytes are validated in one go: few enough to be still in the processor's cache when they are split.
pub(super) const WINDOW: usize = 128 * 1024;

/// The records of a range of a file that begins and ends where records do. They are the very ones that
/// [`super::Check`] saw there.
pub struct Rows<'a, L> {
    reader: RowReader<L>,
    bytes: &'a [u8],
    window: Window<'a>,
    /// Where the window begins.
    start: usize,
    /// Where the next record begins, in the window.
    at: usize,
}

impl<'a, L: Layout> Rows<'a, L> {
    /// `bytes`: the range. `first_index`, `first_line`: of its first record, as its [`Record`] had them.
    #[must_use]
    pub fn new(
        header: &Header<L>,
        rules: Rules,
        bytes: &'a [u8],
        first_index: u32,
        first_line: u64,
    ) -> Self {
        let encoding = Some(header.encoding());
        let reader = RowReader::new(*header.binding(), encoding, rules, first_index, first_line);
        let window = Window::new(&[], encoding, bytes.is_empty());
        let mut rows = Self {
            reader,
            bytes,
            window,
            start: 0,
            at: 0,
        };
        rows.open_window(0, true);
        rows
    }

    /// The next record; `None` behind the last. `Err`: the bytes are not what was checked.
    #[expect(
        clippy::should_implement_trait,
        reason = "a record borrows from the reader, so this is no iterator"
    )]
    pub fn next(&mut self) -> Result<Option<Record<'_, L>>, FileProblem> {
        match self.split()? {
            Some(place) => self.reader.check(&self.window, place).map(Some),
            None => Ok(None),
        }
    }

    /// The record of this index; those in front of it are passed over, cut off but not checked. `None`
    /// if there is none ahead.
    pub fn find(&mut self, index: u32) -> Result<Option<Record<'_, L>>, FileProblem> {
        while self.reader.next_index() < index {
            if self.split()?.is_none() {
                return Ok(None);
            }
            self.reader.pass_over();
        }
        if self.reader.next_index() > index {
            return Ok(None);
        }
        self.next()
    }

    /// Where the next record stands in the window.
    fn split(&mut self) -> Result<Option<Place>, FileProblem> {
        loop {
            let from = match self.reader.split(&self.window, self.at)? {
                Split::Record(place) => {
                    self.at = place.end;
                    return Ok(Some(place));
                }
                Split::Incomplete { start } => start,
                Split::Nothing => self.window.bytes.len(),
            };
            if self.window.last {
                return Ok(None);
            }
            // Where the last line end lies within the quotes of a record, the record ends with something
            // else. No record is longer than a window.
            self.open_window(self.start + from, from > 0);
        }
    }

    fn open_window(&mut self, start: usize, whole_lines: bool) {
        let rest = self.bytes.get(start..).unwrap_or_default();
        let window = match rest.get(..WINDOW) {
            Some(window) if whole_lines => up_to_last_line_end(window),
            Some(window) => window,
            None => rest,
        };
        let last = window.len() == rest.len();
        self.window = Window::new(window, self.reader.encoding, last);
        self.reader.window_start = start as u64;
        self.start = start;
        self.at = 0;
    }
}

/// Without what comes behind the last line end, which may be half a character. All, if there is none.
pub(super) fn up_to_last_line_end(bytes: &[u8]) -> &[u8] {
    memchr::memrchr(b'\n', bytes)
        .and_then(|end| bytes.get(..=end))
        .unwrap_or(bytes)
}
