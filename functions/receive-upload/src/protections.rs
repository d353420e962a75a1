//! How many protections (支援措置) a file would lift.
//!
//! An empty cell says "not protected", so an export that lost the values of the column says it of everybody. A
//! protected person hides from somebody, so a file that lifts many protections waits until staff confirm it.

use crypto::{ResidentTag, TenantKeys};
use domain::{Generation, TenantScope};
use manifest::Entry;
use store::{Register, Status};

use crate::{
    ReceiveError, ReceiveUpload,
    check::CheckedRows,
    decide::{Share, lifts_too_many},
    kind::{ResidentsFound, RowPerson},
    receive::ClaimedUpload,
};

/// How many residents are read between two looks at the lease.
const AT_A_TIME: usize = 10_000;
/// Up to this many residents, reading them one by one is quicker than reading the manifest.
const FEW: usize = 100;

/// Who was ever protected.
pub(crate) struct EverProtected {
    /// Ascending.
    pub(crate) tags: Vec<ResidentTag>,
    /// Everybody who is protected under this generation is among them.
    pub(crate) under: Generation,
}

/// How many of the protections in force a file would lift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifted {
    pub(crate) share: Share,
    /// Whether `share` is exact; otherwise it is the most that it may be.
    pub(crate) is_exact: bool,
    /// How many of them are known one by one.
    pub(crate) known: u64,
}

/// Rows that say that somebody is protected, of files that come into force before this one.
#[derive(Debug, Clone, Copy)]
struct Before {
    /// In the file that has the most of them.
    most: u64,
    /// In all of those files together; `None` where one came into force during the pass, because then not everybody
    /// whom it protects was looked for.
    all: Option<u64>,
}

impl ReceiveUpload {
    /// Everybody who was ever protected, to be looked up row by row: they are few, or all after a mistake.
    pub(crate) async fn ever_protected(
        &self,
        scope: &TenantScope,
    ) -> Result<EverProtected, ReceiveError> {
        // In this order: markers are written before the register that they come from is in force.
        let under = self.store.register(scope).await?.generation();
        let mut tags = self.store.every_protected(scope).await?;
        tags.sort_unstable();
        Ok(EverProtected { tags, under })
    }

    /// How many of the protections in force the file would lift.
    ///
    /// This is exact if the register is still the one from before the pass and no other file is on its way. Otherwise
    /// others may be protected when this file's turn comes. They are counted, not looked up, so that a column without
    /// values is noticed in any case. If no row says "not protected", the table is not read.
    pub(crate) async fn protections(
        &self,
        claimed: &mut ClaimedUpload<'_>,
        rows: &CheckedRows<ResidentsFound>,
        register: &Register,
    ) -> Result<Lifted, ReceiveError> {
        let found = &rows.of_kind;
        if found.not_protected == 0 {
            return Ok(lifted(found, Share::default(), None));
        }
        let is_exact = register.issued == found.known_under;
        let in_force = self
            .protected_in_force(claimed, rows, register, !is_exact)
            .await?;
        let mut before = None;
        // In this order: what is on its way now was not in force while residents were read under this register.
        if !is_exact {
            let protects = self
                .on_their_way(claimed, register, |it| it.protects)
                .await?;
            let all_are_known = register.generation() == found.known_under;
            before = Some(Before {
                most: protects.iter().copied().max().unwrap_or_default(),
                all: all_are_known.then(|| protects.iter().sum()),
            });
        }
        Ok(lifted(found, in_force, before))
    }

