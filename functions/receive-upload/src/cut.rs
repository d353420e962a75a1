//! Cutting a file into chunks of whole records, and remembering where records stand.

use std::{iter, ops::Range};

use reread::Mark;
use store::ChunkPlan;

/// After this many records a place is remembered, so that a record can be read again later.
const MARK_EVERY: u32 = 1_024;
/// At the latest after this many bytes, the next record is such a place.
const MARK_WITHIN: u64 = 1024 * 1024;

/// A chunk has no more records: what is left of each for its load is held until the chunk ends.
const MOST_ROWS: u32 = 400_000;

/// Takes the records one after the other and closes a chunk once it is large enough.
#[derive(Debug)]
pub(crate) struct Cutter {
    chunk_bytes: u64,
    open: Option<Mark>,
    end: u64,
    rows: u32,
    bounds: Vec<Bound>,
    marks: Vec<Mark>,
}

/// From where to where a chunk goes.
#[derive(Debug)]
struct Bound {
    first: Mark,
    /// Behind its last byte.
    end: u64,
    /// The index behind that of its last record.
    end_row: u32,
}

impl Cutter {
    /// Chunks end with the first record by which they reach `chunk_bytes`, or have [`MOST_ROWS`].
    #[must_use]
    pub(crate) fn new(chunk_bytes: u64) -> Self {
        Self {
            chunk_bytes,
            open: None,
            end: 0,
            rows: 0,
            bounds: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// The next record: its index, line, and bytes in the file. Whether it ends a chunk.
    pub(crate) fn record(&mut self, row: u32, line: u64, span: &Range<u64>) -> bool {
        let mark = Mark {
            row,
            line,
            from: span.start,
        };
        let far = |last: &Mark| span.start - last.from >= MARK_WITHIN;
        if row.is_multiple_of(MARK_EVERY) || self.marks.last().is_some_and(far) {
            self.marks.push(mark);
        }
        let open = *self.open.get_or_insert(mark);
        self.end = span.end;
        self.rows = row + 1;
        let ends = span.end - open.from >= self.chunk_bytes || self.rows - open.row >= MOST_ROWS;
        if ends {
            self.close(open);
        }
        ends
    }

    /// Bytes of the file up to the end of the last record, and the places that were remembered.
    #[must_use]
    pub(crate) fn marks(&self) -> (u64, &[Mark]) {
        (self.end, &self.marks)
    }

    /// The chunks; `refused` are the indexes of refused records, ascending, and `rows` the object
    /// versions of what is left of each chunk's rows, empty where nothing is.
    #[must_use]
    pub(crate) fn finish(mut self, refused: &[u32], rows: Vec<String>) -> Vec<ChunkPlan> {
        if let Some(open) = self.open {
            self.close(open);
        }
        let place = |row: u32| {
            u32::try_from(refused.partition_point(|refused| *refused < row)).unwrap_or(u32::MAX)
        };
        let mut plans = Vec::with_capacity(self.bounds.len());
        let rows = rows.into_iter().map(Some).chain(iter::repeat(None));
        for (number, (bound, rows_version)) in (0..).zip(self.bounds.iter().zip(rows)) {
            plans.push(ChunkPlan {
                number,
                from: bound.first.from,
                to: bound.end,
                first_row: bound.first.row,
                first_line: bound.first.line,
                rows: bound.end_row - bound.first.row,
                refused_from: place(bound.first.row),
                refused_to: place(bound.end_row),
                rows_version,
            });
        }
        plans
    }

    fn close(&mut self, open: Mark) {
        self.bounds.push(Bound {
            first: open,
            end: self.end,
            end_row: self.rows,
        });
        self.open = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(lengths: &[u64], chunk_bytes: u64, refused: &[u32]) -> Vec<ChunkPlan> {
        let mut cutter = Cutter::new(chunk_bytes);
        let mut at = 10;
        for (row, length) in (0..).zip(lengths) {
            cutter.record(row, u64::from(row) + 2, &(at..at + length));
            at += length;
        }
        let rows = (0..lengths.len()).map(|number| format!("v{number}"));
        cutter.finish(refused, rows.collect())
    }

    #[test]
    fn chunks_cover_every_record_once_and_in_order() {
        for chunk_bytes in [1, 5, 7, 100] {
            let chunks = cut(&[3, 4, 5, 1, 1, 9], chunk_bytes, &[]);
            assert_eq!(chunks.first().unwrap().from, 10);
            assert_eq!(chunks.last().unwrap().to, 33);
            assert!(chunks.windows(2).all(|pair| pair[0].to == pair[1].from));
            assert_eq!(chunks.iter().map(|chunk| chunk.rows).sum::<u32>(), 6);
            assert!(
                (0..)
                    .zip(&chunks)
                    .all(|(number, chunk)| chunk.number == number)
            );
        }
    }

    #[test]
    fn each_chunk_knows_its_part_of_the_refused_records() {
        let chunks = cut(&[5; 6], 10, &[0, 2, 3, 5]);
        let parts: Vec<_> = chunks
            .iter()
            .map(|chunk| (chunk.refused_from, chunk.refused_to))
            .collect();
        assert_eq!(parts, [(0, 1), (1, 3), (3, 4)]);
    }

    #[test]
    fn places_are_remembered_by_records_and_by_bytes() {
        let marks = |length: u64, rows: u32| -> Vec<u32> {
            let mut cutter = Cutter::new(u64::MAX);
            for row in 0..rows {
                let from = u64::from(row) * length;
                cutter.record(row, u64::from(row) + 2, &(from..from + length));
            }
            cutter.marks().1.iter().map(|mark| mark.row).collect()
        };
        assert_eq!(marks(100, 3_000), [0, 1_024, 2_048]);
        assert_eq!(marks(64 * 1024, 40), [0, 16, 32]);
    }

    #[test]
    fn a_chunk_of_tiny_records_ends_by_their_number() {
        let mut cutter = Cutter::new(u64::MAX);
        let mut ended = Vec::new();
        for row in 0..=MOST_ROWS * 2 {
            let from = 10 + u64::from(row) * 2;
            if cutter.record(row, u64::from(row) + 2, &(from..from + 2)) {
                ended.push(row);
            }
        }
        assert_eq!(ended, [MOST_ROWS - 1, MOST_ROWS * 2 - 1]);
        let chunks = cutter.finish(&[], Vec::new());
        let rows: Vec<_> = chunks.iter().map(|chunk| chunk.rows).collect();
        assert_eq!(rows, [MOST_ROWS, MOST_ROWS, 1]);
        assert_eq!(chunks[1].from, chunks[0].to);
    }

    #[test]
    fn a_file_without_records_has_no_chunks() {
        assert_eq!(cut(&[], 10, &[]), []);
    }
}
