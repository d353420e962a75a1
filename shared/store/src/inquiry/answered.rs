//! A holder's side of an inquiry: its entry is written before its answer leaves, once for an inquiry.

use crypto::ResidentTag;
use domain::{InquiryId, TenantCode, TenantScope};
use jiff::{SignedDuration, Timestamp};

use crate::{
    LogEvent, LogHead, Store, StoreError,
    inquiry::log::HEAD,
    item::{Item, Map, b, n, s},
    keys::{self, SCHEMA},
    turn::{TRIES, pause},
};

pub(crate) const ANSWER: &str = "ANSWER";
/// A basis that ended is asked on no more; what a holder answered on it need not be kept.
const KEPT_AFTER_THE_END: SignedDuration = SignedDuration::from_hours(24);

/// A sealed answer, as it is kept for a repeat as long as one can come.
pub(crate) fn kept_answer(pk: &str, sealed: &[u8], until: Timestamp) -> Map {
    Map::from([
        ("pk".to_owned(), s(pk)),
        ("sk".to_owned(), s(ANSWER)),
        ("v".to_owned(), n(SCHEMA)),
        ("sealed".to_owned(), b(sealed)),
        ("ttl".to_owned(), n(until.as_second())),
    ])
}

/// What a holder is about to answer.
#[derive(Debug)]
pub struct NewAnswer<'a> {
    /// Who asked.
    pub asker: TenantCode,
    /// Id of the inquiry, one of the asker's.
    pub inquiry: InquiryId,
    /// When its basis ends.
    pub basis_ends: Timestamp,
    /// What the holder's log says of it.
    pub event: LogEvent,
    /// Residents whose view the entry belongs to as well, each once: of one person there may be several records.
    pub residents: &'a [ResidentTag],
    /// The answer, sealed for the holder.
    pub sealed: &'a [u8],
}

/// What became of a holder's entry.
#[derive(Debug)]
pub enum Answering {
    /// It is written; the answer may leave.
    Written,
    /// It was written before, with this sealed answer.
    Before(Vec<u8>),
}

/// Where a sealed answer lies: for its seal.
#[must_use]
pub fn answer_place(
    holder: &TenantScope,
    asker: TenantCode,
    inquiry: &InquiryId,
) -> (String, &'static str) {
    (keys::answered(holder, asker, inquiry), ANSWER)
}

impl Store {
    /// Writes the holder's entry, once for an inquiry of an asker. Whether the basis holds lies with the asker and
    /// is looked at before, under the asker's role; should it end in between, the entry stands, and the
    /// asker's own transaction gives nothing.
    pub async fn record_answer(
        &self,
        holder: &TenantScope,
        answer: &NewAnswer<'_>,
        now: Timestamp,
    ) -> Result<Answering, StoreError> {
        let pk = keys::answered(holder, answer.asker, &answer.inquiry);
        for attempt in 0..TRIES {
            pause(&answer.inquiry, attempt).await;
            let [before, head] = self
                .get_each(holder, [(pk.clone(), ANSWER), (keys::log(holder), HEAD)])
                .await?;
            if let Some(before) = before {
                return Ok(Answering::Before(Item(&before).bytes("sealed")?.to_vec()));
            }
            let head = LogHead::read(head.as_ref())?;
            let entry = head.entry(answer.event.clone(), now);
            let until = answer.basis_ends + KEPT_AFTER_THE_END;
            let kept = kept_answer(&pk, answer.sealed, until);
            let mut writes = vec![self.put_new_in(kept)?];
            writes.extend(self.append_in(holder, &head, &entry)?);
            for resident in answer.residents {
                let copy = entry.to_item(keys::asked_about(holder, resident));
                writes.push(self.put_new_in(copy)?);
            }
            if self.transacted(holder, writes).await? {
                return Ok(Answering::Written);
            }
        }
        Err(StoreError::Moved)
    }
}