    /// How many of those who are protected in force lose it (`part`), and how many are protected (`whole`). Unless
    /// `all` are wanted, counting stops as soon as it is certain that those who lose it are not too large a share.
    ///
    /// People who left the register count only if the file leaves them unprotected: they still hide, and inquiries
    /// about them are held. If everybody who ever left counted, the share of those who lose it would look too small.
    async fn protected_in_force(
        &self,
        claimed: &mut ClaimedUpload<'_>,
        rows: &CheckedRows<ResidentsFound>,
        register: &Register,
        all: bool,
    ) -> Result<Share, ReceiveError> {
        let mut others = self.store.every_protected(claimed.scope).await?;
        if others.is_empty() {
            return Ok(Share::default());
        }
        let keys = claimed
            .tenant
            .keys(claimed.scope, &self.keys, self.clock.now())
            .await?;
        let named = &rows.of_kind.unprotected;
        others.retain(|tag| place(named, tag).is_none());
        let named = self.not_as_in_force(claimed, named, register).await?;
        let (under, checked) = (register.generation(), rows.found.rows_checked);
        let mut share = Share::default();
        for batch in named.chunks(AT_A_TIME) {
            let protected = self.protected_under(claimed, &keys, batch, under, checked);
            share.part += protected.await?.len() as u64;
        }
        share.whole = share.part;
        let percent = claimed.tenant.settings.max_removed_percent;
        for batch in others.chunks(AT_A_TIME) {
            if !all && !lifts_too_many(share, percent, register) {
                break;
            }
            let protected = self.protected_under(claimed, &keys, batch, under, checked);
            let stay = |status: &&Status| **status == Status::Registered;
            share.whole += protected.await?.iter().filter(stay).count() as u64;
        }
        Ok(share)
    }

    /// The status of each of these residents who is protected under `under`. Renews the lease, because there may be as
    /// many of them as a large city has residents.
    async fn protected_under(
        &self,
        claimed: &mut ClaimedUpload<'_>,
        keys: &TenantKeys,
        batch: &[ResidentTag],
        under: Generation,
        rows_checked: u64,
    ) -> Result<Vec<Status>, ReceiveError> {
        let protected = self
            .store
            .protected_under(claimed.scope, keys, batch, under);
        let protected = protected.await?;
        self.keep_lease(claimed, rows_checked).await?;
        Ok(protected)
    }

    /// Those whose row differs from what is in force. A row that is in force already says "not protected", so it lifts
    /// nothing. After a file that protected everybody by mistake, and one that put it right, nearly nobody is left.
    async fn not_as_in_force(
        &self,
        claimed: &ClaimedUpload<'_>,
        named: &[RowPerson],
        register: &Register,
    ) -> Result<Vec<ResidentTag>, ReceiveError> {
        let mut as_in_force = Vec::new();
        if let Some(in_force) = &register.in_force
            && named.len() > FEW
        {
            let look = |entry: &Entry| {
                let row = place(named, &entry.tag);
                if row.is_some_and(|row| row.fingerprint == entry.fingerprint) {
                    as_in_force.push(entry.tag);
                }
            };
            self.look_at_all(claimed, in_force, look).await?;
        }
        let tags = named.iter().map(|it| it.tag);
        let differs = |tag: &ResidentTag| as_in_force.binary_search(tag).is_err();
        Ok(tags.filter(differs).collect())
    }
}

/// Whose row it is; `named` ascend by tag.
fn place<'a>(named: &'a [RowPerson], tag: &ResidentTag) -> Option<&'a RowPerson> {
    let at = named.binary_search_by_key(tag, |it| it.tag).ok()?;
    named.get(at)
}

