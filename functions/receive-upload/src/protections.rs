//! How many protections (支援措置) a file would lift.
//!
//! An empty cell says "not protected", so an export that lost the values of the column says it of everybody. Whoever
//! is protected hides from somebody: that must not happen unasked.

use crypto::{ResidentTag, TenantKeys};
use domain::{Generation, TenantScope};
use manifest::Entry;
use store::{Register, Status};

use crate::{
    ReceiveError, ReceiveUpload,
    check::CheckedRows,
    decide::{Part, lifts_too_many},
    kind::{ResidentsFound, Somebody},
    receive::Mine,
};

/// So many residents are read between two looks at the lease.
const AT_A_TIME: usize = 10_000;
/// So few residents are read sooner than the manifest.
const FEW: usize = 100;

/// Who was ever protected.
pub(crate) struct EverProtected {
    /// Ascending.
    pub(crate) tags: Vec<ResidentTag>,
    /// Whoever is protected under this generation is among them.
    pub(crate) under: Generation,
}

/// How many of the protections in force a file would lift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifted {
    pub(crate) part: Part,
    /// Else it is the most that may be.
    pub(crate) is_exact: bool,
    /// How many of them are known one by one.
    pub(crate) known: u64,
}

/// Rows that say that somebody is protected, of files that come into force before this one.
#[derive(Debug, Clone, Copy)]
struct Before {
    /// Of the file that has the most.
    most: u64,
    /// Of all of them; `None` where one came into force during the pass, so that not all whom it protects were looked
    /// for.
    all: Option<u64>,
}

impl ReceiveUpload {
    /// Everybody who was ever protected, to be looked up row by row: they are few, or all after a mistake.
    pub(crate) async fn ever_protected(
        &self,
        scope: &TenantScope,
    ) -> Result<EverProtected, ReceiveError> {
        // In this order: markers are there before the register is in force that they come from.
        let under = self.store.register(scope).await?.generation();
        let mut tags = self.store.every_protected(scope).await?;
        tags.sort_unstable();
        Ok(EverProtected { tags, under })
    }

    /// How many of the protections in force the file would lift. Exact where the register is the one before the pass
    /// and nothing is on its way behind it. Else others may be protected when this file's turn comes; they are counted,
    /// not looked up, so that a column without values is seen in any case. A file that says of nobody that they
    /// are not protected needs no look at the table.
    pub(crate) async fn protections(
        &self,
        mine: &mut Mine<'_>,
        rows: &CheckedRows<ResidentsFound>,
        register: &Register,
    ) -> Result<Lifted, ReceiveError> {
        let found = &rows.of_kind;
        if found.not_protected == 0 {
            return Ok(lifted(found, Part::default(), None));
        }
        let is_exact = register.issued == found.known_under;
        let in_force = self
            .protected_in_force(mine, rows, register, !is_exact)
            .await?;
        let mut before = None;
        // In this order: what is on its way now was not in force while residents were read under this register.
        if !is_exact {
            let protects = self.on_their_way(mine, register, |it| it.protects).await?;
            let all_are_known = register.generation() == found.known_under;
            before = Some(Before {
                most: protects.iter().copied().max().unwrap_or_default(),
                all: all_are_known.then(|| protects.iter().sum()),
            });
        }
        Ok(lifted(found, in_force, before))
    }

    /// Who loses it of those who are protected in force, and how many these are: all of them, or as many as it takes to
    /// see that those who lose it are not too many of them.
    ///
    /// Of those who left, only whom the file leaves unprotected: they still hide, and inquiries about them are held.
    /// All others who ever left would make those in the register seem many.
    async fn protected_in_force(
        &self,
        mine: &mut Mine<'_>,
        rows: &CheckedRows<ResidentsFound>,
        register: &Register,
        all: bool,
    ) -> Result<Part, ReceiveError> {
        let mut others = self.store.every_protected(mine.scope).await?;
        if others.is_empty() {
            return Ok(Part::default());
        }
        let keys = mine
            .tenant
            .keys(mine.scope, &self.keys, self.clock.now())
            .await?;
        let named = &rows.of_kind.unprotected;
        others.retain(|tag| place(named, tag).is_none());
        let named = self.not_as_in_force(mine, named, register).await?;
        let (under, checked) = (register.generation(), rows.found.rows_checked);
        let mut part = Part::default();
        for some in named.chunks(AT_A_TIME) {
            let protected = self.protected_under(mine, &keys, some, under, checked);
            part.people += protected.await?.len() as u64;
        }
        part.of = part.people;
        let percent = mine.tenant.settings.max_removed_percent;
        for some in others.chunks(AT_A_TIME) {
            if !all && !lifts_too_many(part, percent, register) {
                break;
            }
            let protected = self.protected_under(mine, &keys, some, under, checked);
            let stay = |status: &&Status| **status == Status::Registered;
            part.of += protected.await?.iter().filter(stay).count() as u64;
        }
        Ok(part)
    }

