//! What a row leaves as it is.
//!
//! A file without one of these columns says nothing about it, and a row that removes somebody says nothing with an
//! empty cell: what is known of its resident stays.
//!
//! - 支援措置. So only a file with the column can take protection away, and only by a row that says so.
//! - The My Number: other municipalities ask by it for the doses of somebody who moved away, even after further rows
//!   that remove them.
//! - The coupon: earlier doses that a venue or a file sends late, or again, still find their person.
//!
//! A row that agrees with what is in force in everything else is unchanged. For 支援措置 the manifest shows that. For a
//! number it notes only that it was kept, not which one: so the same row again is unchanged, and a row that takes the
//! number away is a change. For any other row that is silent about a number, what is in force is read and compared.

use std::sync::Arc;

use crypto::{Fingerprint, TenantKeys};
use domain::{CouponNumber, Movement, MyNumber, Resident, ResidentRow};
use futures::{FutureExt as _, StreamExt as _, stream};
use layouts::residents::{Column, Header};
use store::{StoreError, write_profile};

use crate::{
    LoadChunk, LoadError,
    chunk::{Source, Work},
    compare::Changed,
    write::read_again,
};

/// Residents are looked up this many at a time.
const AT_A_TIME: usize = 100;
/// How many of these requests are under way at once.
const AT_ONCE: usize = 8;

/// What a row leaves as it is in force.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kept {
    /// 支援措置.
    pub(crate) protected: Option<bool>,
    /// The My Number.
    pub(crate) my_number: Option<MyNumber>,
    /// The coupon.
    pub(crate) coupon: Option<CouponNumber>,
}

impl Kept {
    /// The row with what it leaves as it is.
    pub(crate) fn complete<'a>(&self, row: ResidentRow<'a>) -> ResidentRow<'a> {
        ResidentRow {
            protected: row.protected.or(self.protected),
            my_number: row.my_number.or(self.my_number),
            coupon: row.coupon.or(self.coupon),
            ..row
        }
    }

    /// What the manifest notes of a row that leaves this as it is.
    pub(crate) fn noted<'a>(&self, row: ResidentRow<'a>) -> Noted<'a> {
        Noted {
            row: ResidentRow {
                protected: row.protected.or(self.protected),
                ..row
            },
            kept: numbers(self.my_number.is_some(), self.coupon.is_some()),
        }
    }
}

/// What a fingerprint in the manifest is of: a row, and which numbers of its resident were kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noted<'a> {
    row: ResidentRow<'a>,
    /// As of [`numbers`].
    kept: u8,
}

impl Noted<'_> {
    /// Its fingerprint; overwrites `bytes`. The same as of the row alone when no number was kept.
    pub(crate) fn fingerprint(&self, keys: &TenantKeys, bytes: &mut Vec<u8>) -> Fingerprint {
        bytes.clear();
        write_profile(&self.row, bytes);
        if self.kept != 0 {
            bytes.push(self.kept);
        }
        keys.fingerprint(bytes)
    }
}

/// One bit each.
fn numbers(my_number: bool, coupon: bool) -> u8 {
    u8::from(my_number) | (u8::from(coupon) << 1)
}

/// The values about which a row says nothing.
#[derive(Debug, Clone, Copy)]
struct Leaves {
    protected: bool,
    my_number: bool,
    coupon: bool,
}

impl Leaves {
    fn of(row: &ResidentRow<'_>, header: &Header) -> Self {
        let silent = |column| row.movement == Movement::Remove || !header.has(column);
        Self {
            protected: row.protected.is_none(),
            my_number: row.my_number.is_none() && silent(Column::MyNumber),
            coupon: row.coupon.is_none() && silent(Column::Coupon),
        }
    }

    const fn is_nothing(self) -> bool {
        !(self.protected || self.my_number || self.coupon)
    }