/// What a file lifts: by its `rows`, by who loses protection that is `in_force`, and by what files that come into force
/// `before` it protect, if there are any.
///
/// With files before it, nobody knows who will be protected when its turn comes. So all of the most that may be
/// protected by then, except those whom this file protects itself, are taken to lose it; but no more than it has rows
/// that say "not protected", and no more than lose it now and are protected by the files before it together.
fn lifted(rows: &ResidentsFound, in_force: Share, before: Option<Before>) -> Lifted {
    let known = in_force.part;
    let Some(before) = before else {
        return Lifted {
            share: in_force,
            is_exact: true,
            known,
        };
    };
    let most = in_force.whole.max(before.most);
    let not_protected_here = most.saturating_sub(rows.protects.len() as u64);
    let may_be = known.max(not_protected_here.min(rows.not_protected));
    Lifted {
        share: Share {
            part: before.all.map_or(may_be, |all| may_be.min(known + all)),
            whole: most,
        },
        is_exact: false,
        known,
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;

    /// A file behind others, and what it may lift.
    #[derive(Debug)]
    struct Case<'a> {
        /// The file protects the first so many people.
        protects: u32,
        /// It says of these that they are not protected.
        not: Range<u32>,
        /// The first so many people are protected in force.
        in_force: u32,
        /// How many rows say "protected", in each file before it.
        before: &'a [u64],
        /// So many may lose it, of so many.
        may_lift: u64,
        of: u64,
    }

    impl Case<'_> {
        /// `all_are_known`: whether everybody whom the files before protect was looked for.
        fn check(&self, all_are_known: bool) {
            let rows = ResidentsFound {
                protects: (0..self.protects).collect(),
                not_protected: u64::from(self.not.end - self.not.start),
                ..ResidentsFound::default()
            };
            let loses = |person: &u32| *person < self.in_force;
            let in_force = Share {
                part: self.not.clone().filter(loses).count() as u64,
                whole: u64::from(self.in_force),
            };
            let before = Before {
                most: self.before.iter().copied().max().unwrap(),
                all: all_are_known.then(|| self.before.iter().sum()),
            };
            let lifted = lifted(&rows, in_force, Some(before));
            assert!(!lifted.is_exact);
            let (part, whole) = (self.may_lift, self.of);
            assert_eq!(lifted.share, Share { part, whole }, "{self:?}");
        }
    }

    #[test]
    fn behind_others_as_many_may_lose_it_as_the_file_does_not_protect_itself() {
        for case in [
            // As many as are protected by the one before: nobody is missed.
            Case {
                protects: 500,
                not: 500..9_000,
                in_force: 490,
                before: &[500],
                may_lift: 0,
                of: 500,
            },
            // The column lost its values; some became protected by the file before.
            Case {
                protects: 0,
                not: 600..9_000,
                in_force: 0,
                before: &[500],
                may_lift: 500,
                of: 500,
            },
            Case {
                protects: 0,
                not: 600..9_000,
                in_force: 500,
                before: &[0],
                may_lift: 500,
                of: 500,
            },
            // No more than there are rows that say so.
            Case {
                protects: 0,
                not: 600..603,
                in_force: 500,
                before: &[500],
                may_lift: 3,
                of: 500,
            },
            // Those in force are known one by one.
            Case {
                protects: 10,
                not: 0..100,
                in_force: 10,
                before: &[10],
                may_lift: 10,
                of: 10,
            },
            Case {
                protects: 0,
                not: 600..9_000,
                in_force: 0,
                before: &[0],
                may_lift: 0,
                of: 0,
            },
        ] {
            case.check(false);
        }
    }

    #[test]
    fn no_more_may_lose_it_than_are_known_and_than_all_files_before_protect() {
        for case in [
            // Files of what changed, which protect nobody, or few.
            Case {
                protects: 0,
                not: 600..9_000,
                in_force: 500,
                before: &[0, 0],
                may_lift: 0,
                of: 500,
            },
            Case {
                protects: 1,
                not: 400..9_000,
                in_force: 500,
                before: &[2, 3],
                may_lift: 105,
                of: 500,
            },
            // Files of everybody.
            Case {
                protects: 500,
                not: 500..9_000,
                in_force: 490,
                before: &[500],
                may_lift: 0,
                of: 500,
            },
            Case {
                protects: 0,
                not: 600..9_000,
                in_force: 0,
                before: &[500],
                may_lift: 500,
                of: 500,
            },
            Case {
                protects: 0,
                not: 0..9_000,
                in_force: 500,
                before: &[500, 500],
                may_lift: 500,
                of: 500,
            },
        ] {
            case.check(true);
        }
    }
}
