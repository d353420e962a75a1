//! `errors.csv`: the refused rows as they came, with what is wrong, ready to be mended and dropped.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use layouts::{
    ErrorsWriter, ProblemCode, RowProblem, SafeCsvError,
    residents::{Column, Record, Suspect},
};
use objects::ObjectName;

use crate::{ReceiveError, ReceiveUpload, check::by_index, receive::Mine, reread::Places};

/// Refused rows are looked up and written this many at a time.
const AT_A_TIME: usize = 16 * 1024;

/// A buffer that is written by the CSV writer and emptied into the object.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl io::Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ReceiveUpload {
    /// Writes the file in the order of the rows; holds only a part of it at a time.
    pub(crate) async fn write_errors(
        &self,
        mine: &Mine<'_>,
        places: &Places<'_>,
        refused: &[u32],
        suspects: &[Suspect],
    ) -> Result<(), ReceiveError> {
        let shared = by_index(suspects);
        let pipe = Pipe::default();
        let not_written = |_: SafeCsvError| ReceiveError::NotAsRead {
            what: "a refused row",
        };
        let mut csv = ErrorsWriter::new(pipe.clone(), places.header).map_err(not_written)?;
        let mut object = self
            .drop
            .writer(mine.scope, &ObjectName::Errors(mine.upload.id));
        for some in refused.chunks(AT_A_TIME) {
            self.reread(mine, places, some, |record| {
                let problems = problems(record, shared.get(&record.index).map(Vec::as_slice));
                csv.row(record.raw, &problems).map_err(not_written)
            })
            .await?;
            object.write(&pipe.take()).await?;
        }
        csv.finish().map_err(not_written)?;
        object.write(&pipe.take()).await?;
        object.finish().await?;
        Ok(())
    }
}

/// What the rules say of the record, and what it shares with others.
fn problems(record: &Record<'_>, shared: Option<&[ProblemCode]>) -> Vec<RowProblem> {
    let mut problems = record.row.err().map(<[_]>::to_vec).unwrap_or_default();
    problems.extend(shared.unwrap_or_default().iter().map(|code| RowProblem {
        code: *code,
        column: match code {
            ProblemCode::MyNumberShared => Some(Column::MyNumber.name()),
            ProblemCode::CouponShared => Some(Column::Coupon.name()),
            ProblemCode::ResidentNumberTwice => Some(Column::Number.name()),
            _ => None,
        },
        line: record.line,
    }));
    problems
}
