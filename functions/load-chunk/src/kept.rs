//! What a row leaves as it is.
//!
//! - 支援措置, by a file that has no such column: it says nothing about protection, so it changes nothing of
//!   it. A row that says everything else as it is in force is unchanged; one that says something new takes
//!   over what is known of its resident, be they registered or removed. So only a file with the column can
//!   take protection away, and only by a row that says so.
//! - The My Number, by a removal that names none: others ask by it for the doses of whoever moved away, however
//!   many rows say once more that they did.

use domain::{Movement, MyNumber, ResidentRow};
use layouts::residents::Column;
use store::{StoreError, write_profile};

use crate::{
    LoadChunk, LoadError,
    chunk::{Source, Work},
    compare::Changed,
    write::read_again,
};

/// Residents are looked up this many at a time.
const AT_A_TIME: usize = 100;

/// What a row leaves as it is in force.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kept {
    /// 支援措置, where the file does not say.
    pub(crate) protected: Option<bool>,
    /// The My Number of somebody whom the row removes without naming it.
    pub(crate) my_number: Option<MyNumber>,
}

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

impl LoadChunk {
    /// The rows that say something new about more than they leave as it is; each with that.
    pub(crate) async fn keep_what_is_left(
        &self,
        work: &Work<'_>,
        source: &Source,
        changed: Vec<Changed>,
    ) -> Result<Vec<Changed>, LoadError> {
        let leaves_protection = !source.header.has(Column::Protected);
        let mut numbers = Vec::new();
        let mut changed = new_of(work, source, changed, leaves_protection, &mut numbers)?;
        let leaves = |it: &Changed| leaves_protection || numbers.binary_search(&it.index).is_ok();
        let mut known: Vec<_> = changed
            .iter_mut()
            .filter(|it| it.before.is_some() && leaves(it))
            .collect();
        if known.is_empty() {
            return Ok(changed);
        }
        let generation = self.register_before(work).await?.generation();
        for some in known.chunks_mut(AT_A_TIME) {
            let tags: Vec<_> = some.iter().map(|it| it.tag).collect();
            let found = self
                .store
                .residents_under(work.scope, &work.keys, &tags, generation);
            let found = found.await?;
            for row in some {
                let known = found.get(&row.tag).ok_or(StoreError::Damaged {
                    what: "resident of the manifest",
                })?;
                if leaves_protection {
                    row.kept.protected = known.protected;
                }
                if numbers.binary_search(&row.index).is_ok() {
                    row.kept.my_number = known.my_number;
                }
            }
        }
        Ok(changed)
    }
}

/// The rows without those that are as good as what is in force, if the file leaves protection as it is. Those
/// that leave a My Number as it is go into `numbers` by their index.
fn new_of(
    work: &Work<'_>,
    source: &Source,
    changed: Vec<Changed>,
    leaves_protection: bool,
    numbers: &mut Vec<u32>,
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
            if leaves_protection && alike(&checked).any(&mut is_before) {
                continue;
            }
            if checked.movement == Movement::Remove && checked.my_number.is_none() {
                numbers.push(row.index);
            }
        }
        new.push(row);
    }
    Ok(new)
}
