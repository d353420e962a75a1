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

mod asked;
mod doses;
mod wire;

use std::sync::Arc;

use crypto::{KeyLabel, Keyring, KmsError, NoncePool, OpenError, Place, ResidentTag, TenantKeys};
use domain::{Clock, Generation, TenantScope};
use futures::future::try_join;
use invocations::{HolderAnswer, HolderAsk, NotAnAsk};
use jiff::Timestamp;
use store::{
    Answering, Consent, HolderOutcome, LogEvent, NewAnswer, Store, StoreError, TenantSettings,
    answer_place,
};

pub use wire::wire;

use crate::asked::Asked;

const SEALED: &str = "sealed";
const SCHEMA: u8 = 1;

/// The function's work, over its adapters.
pub struct AnswerInquiry {
    store: Store,
    keys: Keyring,
    clock: Arc<dyn Clock>,
}

/// No answer could be given; the same question may be asked again.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The event is no question.
    #[error(transparent)]
    Event(#[from] NotAnAsk),
    /// The table or the key service failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is kept of this person cannot be read.
    #[error("a record cannot be read")]
    Record {
        /// By the name they have everywhere.
        resident: ResidentTag,
        /// What is wrong.
        source: StoreError,
    },
    /// An entry of the index does not open: it was spoilt, or is not the person's.
    #[error("an entry of the index cannot be read")]
    Pointer(#[source] OpenError),
    /// What was answered before does not open.
    #[error("an earlier answer cannot be read")]
    Kept(#[from] OpenError),
}

impl AnswerError {
    /// Whether the same question may be answered without anybody mending what is kept here of this person.
    /// What concerns the whole municipality stops whoever asks, and is not told as one person's.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Event(_) | Self::Store(_) => true,
            Self::Record { .. } | Self::Pointer(_) | Self::Kept(_) => false,
        }
    }

    /// A failure to read this person.
    fn of_record(self, resident: ResidentTag) -> Self {
        match self {
            Self::Store(source @ StoreError::Damaged { .. }) => Self::Record { resident, source },
            other => other,
        }
    }
}

impl From<KmsError> for AnswerError {
    fn from(error: KmsError) -> Self {
        Self::Store(error.into())
    }
}

/// Where the person is looked for.
struct Holding<'a> {
    scope: &'a TenantScope,
    keys: &'a TenantKeys,
    settings: &'a TenantSettings,
    /// In force a moment ago.
    generation: Generation,
}

/// What the holder makes of the question.
struct Decided {
    outcome: HolderOutcome,
    /// Records of whoever was asked about; the log names the first.
    residents: Vec<ResidentTag>,
    answer: HolderAnswer,
}

impl Decided {
    fn none(outcome: HolderOutcome, residents: Vec<ResidentTag>) -> Self {
        Self {
            outcome,
            residents,
            answer: HolderAnswer { doses: Vec::new() },
        }
    }
}

impl AnswerInquiry {
    /// Wires the function: the table, the municipalities' keys, time.
    #[must_use]
    pub fn new(store: Store, keys: Keyring, clock: Arc<dyn Clock>) -> Self {
        Self { store, keys, clock }
    }

    /// Answers one question.
    pub async fn handle(&self, event: Vec<u8>) -> Result<Vec<u8>, AnswerError> {
        let ask = HolderAsk::from_json(&event)?;
        let answer = self.answer(&ask).await;
        let answer = answer.inspect_err(|error| warn(error, &ask))?;
        Ok(HolderAnswer::to_json(answer.as_ref()))
    }

    /// `None` when the basis does not hold for this inquiry and person.
    async fn answer(&self, ask: &HolderAsk) -> Result<Option<HolderAnswer>, AnswerError> {
        let now = self.clock.now();
        let holder = ask.holder_scope();
        let consent = self.store.consent(&ask.asker_scope(), &ask.consent).await?;
        let Some(consent) = consent.filter(|consent| fits(consent, ask, now)) else {
            return Ok(None);
        };
        let (tenant, register) = (self.store.tenant(&holder), self.store.register(&holder));
        let (tenant, register) = try_join(tenant, register).await?;
        // Who has left holds nothing, and has no log.
        let Some(tenant) = tenant else {
            return Ok(Some(HolderAnswer { doses: Vec::new() }));
        };
        let keys = tenant.keys(&holder, &self.keys, now).await?;
        let place = Holding {
            scope: &holder,
            keys: &keys,
            settings: &tenant.settings,
            generation: register.generation(),
        };
        let asked = self.asked_about(ask, &place).await?;
        let decided = self.decide(ask, &consent, &place, &asked).await?;
        let sealed = seal(&keys, ask, &decided.answer);
        let doses = u32::try_from(decided.answer.doses.len()).unwrap_or(u32::MAX);
        let new = NewAnswer {
            asker: ask.asker,
            inquiry: ask.inquiry,
            basis_ends: consent.life.expires_at(),
            event: LogEvent::Answered {
                inquiry: ask.inquiry,
                asker: ask.asker,
                terms: consent.terms(),
                resident: decided.residents.first().copied(),
                outcome: decided.outcome,
                doses,
                protected: asked.iter().any(Asked::may_be_protected),
            },
            residents: &decided.residents,
            sealed: &sealed,
        };
        match self.store.record_answer(&holder, &new, now).await? {
            Answering::Written => Ok(Some(decided.answer)),
            Answering::Before(sealed) => Ok(Some(open(&keys, ask, &sealed)?)),
        }
    }

