use std::{cmp::Reverse, collections::BinaryHeap};

use crypto::ResidentTag;

use crate::{Entry, ManifestError, ManifestReader, ManifestWriter};

/// What a merge wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Object version of the new manifest.
    pub version: String,
    /// Its entries.
    pub entries: u64,
    /// How many of them are registered.
    pub active: u64,
}

/// One input with the entries of its current block.
struct Source {
    reader: ManifestReader,
    entries: Vec<Entry>,
    at: usize,
}

impl Source {
    async fn new(reader: ManifestReader) -> Result<Self, ManifestError> {
        let mut source = Self {
            reader,
            entries: Vec::new(),
            at: 0,
        };
        source.refill().await?;
        Ok(source)
    }

    fn head(&self) -> Option<&Entry> {
        self.entries.get(self.at)
    }

    async fn advance(&mut self) -> Result<(), ManifestError> {
        self.at += 1;
        if self.at >= self.entries.len() {
            self.refill().await?;
        }
        Ok(())
    }

    async fn refill(&mut self) -> Result<(), ManifestError> {
        self.at = 0;
        self.entries.clear();
        while self.entries.is_empty() {
            let Some(block) = self.reader.next_block().await? else {
                return Ok(());
            };
            for entry in block.entries() {
                self.entries.push(entry?);
            }
        }
        Ok(())
    }
}

/// Writes `base` with every entry of `shares` put in its place. Holds one block of each input.
///
/// A resident that stands in two shares means that a file was cut wrongly: damaged.
pub async fn merge(
    base: Option<ManifestReader>,
    shares: Vec<ManifestReader>,
    mut out: ManifestWriter,
) -> Result<Merged, ManifestError> {
    let mut base = match base {
        Some(reader) => Some(Source::new(reader).await?),
        None => None,
    };
    let mut sources = Vec::with_capacity(shares.len());
    for share in shares {
        sources.push(Source::new(share).await?);
    }
    let mut heads: BinaryHeap<Reverse<(ResidentTag, usize)>> = sources
        .iter()
        .enumerate()
        .filter_map(|(number, source)| Some(Reverse((source.head()?.tag, number))))
        .collect();
    while let Some(Reverse((tag, number))) = heads.pop() {
        if let Some(base) = &mut base {
            copy_below(base, tag, &mut out).await?;
        }
        let Some(source) = sources.get_mut(number) else {
            break;
        };
        if let Some(entry) = source.head() {
            out.push(entry)?;
        }
        source.advance().await?;
        if let Some(entry) = source.head() {
            heads.push(Reverse((entry.tag, number)));
        }
        out.hand_over().await?;
    }
    if let Some(base) = &mut base {
        while let Some(entry) = base.head() {
            out.push(entry)?;
            base.advance().await?;
            out.hand_over().await?;
        }
    }
    let (entries, active) = out.counts();
    Ok(Merged {
        version: out.finish().await?,
        entries,
        active,
    })
}

/// Copies the entries below `tag` and passes over the one that equals it.
async fn copy_below(
    base: &mut Source,
    tag: ResidentTag,
    out: &mut ManifestWriter,
) -> Result<(), ManifestError> {
    while let Some(entry) = base.head() {
        if entry.tag > tag {
            return Ok(());
        }
        if entry.tag < tag {
            out.push(entry)?;
        }
        base.advance().await?;
        out.hand_over().await?;
    }
    Ok(())
}
