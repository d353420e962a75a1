//! How many protections (支援措置) a file would lift.
//!
//! An empty cell says "not protected", so an export that lost the values of the column says it of everybody. Whoever
//! is protected hides from somebody: that must not happen unasked.

use std::collections::HashSet;

use crypto::ResidentTag;
use domain::{Generation, TenantScope};
use store::{Register, Status};

use crate::{ReceiveError, ReceiveUpload, decide::Part, kind::ResidentsFound, receive::Mine};

/// Who was ever protected.
pub(crate) struct EverProtected {
    pub(crate) tags: HashSet<ResidentTag>,
    /// Whoever is protected under this generation is among them.
    pub(crate) under: Generation,
}

/// How many of the protections in force a file would lift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifted {
    pub(crate) part: Part,
    /// Else it is the most that may be.
    pub(crate) is_exact: bool,
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
    /// Everybody who was ever protected, to be looked up row by row: they are few.
    pub(crate) async fn ever_protected(
        &self,
        scope: &TenantScope,
    ) -> Result<EverProtected, ReceiveError> {
        // In this order: markers are there before the register is in force that they come from.
        let under = self.store.register(scope).await?.generation();
        let tags = self.store.every_protected(scope).await?;
        let tags = tags.into_iter().collect();
        Ok(EverProtected { tags, under })
    }

    /// How many of the protections in force the file would lift. Exact where the register is the one before the pass
    /// and nothing is on its way behind it. Else others may be protected when this file's turn comes; they are counted,
    /// not looked up, so that a column without values is seen in any case. A file that says of nobody that they
    /// are not protected needs no look at the table.
    pub(crate) async fn protections(
        &self,
        mine: &Mine<'_>,
        rows: &ResidentsFound,
        register: &Register,
    ) -> Result<Lifted, ReceiveError> {
        if rows.not_protected == 0 {
            return Ok(lifted(rows, &HashSet::new(), None));
        }
        let in_force = self.protected_in_force(mine, rows, register).await?;
        let mut before = None;
        if register.issued != rows.known_under {
            let protects = self.on_their_way(mine, register, |it| it.protects).await?;
            let all_are_known = register.generation() == rows.known_under;
            before = Some(Before {
                most: protects.iter().copied().max().unwrap_or_default(),
                all: all_are_known.then(|| protects.iter().sum()),
            });
        }
        Ok(lifted(rows, &in_force, before))
    }

    /// Of those who left, only whom the file leaves unprotected: they still hide, and inquiries about them are held.
    /// All others who ever left would make those in the register seem many.
    async fn protected_in_force(
        &self,
        mine: &Mine<'_>,
        rows: &ResidentsFound,
        register: &Register,
    ) -> Result<HashSet<ResidentTag>, ReceiveError> {
        let ever = self.store.every_protected(mine.scope).await?;
        if ever.is_empty() {
            return Ok(HashSet::new());
        }
        let keys = mine
            .tenant
            .keys(mine.scope, &self.keys, self.clock.now())
            .await?;
        let named: HashSet<_> = rows.unprotected.iter().map(|it| it.tag).collect();
        let under = register.generation();
        let protected = self.store.protected_under(mine.scope, &keys, &ever, under);
        let counts = |(tag, status)| {
            let counts = status == Status::Registered || named.contains(&tag);
            counts.then_some(tag)
        };
        Ok(protected.await?.into_iter().filter_map(counts).collect())
    }
}

/// Of the rows of a file and who is protected in force; `before`, if something may be on its way.
///
/// Who is protected then is not known. Of as many as may be, all that this file does not protect itself are taken for
/// lifted, as far as it has rows that say so; but no more than are known one by one and the files before it protect.
fn lifted(
    rows: &ResidentsFound,
    in_force: &HashSet<ResidentTag>,
    before: Option<Before>,
) -> Lifted {
    let known = rows.unprotected.iter();
    let known = known.filter(|it| in_force.contains(&it.tag)).count() as u64;
    let of = in_force.len() as u64;
    let Some(before) = before else {
        let part = Part { people: known, of };
        return Lifted {
            part,
            is_exact: true,
        };
    };
    let most = of.max(before.most);
    let not_protected_here = most.saturating_sub(rows.protects.len() as u64);
    let may_be = known.max(not_protected_here.min(rows.not_protected));
    Lifted {
        part: Part {
            people: before.all.map_or(may_be, |all| may_be.min(known + all)),
            of: most,
        },
        is_exact: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Somebody;

    fn tag(number: u32) -> ResidentTag {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        ResidentTag::from_bytes(bytes)
    }

    /// A file that protects the first so many people, and says of those in `not` that they are not.
    fn file(protects: u32, not: std::ops::Range<u32>) -> ResidentsFound {
        let unprotected = not.clone().map(|index| Somebody {
            index,
            tag: tag(index),
        });
        ResidentsFound {
            unprotected: unprotected.collect(),
            protects: (0..protects).collect(),
            not_protected: u64::from(not.end - not.start),
            ..ResidentsFound::default()
        }
    }

    /// Of a register in which the first so many are protected.
    fn people(file: &ResidentsFound, in_force: u32, before: Option<Before>) -> (u64, u64) {
        let in_force = (0..in_force).map(tag).collect();
        let lifted = lifted(file, &in_force, before);
        assert_eq!(lifted.is_exact, before.is_none());
        (lifted.part.people, lifted.part.of)
    }

    #[test]
    fn only_whoever_is_protected_in_force_loses_it() {
        for (protects, not, in_force, expected) in [
            (0, 0..0, 5, (0, 5)),
            (0, 0..100, 5, (5, 5)),
            (4, 4..100, 5, (1, 5)),
            // They were protected once.
            (5, 5..100, 5, (0, 5)),
            (0, 0..100, 0, (0, 0)),
        ] {
            let file = file(protects, not.clone());
            assert_eq!(people(&file, in_force, None), expected, "{not:?}");
        }
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
            let file = file(protects, not.clone());
            let people = people(&file, in_force, Some(Before { most, all: None }));
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
            let file = file(protects, not.clone());
            let before = Before {
                most: before.iter().copied().max().unwrap(),
                all: Some(before.iter().sum()),
            };
            let people = people(&file, in_force, Some(before));
            assert_eq!(people, expected, "{protects} {not:?} {in_force}");
        }
    }
}