    async fn decide(
        &self,
        ask: &HolderAsk,
        consent: &Consent,
        holding: &Holding<'_>,
        asked: &[Asked],
    ) -> Result<Decided, AnswerError> {
        // They were asked about, by their number, and are entitled to know.
        let mut tags: Vec<_> = asked.iter().map(Asked::tag).collect();
        if !asked.iter().any(|it| it.was_born_on(ask.birth_date)) {
            return Ok(Decided::none(HolderOutcome::NoMatch, tags));
        }
        let protected = asked.iter().position(Asked::may_be_protected);
        if let Some(at) = protected
            && holding.settings.hold_protected
            && !self.is_released(ask, holding, &tags).await?
        {
            tags.swap(0, at);
            return Ok(Decided::none(HolderOutcome::Held, tags));
        }
        let mut doses = Vec::new();
        for record in asked {
            let of = record.items.doses(holding.keys, record.generation);
            let of = of.map_err(|error| AnswerError::from(error).of_record(record.tag()))?;
            doses.extend(doses::in_scope(&of, &consent.programmes));
        }
        if doses.is_empty() {
            return Ok(Decided::none(HolderOutcome::NoDoses, tags));
        }
        doses::put_together(&mut doses);
        Ok(Decided {
            outcome: HolderOutcome::Given,
            residents: tags,
            answer: HolderAnswer { doses },
        })
    }

    /// What was decided about one record of a person was decided about the person.
    async fn is_released(
        &self,
        ask: &HolderAsk,
        holding: &Holding<'_>,
        tags: &[ResidentTag],
    ) -> Result<bool, AnswerError> {
        let (scope, now) = (holding.scope, self.clock.now());
        for tag in tags {
            let released = self.store.is_released(scope, tag, ask.asker, now).await;
            if released.map_err(|error| AnswerError::from(error).of_record(*tag))? {
                return Ok(true);
            }
        }
        Ok(false)
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

/// The basis is claimed by this inquiry, holds, and is about this person; and nobody asks themselves.
fn fits(consent: &Consent, ask: &HolderAsk, now: Timestamp) -> bool {
    let person = ask.person.digest(ask.consent, ask.birth_date);
    ask.asker != ask.holder
        && consent.life.answer(ask.inquiry, now).is_ok()
        && consent.person.is(&person)
}

fn seal(keys: &TenantKeys, ask: &HolderAsk, answer: &HolderAnswer) -> Vec<u8> {
    let (pk, sk) = answer_place(&ask.holder_scope(), ask.asker, &ask.inquiry);
    let sealer = keys.sealer(KeyLabel::of(Generation::NONE));
    let plain = HolderAnswer::to_json(Some(answer));
    sealer.seal(
        &mut NoncePool::default(),
        &place(ask.holder.as_str(), &pk, sk),
        &plain,
    )
}

fn open(keys: &TenantKeys, ask: &HolderAsk, sealed: &[u8]) -> Result<HolderAnswer, OpenError> {
    let (pk, sk) = answer_place(&ask.holder_scope(), ask.asker, &ask.inquiry);
    let label = KeyLabel::of(Generation::NONE);
    let plain = keys.open_under(label, &place(ask.holder.as_str(), &pk, sk), sealed)?;
    HolderAnswer::from_json(&plain).map_err(|_| OpenError::UnknownForm)
}

fn place<'a>(tenant: &'a str, pk: &'a str, sk: &'a str) -> Place<'a> {
    Place {
        tenant,
        table: "records",
        pk: pk.as_bytes(),
        sk: sk.as_bytes(),
        attribute: SEALED,
        schema: SCHEMA,
    }
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
