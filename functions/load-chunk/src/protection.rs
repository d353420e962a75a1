//! 支援措置 of a file that has no such column: it says nothing about protection, so it changes nothing of
//! it. A row that says everything else as it is in force is unchanged; one that says something new takes
//! over what is known of its resident, be they registered or removed. So only a file with the column can
//! take protection away, and only by a row that says so.

use domain::ResidentRow;
use store::{StoreError, write_profile};

use crate::{
    LoadChunk, LoadError,
    chunk::{Source, Work},
    compare::Changed,
    write::read_again,
};

/// Residents are looked up this many at a time.
const AT_A_TIME: usize = 100;

/// The rows that a row without a word on protection is as good as.
pub(crate) fn alike<'a>(row: &ResidentRow<'a>) -> impl Iterator<Item = ResidentRow<'a>> + use<'a> {
    let row = *row;
    let known: &[bool] = if row.protected.is_none() {
        &[true, false]
    } else {
        &[]
    };
    known.iter().map(move |known| ResidentRow {
        protected: Some(*known),
        ..row
    })
}

/// A row with what it leaves as it is.
pub(crate) fn completed<'a>(row: ResidentRow<'a>, found: &Changed) -> ResidentRow<'a> {
    ResidentRow {
        protected: row.protected.or(found.protected),
        ..row
    }
}

impl LoadChunk {
    /// The rows that say something new about more than protection; each with what is known of its
    /// resident's.
    pub(crate) async fn keep_protection(
        &self,
        work: &Work<'_>,
        source: &Source,
        changed: Vec<Changed>,
    ) -> Result<Vec<Changed>, LoadError> {
        let mut changed = without_alike(work, source, changed)?;
        let generation = self.register_before(work).await?.generation();
        let mut known: Vec<_> = changed
            .iter_mut()
            .filter(|it| it.before.is_some())
            .collect();
        for some in known.chunks_mut(AT_A_TIME) {
            let tags: Vec<_> = some.iter().map(|it| it.tag).collect();
            let found = self
                .store
                .protection(work.scope, &work.keys, &tags, generation);
            let found = found.await?;
            for row in some {
                let protected = found.get(&row.tag).ok_or(StoreError::Damaged {
                    what: "resident of the manifest",
                })?;
                row.protected = *protected;
            }
        }
        Ok(changed)
    }
}

/// Without the rows that are as good as what is in force.
fn without_alike(
    work: &Work<'_>,
    source: &Source,
    changed: Vec<Changed>,
) -> Result<Vec<Changed>, LoadError> {
    let mut records = source.records(&work.chunk.plan);
    let mut bytes = Vec::with_capacity(256);
    let mut new = Vec::with_capacity(changed.len());
    for row in changed {
        if let Some(before) = &row.before {
            bytes.clear();
            let (checked, _) = read_again(&mut records, &work.keys, &row, &mut bytes)?;
            let mut is_before = |alike: ResidentRow<'_>| {
                bytes.clear();
                write_profile(&alike, &mut bytes);
                work.keys.fingerprint(&bytes) == before.fingerprint
            };
            if alike(&checked).any(&mut is_before) {
                continue;
            }
        }
        new.push(row);
    }
    Ok(new)
}