    /// Reads some of those who were ever protected, and keeps the lease: they may be all of a large city.
    async fn protected_under(
        &self,
        mine: &mut Mine<'_>,
        keys: &TenantKeys,
        some: &[ResidentTag],
        under: Generation,
        rows_checked: u64,
    ) -> Result<Vec<Status>, ReceiveError> {
        let protected = self.store.protected_under(mine.scope, keys, some, under);
        let protected = protected.await?;
        self.keep_lease(mine, rows_checked).await?;
        Ok(protected)
    }

    /// Those of whom something else is in force than their rows say; the others are as little protected as by them.
    /// After a file that protected everybody by mistake, and one that put it right, that is nearly nobody.
    async fn not_as_in_force(
        &self,
        mine: &Mine<'_>,
        named: &[Somebody],
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
            self.look_at_all(mine, in_force, look).await?;
        }
        let tags = named.iter().map(|it| it.tag);
        let differs = |tag: &ResidentTag| as_in_force.binary_search(tag).is_err();
        Ok(tags.filter(differs).collect())
    }
}

/// Whose row it is; `named` ascend by tag.
fn place<'a>(named: &'a [Somebody], tag: &ResidentTag) -> Option<&'a Somebody> {
    let at = named.binary_search_by_key(tag, |it| it.tag).ok()?;
    named.get(at)
}

/// Of the rows of a file and who loses protection that is in force; `before`, if something may be on its way.
///
/// Who is protected then is not known. Of as many as may be, all that this file does not protect itself are taken for
/// lifted, as far as it has rows that say so; but no more than are known one by one and the files before it protect.
fn lifted(rows: &ResidentsFound, in_force: Part, before: Option<Before>) -> Lifted {
    let known = in_force.people;
    let Some(before) = before else {
        return Lifted {
            part: in_force,
            is_exact: true,
            known,
        };
    };
    let most = in_force.of.max(before.most);
    let not_protected_here = most.saturating_sub(rows.protects.len() as u64);
    let may_be = known.max(not_protected_here.min(rows.not_protected));
    Lifted {
        part: Part {
            people: before.all.map_or(may_be, |all| may_be.min(known + all)),
            of: most,
        },
        is_exact: false,
        known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that protects the first so many people, and says of those in `not` that they are not.
    fn file(protects: u32, not: &std::ops::Range<u32>) -> ResidentsFound {
        ResidentsFound {
            protects: (0..protects).collect(),
            not_protected: u64::from(not.end - not.start),
            ..ResidentsFound::default()
        }
    }

    /// Of a register in which the first so many are protected.
    fn people(
        protects: u32,
        not: &std::ops::Range<u32>,
        in_force: u32,
        before: Before,
    ) -> (u64, u64) {
        let in_force = Part {
            people: not.clone().filter(|it| *it < in_force).count() as u64,
            of: u64::from(in_force),
        };
        let lifted = lifted(&file(protects, not), in_force, Some(before));
        assert!(!lifted.is_exact);
        (lifted.part.people, lifted.part.of)
    }

    #[test]
    fn behind_others_as_many_may_lose_it_as_the_file_does_not_protect_itself() {
        for (protects, not, in_force, most, expected) in [
            // As many as are protected by the one before: nobody is missed.
            (500, 500..9_000, 490, 500, (0, 500)),
            // The column lost its values; some became protected by the file before.
            (0, 600..9_000, 0, 500, (500, 500)),
            (0, 600..9_000, 500, 0, (500, 500)),
            // No more than there are rows that say so.
            (0, 600..603, 500, 500, (3, 500)),
            // Those in force are known one by one.
            (10, 0..100, 10, 10, (10, 10)),
            (0, 600..9_000, 0, 0, (0, 0)),
        ] {
            let people = people(protects, &not, in_force, Before { most, all: None });
            assert_eq!(people, expected, "{protects} {not:?} {in_force}");
        }
    }

    #[test]
    fn no_more_may_lose_it_than_are_known_and_than_all_files_before_protect() {
        for (protects, not, in_force, before, expected) in [
            // Files of what changed, which protect nobody, or few.
            (0, 600..9_000, 500, &[0, 0][..], (0, 500)),
            (1, 400..9_000, 500, &[2, 3], (105, 500)),
            // Files of everybody.
            (500, 500..9_000, 490, &[500], (0, 500)),
            (0, 600..9_000, 0, &[500], (500, 500)),
            (0, 0..9_000, 500, &[500, 500], (500, 500)),
        ] {
            let before = Before {
                most: before.iter().copied().max().unwrap(),
                all: Some(before.iter().sum()),
            };
            let people = people(protects, &not, in_force, before);
            assert_eq!(people, expected, "{protects} {not:?} {in_force}");
        }
    }
}
