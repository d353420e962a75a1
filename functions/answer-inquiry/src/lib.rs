//! Answers for one holder to one inquiry of another municipality.
//!
//! **Triggered by** `inquiries` and `ask-inquiries`, which invoke it once for every holder and wait. Nobody else may.
//!
//! **What a repeat does.** The holder's entry in its log and the answer, sealed for the holder, are written in
//! one transaction under the inquiry's id, and before anything is returned. Whoever asks again for the same
//! inquiry gets that same answer and leaves no second entry.
//!
//! Nothing of the question is believed. The basis is read from the asker's own area, under the role for the asker,
//! and must be claimed by this very inquiry, hold, and be about this person and birth date. All the rest is done
//! under the role for the holder. A basis that ends between the two leaves an entry, and no answer: what was
//! answered is given only by a transaction of the asker's on the condition that the basis still holds.
//!
//! A pointer opens only for the holder and the person it was made for; where one does not open, nothing is answered
//! and somebody is called, as for a record that cannot be read. The resident's own My Number and birth date are
//! compared: of several who were given the number at one time or another, whoever carries it now is answered about.
//! Several who carry it and were born on the same day are records of one person, who left and came back, say: the
//! answer is what is in any of them, held back if any is protected, and each shows who asked.
//!
//! What is answered are doses in scope: never name, address, coupon or My Number. Why there are none stands in the
//! holder's log and nowhere else.
//! That somebody was or may have been address-protected is a fact of the entry: who asked about them is where they went,
//! and not everybody who reads the log may know.
//!
//! This function opens records, of one municipality at a time, and has no right to look up who holds any.

mod answer;
mod asked;
mod doses;
mod error;
mod wire;

use std::sync::Arc;

use crypto::Keyring;
use domain::Clock;
use invocations::{HolderAnswer, HolderAsk};
use store::Store;

use error::AnswerError;
pub use wire::wire;

/// The function's work, over its adapters.
struct AnswerInquiry {
    store: Store,
    keys: Keyring,
    clock: Arc<dyn Clock>,
}

impl AnswerInquiry {
    /// Answers one question.
    async fn handle(&self, event: Vec<u8>) -> Result<Vec<u8>, AnswerError> {
        let ask = HolderAsk::from_json(&event)?;
        let answer = self.answer(&ask).await;
        let answer = answer.inspect_err(|error| warn(error, &ask))?;
        Ok(HolderAnswer::to_json(answer.as_ref()))
    }
}

/// Says what has to be mended, and whose it is.
fn warn(error: &AnswerError, ask: &HolderAsk) {
    if error.is_passing() {
        return;
    }
    let (code, tenant, inquiry) = ("HOLDER_CANNOT_ANSWER", ask.holder, ask.inquiry);
    let resident = match error {
        AnswerError::Record { resident, .. } => Some(resident.to_string()),
        _ => None,
    };
    tracing::error!(code, %tenant, %inquiry, resident, error = %error, "the holder cannot answer");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_a_question() {
        let ask = HolderAsk::from_json(include_bytes!("../events/ask.json")).unwrap();
        assert_eq!(ask.asker_scope().code().as_str(), "131016");
        assert_eq!(ask.holder_scope().code().as_str(), "011002");
    }
}
