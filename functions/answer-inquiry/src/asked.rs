//! Which of a holder's residents are asked about.

use std::cmp::Reverse;

use crypto::ResidentTag;
use domain::{Date, Generation};
use invocations::HolderAsk;
use store::{InRegister, PersonItems, Status, open_pointer};

use crate::{AnswerError, AnswerInquiry, answer::Holding};

/// A resident who carries the number that is asked about, with all that is stored of them.
pub(crate) struct Asked {
    pub(crate) person: InRegister,
    pub(crate) items: PersonItems,
    /// The register that they stand in.
    pub(crate) generation: Generation,
}

impl Asked {
    pub(crate) fn tag(&self) -> ResidentTag {
        self.person.resident.tag
    }

    pub(crate) fn was_born_on(&self, day: Date) -> bool {
        self.person.resident.resident.birth_date == day
    }

    /// Whether they are protected, or nobody knows.
    pub(crate) fn may_be_protected(&self) -> bool {
        self.person.resident.resident.protected != Some(false)
    }

    /// Residents in the register rank above those who left; among equals, the row that came last ranks highest.
    fn rank(&self) -> (bool, Generation) {
        let is_registered = self.person.status == Status::Registered;
        (is_registered, self.person.resident.since)
    }
}

impl AnswerInquiry {
    /// Follows every pointer and keeps the residents who carry the number now; a pointer may also lead to somebody who
    /// carried it once.
    ///
    /// All of them who were born on the day are records of one person, who may have left and come back under another
    /// number of the municipality's; the highest rank comes first. If none was born on that day, one resident is
    /// returned: the first who may be protected, or else the first.
    ///
    /// It fails if a pointer does not open or its record cannot be read: that record may be one of theirs.
    pub(crate) async fn asked_about(
        &self,
        ask: &HolderAsk,
        holding: &Holding<'_>,
    ) -> Result<Vec<Asked>, AnswerError> {
        let Holding { scope, keys, .. } = holding;
        let mut asked: Vec<Asked> = Vec::new();
        for pointer in &ask.pointers {
            let tag = open_pointer(keys, &ask.person, pointer).map_err(AnswerError::Pointer)?;
            if asked.iter().any(|before| before.tag() == tag) {
                continue;
            }
            let found = self
                .store
                .person_or_former(scope, keys, &tag, holding.generation)
                .await;
            let found = found.map_err(|error| AnswerError::from(error).of_record(tag))?;
            let Some((person, items, generation)) = found else {
                continue;
            };
            if person.resident.resident.my_number == Some(ask.my_number) {
                asked.push(Asked {
                    person,
                    items,
                    generation,
                });
            }
        }
        asked.sort_by_key(|it| Reverse(it.rank()));
        if asked.iter().any(|it| it.was_born_on(ask.birth_date)) {
            asked.retain(|it| it.was_born_on(ask.birth_date));
        } else {
            // Its entry is the only one.
            asked.sort_by_key(|it| Reverse(it.may_be_protected()));
            asked.truncate(1);
        }
        Ok(asked)
    }
}
