//! The queue of newcomers: who enters it, and who enters it again.

use crypto::ResidentTag;
use domain::Dose;
use store::{DoseChange, DoseKey, DoseRevision, Newcomer, PersonDoses, Settlement, StoreError};

/// What is known of a newcomer that conflicts with the dose that holds its number.
pub(crate) enum Known<'a> {
    /// It stands in the queue, or somebody decided about it beside what is still there.
    Stays(&'a Newcomer),
    /// Somebody decided about it, and something else is there now: it is to be decided again.
    Again(&'a Newcomer, &'a Settlement),
    /// Nothing.
    Nothing,
}

impl<'a> Known<'a> {
    /// What is known of `newcomer`, which conflicts with `held`.
    pub(crate) fn of(doses: &'a PersonDoses, newcomer: &Newcomer, held: &DoseRevision) -> Self {
        let key = DoseKey::of(doses.tag, &newcomer.dose);
        let same = |it: &&Newcomer| it.id == newcomer.id && DoseKey::of(doses.tag, &it.dose) == key;
        let Some(known) = doses.newcomers.iter().find(same) else {
            return Self::Nothing;
        };
        match &known.settled {
            Some(settled) if decided_beside(doses, &key, settled) != Some(&held.dose) => {
                Self::Again(known, settled)
            }
            Some(_) | None => Self::Stays(known),
        }
    }

    /// Puts `newcomer` in the queue if it is to stand there anew, with all that was decided about it; as it
    /// stands there then.
    pub(crate) fn enter(
        &self,
        change: &mut DoseChange<'_>,
        resident: &ResidentTag,
        newcomer: Newcomer,
    ) -> Result<Newcomer, StoreError> {
        match self {
            Self::Stays(known) => Ok((*known).clone()),
            Self::Nothing => change.add_newcomer(resident, newcomer, None),
            Self::Again(known, settled) => {
                let earlier = known.earlier.iter().chain([*settled]);
                let newcomer = Newcomer {
                    earlier: earlier.cloned().collect(),
                    ..newcomer
                };
                change.add_newcomer(resident, newcomer, Some(settled))
            }
        }
    }
}

/// What held the number of a newcomer when somebody had decided about it; `None` if nothing did.
fn decided_beside<'a>(
    doses: &'a PersonDoses,
    key: &DoseKey,
    settled: &Settlement,
) -> Option<&'a Dose> {
    let mut revisions = doses.doses.iter().chain(&doses.history);
    let then = revisions
        .find(|it| it.key(doses.tag) == *key && Some(it.revision) == settled.revision)
        .filter(|it| it.state.holds_number());
    then.map(|it| &it.dose)
}
