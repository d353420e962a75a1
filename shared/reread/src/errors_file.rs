//! `errors.csv`: the refused rows as they came, with what is wrong, ready to be mended and dropped.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use domain::UploadId;
use layouts::{ErrorsWriter, Header, Layout, Record, SafeCsvError};
use objects::{ObjectName, Writer};

use crate::{DroppedFile, Places, RereadError};

/// No more refused rows than these are looked up and written at a time; fewer where they are long.
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

/// The `errors.csv` of an upload in the making; only a part of it is held at a time. It is there once
/// [`ErrorsFile::finish`] has returned, and replaces an earlier one.
pub struct ErrorsFile<'a> {
    file: DroppedFile<'a>,
    pipe: Pipe,
    csv: ErrorsWriter<Pipe>,
    object: Writer,
}

impl<'a> ErrorsFile<'a> {
    /// Begins it with the header of the dropped file.
    pub fn begin<L: Layout>(
        file: DroppedFile<'a>,
        upload: UploadId,
        header: &Header<L>,
    ) -> Result<Self, RereadError> {
        let pipe = Pipe::default();
        Ok(Self {
            csv: ErrorsWriter::new(pipe.clone(), header).map_err(not_written)?,
            object: file.drop.writer(file.scope, &ObjectName::Errors(upload)),
            file,
            pipe,
        })
    }

    /// Adds the records of these indexes (ascending), each with what `reasons` says of it: codes, and
    /// messages in Japanese.
    pub async fn add<L: Layout>(
        &mut self,
        places: &Places<'_, L>,
        refused: &[u32],
        mut reasons: impl FnMut(&Record<'_, L>) -> Vec<(&'static str, String)>,
    ) -> Result<(), RereadError> {
        let mut rest = refused;
        while !rest.is_empty() {
            let (some, later) = rest.split_at(places.near(rest).min(AT_A_TIME));
            rest = later;
            let csv = &mut self.csv;
            places
                .read(self.file, some, |record| {
                    let reasons = reasons(record).into_iter();
                    csv.row_with(record.raw, reasons).map_err(not_written)
                })
                .await?;
            self.object.write(&self.pipe.take()).await?;
        }
        Ok(())
    }

    /// Ends it.
    pub async fn finish(mut self) -> Result<(), RereadError> {
        self.csv.finish().map_err(not_written)?;
        self.object.write(&self.pipe.take()).await?;
        self.object.finish().await?;
        Ok(())
    }
}

fn not_written(_: SafeCsvError) -> RereadError {
    RereadError::NotAsRead {
        what: "a refused row",
    }
}
