#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod ask;
mod basis;
mod budget;
mod error;
mod found;
mod kept;

use std::sync::Arc;

use crypto::{KmsError, PersonTag, PersonTags};
use domain::{Clock, Date, InquiryId, MyNumber, StaffTag};
use invocations::Holders;
use store::{Consent, HolderIndex, Store};
use tokio::sync::{Mutex, MutexGuard};

pub use basis::NewBasis;
pub use budget::{count_mismatch, has_many_misses, per_day, tell_of_mismatches, usual_misses};
pub use error::{AskError, Refusal};
pub use found::{Found, FoundDose};

/// Asks holders, over its adapters.
pub struct Asking {
    store: Store,
    index: HolderIndex,
    persons: PersonTags,
    holders: Holders,
    clock: Arc<dyn Clock>,
    turn: Option<Mutex<()>>,
}

/// The id under which an inquiry is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// One that was just made and that nobody has used.
    Fresh(InquiryId),
    /// One that the caller gave, so that it can be repeated.
    Given(InquiryId),
}

/// What is asked. No `Debug`: it names a person.
#[derive(Clone)]
pub struct Question {
    /// Its id.
    pub id: Named,
    /// The recorded basis it is asked on, one of the municipality's, as it was read or written last.
    pub consent: Consent,
    /// My Number of the person it is about.
    pub my_number: MyNumber,
    /// Birth date of the person it is about.
    pub birth_date: Date,
    /// The tag of that number, if the caller made it already.
    pub person: Option<PersonTag>,
    /// Who asks; of a row of a file, the tag of the file.
    pub by: StaffTag,
    /// Who dropped that file, where that is known: for the log, and for nothing else.
    pub dropped_by: Option<StaffTag>,
    /// Whether its answer is given again under the same id though the basis has ended since: a file is begun anew
    /// whenever it did not come to its end. The answer is then kept for as long as that may be.
    pub outlives_basis: bool,
}

impl Asking {
    /// Wires it: the table, the index of holders, tags of persons, the function that answers for a
    /// holder, time.
    #[must_use]
    pub fn new(
        store: Store,
        index: HolderIndex,
        persons: PersonTags,
        holders: Holders,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            index,
            persons,
            holders,
            clock,
            turn: None,
        }
    }

    /// For who asks many at once for one municipality: they append to its log in turn. Else each of them
    /// would be too late most of the time, and pay for it.
    #[must_use]
    pub fn in_turn(mut self) -> Self {
        self.turn = Some(Mutex::default());
        self
    }

    async fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        match &self.turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        }
    }

    /// The person with this number, as bases and the index of holders know them.
    pub async fn person(&self, number: MyNumber) -> Result<PersonTag, KmsError> {
        self.persons.tag(number).await
    }
}
