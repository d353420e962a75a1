use domain::TenantScope;
use layouts::{Header, Layout, Record, Rows, Rules, Suspect, Suspects};
use objects::{Objects, PinnedObject};

use crate::RereadError;

/// Neighbouring blocks are read together up to this many bytes.
const TOGETHER: u64 = 4 * 1024 * 1024;

/// Where a record stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Index of the record, from 0.
    pub row: u32,
    /// Line on which it starts.
    pub line: u64,
    /// First byte.
    pub from: u64,
}

/// A dropped file: the very version that was checked.
#[derive(Clone, Copy)]
pub struct DroppedFile<'a> {
    /// The drop bucket.
    pub drop: &'a Objects,
    /// The municipality whose file it is.
    pub scope: &'a TenantScope,
    /// The pinned version.
    pub object: &'a PinnedObject,
}

/// How the records of a file are found and read.
pub struct Places<'a, L> {
    /// Its header.
    pub header: &'a Header<L>,
    /// The rules it was checked by.
    pub rules: Rules,
    /// Where some of its records stand, ascending.
    pub marks: &'a [Mark],
    /// Behind its last record.
    pub end: u64,
}

impl<L: Layout> Places<'_, L> {
    /// Hands the records of these indexes (ascending) to `sink`, in order, as the check saw them.
    pub async fn read(
        &self,
        file: DroppedFile<'_>,
        indexes: &[u32],
        mut sink: impl FnMut(&Record<'_, L>) -> Result<(), RereadError>,
    ) -> Result<(), RereadError> {
        let mut asked = indexes.iter().copied().peekable();
        while let Some(first) = asked.peek().copied() {
            let (mark, bytes) = self.block(first, indexes);
            let bytes = file.drop.read_range(file.scope, file.object, bytes).await?;
            let mut rows = Rows::new(self.header, self.rules, &bytes, mark.row, mark.line);
            let differs = |_| RereadError::NotAsRead { what: "a record" };
            while let Some(record) = rows.next().map_err(differs)? {
                if asked.next_if(|index| *index == record.index).is_some() {
                    sink(&record)?;
                }
            }
            if asked.peek() == Some(&first) {
                return Err(RereadError::NotAsRead {
                    what: "the place of a record",
                });
            }
        }
        Ok(())
    }

    /// Those rows that do share what they must not: the doubtful ones are read again to be certain.
    pub async fn verified(
        &self,
        file: DroppedFile<'_>,
        mut suspects: impl Suspects<L>,
    ) -> Result<Vec<Suspect>, RereadError> {
        let indexes = suspects.indexes();
        let tell = |record: &Record<'_, L>| {
            suspects.tell(record.index, &record.keys);
            Ok(())
        };
        self.read(file, &indexes, tell).await?;
        Ok(suspects.finish())
    }

    /// How many of these indexes (ascending) stand so near to the first that all of their records can be held:
    /// at least those of its block.
    pub(crate) fn near(&self, indexes: &[u32]) -> usize {
        near(self.marks, indexes)
    }

    /// The bytes to read for the record `first`: its block, and the blocks behind it as long as
    /// something is asked of them.
    fn block(&self, first: u32, indexes: &[u32]) -> (Mark, std::ops::Range<u64>) {
        let at = block_of(self.marks, first);
        let start = self.marks.get(at).copied().unwrap_or(Mark {
            row: 0,
            line: 1,
            from: 0,
        });
        let mut end = self.end;
        for (number, mark) in self.marks.iter().enumerate().skip(at + 1) {
            let next = self.marks.get(number + 1).map_or(u32::MAX, |next| next.row);
            let from = indexes.partition_point(|index| *index < mark.row);
            let asked = indexes.get(from).is_some_and(|index| *index < next);
            if !asked || mark.from - start.from >= TOGETHER {
                end = mark.from;
                break;
            }
        }
        (start, start.from..end)
    }
}

/// Which mark stands at or in front of the record, as far as one does.
fn block_of(marks: &[Mark], row: u32) -> usize {
    marks
        .partition_point(|mark| mark.row <= row)
        .saturating_sub(1)
}

fn near(marks: &[Mark], indexes: &[u32]) -> usize {
    let start = indexes
        .first()
        .and_then(|first| marks.get(block_of(marks, *first)));
    let Some(start) = start else {
        return indexes.len();
    };
    let far = marks.partition_point(|mark| mark.from < start.from + TOGETHER);
    let end = marks.get(far).map_or(u32::MAX, |mark| mark.row);
    indexes.partition_point(|index| *index < end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of ten records, each of so many bytes.
    fn marks(bytes: u64) -> Vec<Mark> {
        let mark = |number: u32| Mark {
            row: number * 10,
            line: u64::from(number) * 10 + 2,
            from: u64::from(number) * bytes,
        };
        (0..10).map(mark).collect()
    }

    #[test]
    fn long_records_are_taken_a_few_blocks_at_a_time() {
        let all: Vec<_> = (0..100).collect();
        assert_eq!(near(&marks(TOGETHER / 100), &all), 100);
        assert_eq!(near(&marks(TOGETHER / 2), &all), 20);
        assert_eq!(near(&marks(TOGETHER / 2), &all[15..]), 15);
        assert_eq!(near(&marks(TOGETHER * 3), &all[7..]), 3);
        assert_eq!(near(&marks(TOGETHER * 3), &[95, 99]), 2);
        assert_eq!(near(&marks(TOGETHER * 3), &[5, 99]), 1);
        assert_eq!((near(&[], &all), near(&marks(1), &[])), (100, 0));
    }
}
