//! Which of a holder's residents is asked about.

use domain::Generation;
use invocations::HolderAsk;
use store::{InRegister, PersonItems, Status, open_pointer};

use crate::{AnswerError, AnswerInquiry, Holding};

/// A resident who carries the number that is asked about, with all that is stored of them.
pub(crate) struct Asked {
    pub(crate) person: InRegister,
    pub(crate) items: PersonItems,
    /// The register that they stand in.
    pub(crate) generation: Generation,
}

impl Asked {
    /// Of several who carry the number, the one asked about is first who was born on that day, then who is in the
    /// register, then whose row came last.
    fn rank(&self, ask: &HolderAsk) -> (bool, bool, Generation) {
        let found = &self.person.resident;
        (
            found.resident.birth_date == ask.birth_date,
            self.person.status == Status::Registered,
            found.since,
        )
    }
}

impl AnswerInquiry {
    /// Follows every pointer: whoever was given the number at any time may be led to, and who carries it now is
    /// meant. One that does not open, or whose record cannot be read, may be that one: then nobody is answered
    /// about.
    pub(crate) async fn asked_about(
        &self,
        ask: &HolderAsk,
        holding: &Holding<'_>,
    ) -> Result<Option<Asked>, AnswerError> {
        let Holding { scope, keys, .. } = holding;
        let mut asked: Option<Asked> = None;
        for pointer in &ask.pointers {
            let tag = open_pointer(keys, &ask.person, pointer).map_err(AnswerError::Pointer)?;
            let found = self
                .store
                .person_or_former(scope, keys, &tag, holding.generation)
                .await;
            let found = found.map_err(|error| AnswerError::from(error).of_record(tag))?;
            let Some((person, items, generation)) = found else {
                continue;
            };
            if person.resident.resident.my_number != Some(ask.my_number) {
                continue;
            }
            let other = Asked {
                person,
                items,
                generation,
            };
            if asked
                .as_ref()
                .is_none_or(|before| before.rank(ask) < other.rank(ask))
            {
                asked = Some(other);
            }
        }
        Ok(asked)
    }
}
