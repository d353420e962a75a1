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
        let mut on_their_way = None;
        if register.issued != rows.known_under {
            let most = self.most_on_their_way(mine, register, |it| it.protects);
            on_their_way = Some(most.await?);
        }
        Ok(lifted(rows, &in_force, on_their_way))
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

/// Of the rows of a file and who is protected in force. `on_their_way`, if something may be, is how many rows of the
/// file before this one that has the most say that somebody is protected.
///
/// Who those are is not known. Of as many as may be protected then, all that this file does not protect itself
/// are taken for lifted, as far as it has rows that say so.
fn lifted(
    rows: &ResidentsFound,
    in_force: &HashSet<ResidentTag>,
    on_their_way: Option<u64>,
) -> Lifted {
    let known = rows.unprotected.iter();
    let known = known.filter(|it| in_force.contains(&it.tag)).count() as u64;
    let of = in_force.len() as u64;
    let Some(on_their_way) = on_their_way else {
        let part = Part { people: known, of };
        return Lifted {
            part,
            is_exact: true,
        };
    };
    let most = of.max(on_their_way);
    let not_protected_here = most.saturating_sub(rows.protects.len() as u64);
    Lifted {
        part: Part {
            people: known.max(not_protected_here.min(rows.not_protected)),
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
    fn people(file: &ResidentsFound, in_force: u32, on_their_way: Option<u64>) -> (u64, u64) {
        let in_force = (0..in_force).map(tag).collect();
        let lifted = lifted(file, &in_force, on_their_way);
        assert_eq!(lifted.is_exact, on_their_way.is_none());
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
        for (protects, not, in_force, on_their_way, expected) in [
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
            let people = people(&file, in_force, Some(on_their_way));
            assert_eq!(people, expected, "{protects} {not:?} {in_force}");
        }
    }
}
