//! The bytes of objects: taken in as they arrive, given out in ranges.

use std::io::{self, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _, stream};
use s3s::dto::StreamingBlob;
use s3s::stream::{ByteStream, RemainingLength};
use s3s::{S3Result, StdError, s3_error};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use super::checksum::{Digest, Digester, Expected};

/// Bytes asked of a file at a time.
const PIECE: usize = 256 * 1024;

/// Where the bytes of a finished object or part lie.
#[derive(Clone)]
pub(super) enum Content {
    Memory(Bytes),
    File(PathBuf),
}

impl Content {
    /// A stream of the given bytes. The file is opened here and now, so that a version deleted
    /// while it is being read is still read to its end.
    pub(super) async fn read(&self, range: Range<u64>) -> io::Result<StreamingBlob> {
        let left = range.end - range.start;
        match self {
            Self::Memory(bytes) => {
                let slice = bytes.slice(in_memory(range.start)?..in_memory(range.end)?);
                Ok(StreamingBlob::from(s3s::Body::from(slice)))
            }
            Self::File(path) => {
                let mut file = File::open(path).await?;
                file.seek(SeekFrom::Start(range.start)).await?;
                let pieces = Box::pin(stream::try_unfold((file, left), next_piece));
                Ok(StreamingBlob::new(Pieces { pieces, left }))
            }
        }
    }
}

fn in_memory(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(io::Error::other)
}

async fn next_piece((mut file, left): (File, u64)) -> io::Result<Option<(Bytes, (File, u64))>> {
    if left == 0 {
        return Ok(None);
    }
    let wanted = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
    let mut piece = BytesMut::with_capacity(wanted);
    let read = (&mut file).take(left).read_buf(&mut piece).await?;
    if read == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some((piece.freeze(), (file, left - read as u64))))
}

/// A stream that knows how much is to come, so that answers carry their length.
struct Pieces {
    pieces: Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send + Sync>>,
    left: u64,
}

impl Stream for Pieces {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = std::task::ready!(self.pieces.as_mut().poll_next(cx));
        if let Some(Ok(bytes)) = &piece {
            self.left = self.left.saturating_sub(bytes.len() as u64);
        }
        Poll::Ready(piece.map(|piece| piece.map_err(StdError::from)))
    }
}

impl ByteStream for Pieces {
    fn remaining_length(&self) -> RemainingLength {
        usize::try_from(self.left)
            .map_or_else(|_| RemainingLength::unknown(), RemainingLength::new_exact)
    }
}

/// Bytes that have arrived and belong to nothing yet; dropped, they are gone.
pub(super) struct Staged {
    pub(super) bytes: StagedBytes,
    pub(super) size: u64,
    pub(super) digest: Digest,
}

pub(super) enum StagedBytes {
    Memory(Bytes),
    File(StagedFile),
}

/// A file under a name of its own, removed when it is dropped without having been kept.
pub(super) struct StagedFile {
    path: PathBuf,
    kept: bool,
}

impl StagedFile {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, kept: false }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its lasting name.
    pub(super) fn keep_as(&mut self, path: &Path) -> io::Result<()> {
        std::fs::rename(&self.path, path)?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if !self.kept {
            // What stays behind is swept at the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Reads a body to its end, into memory or into the given file, and checks it.
pub(super) async fn take_in(
    body: Option<StreamingBlob>,
    staging: Option<PathBuf>,
    expected: &Expected,
) -> S3Result<Staged> {
    let mut intake = Intake::begin(staging, expected).await.map_err(internal)?;
    if let Some(mut body) = body {
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(broken_body)?;
            intake.push(&piece).await.map_err(internal)?;
        }
    }
    let staged = intake.finish().await.map_err(internal)?;
    expected.check(staged.size, &staged.digest)?;
    Ok(staged)
}

/// One body on its way in.
pub(super) struct Intake {
    target: Target,
    size: u64,
    digester: Digester,
}

enum Target {
    Memory(BytesMut),
    File(File, StagedFile),
}

impl Intake {
    pub(super) async fn begin(staging: Option<PathBuf>, expected: &Expected) -> io::Result<Self> {
        let target = match staging {
            None => Target::Memory(BytesMut::new()),
            Some(path) => Target::File(File::create_new(&path).await?, StagedFile::at(path)),
        };
        Ok(Self {
            target,
            size: 0,
            digester: Digester::new(expected.algorithm()),
        })
    }

    pub(super) async fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.size += bytes.len() as u64;
        self.digester.update(bytes);
        match &mut self.target {
            Target::Memory(buffer) => buffer.extend_from_slice(bytes),
            Target::File(file, _) => file.write_all(bytes).await?,
        }
        Ok(())
    }

    /// The bytes are on the disk when this returns.
    pub(super) async fn finish(self) -> io::Result<Staged> {
        let bytes = match self.target {
            Target::Memory(buffer) => StagedBytes::Memory(buffer.freeze()),
            Target::File(mut file, staged) => {
                file.flush().await?;
                file.sync_data().await?;
                StagedBytes::File(staged)
            }
        };
        Ok(Staged {
            bytes,
            size: self.size,
            digest: self.digester.finish(),
        })
    }
}

/// A failure of our own disk, with its kind: whoever drops a file has to know that the disk is full.
pub(super) fn internal(error: io::Error) -> s3s::S3Error {
    let kind = error.kind();
    s3_error!(error, InternalError, "storage failed: {kind}")
}

/// What arrived was cut, garbled or wrongly signed.
#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
fn broken_body(error: StdError) -> s3s::S3Error {
    s3_error!(IncompleteBody, "the body could not be read: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_to_whoever_drops_a_file() {
        let said = internal(io::ErrorKind::StorageFull.into());
        assert_eq!(said.message(), Some("storage failed: no storage space"));
    }
}