    fn kept(self, known: &Resident) -> Kept {
        Kept {
            protected: known.protected.filter(|_| self.protected),
            my_number: known.my_number.filter(|_| self.my_number),
            coupon: known.coupon.filter(|_| self.coupon),
        }
    }
}

/// What the manifest may note of a resident for whom the row says nothing new.
fn alike(row: ResidentRow<'_>, leaves: Leaves) -> impl Iterator<Item = Noted<'_>> {
    let protected = [None, Some(true), Some(false)].into_iter();
    let protected = protected.filter(move |known| leaves.protected || known.is_none());
    let left = numbers(leaves.my_number, leaves.coupon);
    protected.flat_map(move |known| {
        let row = ResidentRow {
            protected: row.protected.or(known),
            ..row
        };
        let kept = (0..=left).filter(move |kept| kept & !left == 0);
        kept.map(move |kept| Noted { row, kept })
    })
}

impl LoadChunk {
    /// The rows that may say something new about more than they leave as it is; each with that, and whether it says
    /// nothing new after all. Whoever goes on with a chunk reads all of it once more, for the manifest notes of
    /// every row what it kept.
    pub(crate) async fn keep_what_is_left(
        &self,
        work: &mut Work<'_>,
        source: &Source<'_>,
        changed: Vec<Changed>,
    ) -> Result<Vec<Changed>, LoadError> {
        let mut leaving = Vec::new();
        let mut changed = new_of(work, source, changed, &mut leaving)?;
        if leaving.is_empty() {
            return Ok(changed);
        }
        let generation = self.register_before(work).await?.generation();
        let tag = |(at, _): &(usize, Leaves)| changed.get(*at).map(|row| row.tag);
        let tags: Vec<_> = leaving.iter().filter_map(tag).collect();
        let (scope, keys) = (work.scope, Arc::clone(&work.keys));
        let read = |some| {
            let found = self.store.residents_under(scope, &keys, some, generation);
            found.boxed()
        };
        let reads: Vec<_> = tags.chunks(AT_A_TIME).map(read).collect();
        let mut reads = stream::iter(reads).buffered(AT_ONCE);
        let mut records = source.records(&work.chunk.plan);
        let mut bytes = Vec::with_capacity(256);
        for some in leaving.chunks(AT_A_TIME) {
            let found = reads.next().await.transpose()?.unwrap_or_default();
            self.keep_lease(work).await?;
            for (at, leaves) in some {
                let Some(row) = changed.get_mut(*at) else {
                    continue;
                };
                let known = found.get(&row.tag).ok_or(StoreError::Damaged {
                    what: "resident of the manifest",
                })?;
                row.kept = leaves.kept(known);
                bytes.clear();
                let (checked, _) = read_again(&mut records, &keys, row, &mut bytes)?;
                row.is_in_force = row.kept.complete(checked) == known.as_row();
            }
        }
        Ok(changed)
    }
}

/// The rows without those that are as good as what is in force. Those that leave something as it is go into
/// `leaving`, by their place.
fn new_of(
    work: &Work<'_>,
    source: &Source<'_>,
    changed: Vec<Changed>,
    leaving: &mut Vec<(usize, Leaves)>,
) -> Result<Vec<Changed>, LoadError> {
    let mut records = source.records(&work.chunk.plan);
    let mut bytes = Vec::with_capacity(256);
    let mut new = Vec::with_capacity(changed.len());
    for row in changed {
        if let Some(before) = &row.before {
            bytes.clear();
            let (checked, _) = read_again(&mut records, &work.keys, &row, &mut bytes)?;
            let leaves = Leaves::of(&checked, source.header());
            if !leaves.is_nothing() {
                let is_before =
                    |it: Noted<'_>| it.fingerprint(&work.keys, &mut bytes) == before.fingerprint;
                if alike(checked, leaves).any(is_before) {
                    continue;
                }
                leaving.push((new.len(), leaves));
            }
        }
        new.push(row);
    }
    Ok(new)
}
