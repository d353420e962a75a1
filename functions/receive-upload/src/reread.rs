//! Reading single records of the pinned file again, a block of some thousand records at a time.

use layouts::residents::{Header, Record, Rows, Rules};

use crate::{ReceiveError, ReceiveUpload, cut::Mark, receive::Mine};

/// Neighbouring blocks are read together up to this many bytes.
const TOGETHER: u64 = 4 * 1024 * 1024;

/// How the records of the file are found and read.
pub(crate) struct Places<'a> {
    pub(crate) header: &'a Header,
    pub(crate) rules: Rules,
    pub(crate) marks: &'a [Mark],
    pub(crate) end: u64,
}

impl ReceiveUpload {
    /// Hands the records of these indexes (ascending) to `sink`, in order, as the pass saw them.
    pub(crate) async fn reread(
        &self,
        mine: &Mine<'_>,
        places: &Places<'_>,
        indexes: &[u32],
        mut sink: impl FnMut(&Record<'_>) -> Result<(), ReceiveError>,
    ) -> Result<(), ReceiveError> {
        let mut asked = indexes.iter().copied().peekable();
        while let Some(first) = asked.peek().copied() {
            let (mark, bytes) = places.block(first, indexes);
            let bytes = self
                .drop
                .read_range(mine.scope, &mine.object, bytes)
                .await?;
            let mut rows = Rows::new(places.header, places.rules, &bytes, mark.row, mark.line);
            let differs = |_| ReceiveError::NotAsRead { what: "a record" };
            while let Some(record) = rows.next().map_err(differs)? {
                if asked.next_if(|index| *index == record.index).is_some() {
                    sink(&record)?;
                }
            }
            if asked.peek() == Some(&first) {
                return Err(ReceiveError::NotAsRead {
                    what: "the place of a record",
                });
            }
        }
        Ok(())
    }
}

impl Places<'_> {
    /// The bytes to read for the record `first`: its block, and the blocks behind it as long as
    /// something is asked of them.
    fn block(&self, first: u32, indexes: &[u32]) -> (Mark, std::ops::Range<u64>) {
        let at = self
            .marks
            .partition_point(|mark| mark.row <= first)
            .saturating_sub(1);
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
