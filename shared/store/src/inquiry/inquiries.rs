//! An inquiry: the claim of its basis, what each holder says, and its end. Each of these is one
//! transaction with the entry of the log that tells of it.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use domain::{Basis, Clock, ConsentId, Date, InquiryId, LifeError, StaffTag, TenantScope};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Consent, DayCount, LogEvent, LogHead, Store, StoreError, Terms,
    inquiry::{
        answered::{ANSWER, kept_answer},
        consent_item::programme_words,
        day_count::counters_end,
        log::HEAD,
    },
    item::{Item, Map, b, bytes, n, s, time},
    keys::{self, SCHEMA},
    page::PageOf,
    transaction::Change,
    turn::{TRIES, pause},
};

/// On an inquiry that came to no end, and that whoever asks on its basis next may go on with.
const LEFT: &str = "left";

/// Condition on an inquiry that has no answer yet: it is with whoever goes on with it under that id.
const IS_OWN: &str = "attribute_not_exists(answered_at) AND \
    (taken_by = :own OR (attribute_not_exists(taken_by) AND sk = :own))";

/// Condition on a basis that an inquiry has claimed: it is still this inquiry's, and holds.
const HOLDS: &str = "stage = :claimed AND inquiry = :inquiry AND expires_at > :now";

/// An inquiry as its municipality sees it.
#[derive(Debug, Clone)]
pub struct Inquiry {
    /// Its id.
    pub id: InquiryId,
    /// Its recorded basis.
    pub consent: ConsentId,
    /// When it was made.
    pub asked_at: Timestamp,
    /// Who made it.
    pub by: StaffTag,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// The inquiry that goes on with it, where it was left and taken up.
    pub taken_by: Option<InquiryId>,
}

/// What became of a claim.
#[derive(Debug)]
pub enum Claim {
    /// The basis is this inquiry's. It may have been before; then nothing was written.
    Taken,
    /// It cannot be claimed.
    Impossible(LifeError),
    /// The municipality has asked as much as it may on this day.
    BudgetSpent,
}

/// A claim that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewClaim {
    /// The basis, in the reading of the law under which it was recorded.
    pub basis: &'static Basis,
    /// The recorded basis.
    pub consent: ConsentId,
    /// The inquiry that claims it.
    pub inquiry: InquiryId,
    /// Whoever asks; of a row of a file, the tag of the file.
    pub by: StaffTag,
    /// Who dropped that file, where that is known.
    pub dropped_by: Option<StaffTag>,
    /// Today in Japan.
    pub day: Date,
    /// How many inquiries the municipality may make today.
    pub per_day: u32,
}

/// What became of the end of an inquiry.
#[derive(Debug)]
pub enum Ending {
    /// The answer is kept, and may be given; so much was asked on this day with it.
    Kept(DayCount),
    /// The basis was revoked, or its time was up, or it is another inquiry's.
    BasisEnded(LifeError),
}

/// The end of an inquiry.
#[derive(Debug)]
pub struct NewEnding<'a> {
    /// Its recorded basis.
    pub consent: ConsentId,
    /// The inquiry.
    pub inquiry: InquiryId,
    /// The answer, sealed.
    pub answer: &'a [u8],
    /// How long it is kept after the basis has ended.
    pub kept_after_the_end: SignedDuration,
    /// What the log says of it.
    pub event: LogEvent,
    /// Whether nobody gave a dose.
    pub nothing_found: bool,
    /// Today in Japan.
    pub day: Date,
}

impl Consent {
    /// On what and what for it may be asked.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            basis: self.basis.clone(),
            purpose: self.purpose.as_str().to_owned(),
            programmes: programme_words(&self.programmes),
        }
    }
}

impl Inquiry {
    fn read(map: &Map) -> Result<Self, StoreError> {
        let item = Item(map);
        Ok(Self {
            id: item.word("sk")?,
            consent: item.word("consent")?,
            asked_at: item.time("asked_at")?,
            by: StaffTag::from_bytes(bytes(item.bytes("by")?)?),
            answered_at: item.maybe_time("answered_at")?,
            taken_by: item.maybe_word("taken_by")?,
        })
    }
}

impl Store {
    /// granted -> claimed, with the asker's entry, the inquiry itself and the count of the day. If the
    /// inquiry has claimed it before, and the same person made it, nothing is written.
    pub async fn claim_basis(
        &self,
        scope: &TenantScope,
        claim: &NewClaim,
        clock: &dyn Clock,
    ) -> Result<Claim, StoreError> {
        let (id, day) = (claim.consent.to_string(), claim.day.to_string());
        for attempt in 0..TRIES {
            pause(&claim.inquiry, attempt).await;
            let now = clock.now();
            let [consent, head, count] = self
                .get_each(
                    scope,
                    [
                        (keys::consents(scope), &id),
                        (keys::log(scope), HEAD),
                        (keys::budget(scope), &day),
                    ],
                )
                .await?;
            let consent = consent.ok_or(StoreError::Damaged { what: "consent" })?;
            let consent = Consent::read(&consent)?;
            match consent.life.claim(claim.inquiry, now) {
                Err(error) => return Ok(Claim::Impossible(error)),
                Ok(same) if same == consent.life => {
                    // Only whoever made it goes on with it.
                    let made = self.inquiry(scope, &claim.inquiry).await?;
                    return Ok(if made.is_some_and(|made| made.by == claim.by) {
                        Claim::Taken
                    } else {
                        Claim::Impossible(LifeError::Used)
                    });
                }
                Ok(_) => {}
            }
            if DayCount::read(count.as_ref())?.asked >= claim.per_day {
                return Ok(Claim::BudgetSpent);
            }
            let head = LogHead::read(head.as_ref())?;
            let writes = self.claim_writes(scope, claim, &consent, &head, now)?;
            if self.transacted(scope, writes).await? {
                return Ok(Claim::Taken);
            }
        }
        Err(StoreError::Moved)
    }

    fn claim_writes(
        &self,
        scope: &TenantScope,
        claim: &NewClaim,
        consent: &Consent,
        head: &LogHead,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let (id, day) = (consent.id.to_string(), claim.day.to_string());
        let inquiry = claim.inquiry.to_string();
        let entry = head.entry(
            LogEvent::Asked {
                inquiry: claim.inquiry,
                consent: consent.id,
                terms: consent.terms(),
                by: claim.by,
                dropped_by: claim.dropped_by,
            },
            now,
        );
        let claimed = Change {
            pk: keys::consents(scope),
            sk: &id,
            update: "SET stage = :claimed, inquiry = :inquiry",
            condition: Some("stage = :granted AND expires_at > :now"),
            names: &[],
            values: vec![
                (":claimed", s("claimed")),
                (":granted", s("granted")),
                (":inquiry", s(&inquiry)),
                (":now", time(now)),
            ],
        };
        let made = Map::from([
            ("pk".to_owned(), s(keys::inquiries(scope))),
            ("sk".to_owned(), s(&inquiry)),
            ("v".to_owned(), n(SCHEMA)),
            ("consent".to_owned(), s(&id)),
            ("asked_at".to_owned(), time(now)),
            ("by".to_owned(), b(claim.by.as_bytes())),
        ]);
        let without_consent = u8::from(claim.basis.counted_as() != "consent");
        let counted = Change {
            pk: keys::budget(scope),
            sk: &day,
            update: "SET #ttl = :ttl ADD asked :one, without_consent :without",
            condition: Some("attribute_not_exists(asked) OR asked < :most"),
            names: &[("#ttl", "ttl")],
            values: vec![
                (":one", n(1)),
                (":without", n(without_consent)),
                (":most", n(claim.per_day)),
                (":ttl", n(counters_end(now))),
            ],
        };
        let mut writes = vec![
            self.update_in(claimed)?,
            self.put_new_in(made)?,
            self.update_in(counted)?,
        ];
        writes.extend(self.append_in(scope, head, &entry)?);
        Ok(writes)
    }

    /// claimed -> answered, with the sealed answer and the asker's second entry.
    pub async fn conclude_inquiry(
        &self,
        scope: &TenantScope,
        end: &NewEnding<'_>,
        clock: &dyn Clock,
    ) -> Result<Ending, StoreError> {
        for attempt in 0..TRIES {
            pause(&end.inquiry, attempt).await;
            let now = clock.now();
            let (id, day) = (end.consent.to_string(), end.day.to_string());
            let [consent, head, count] = self
                .get_each(
                    scope,
                    [
                        (keys::consents(scope), &id),
                        (keys::log(scope), HEAD),
                        (keys::budget(scope), &day),
                    ],
                )
                .await?;
            let consent = consent.ok_or(StoreError::Damaged { what: "consent" })?;
            let life = Consent::read(&consent)?.life;
            if let Err(error) = life.answer(end.inquiry, now) {
                return Ok(Ending::BasisEnded(error));
            }
            let head = LogHead::read(head.as_ref())?;
            let kept_until = life.expires_at() + end.kept_after_the_end;
            let writes = self.conclusion_writes(scope, end, kept_until, &head, now)?;
            if self.transacted(scope, writes).await? {
                let mut count = DayCount::read(count.as_ref())?;
                count.nothing_found += u32::from(end.nothing_found);
                return Ok(Ending::Kept(count));
            }
        }
        Err(StoreError::Moved)
    }

    fn conclusion_writes(
        &self,
        scope: &TenantScope,
        end: &NewEnding<'_>,
        kept_until: Timestamp,
        head: &LogHead,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let (id, day) = (end.consent.to_string(), end.day.to_string());
        let inquiry = end.inquiry.to_string();
        let answered = Change {
            pk: keys::consents(scope),
            sk: &id,
            update: "SET stage = :answered",
            condition: Some(HOLDS),
            names: &[],
            values: vec![
                (":answered", s("answered")),
                (":claimed", s("claimed")),
                (":inquiry", s(&inquiry)),
                (":now", time(now)),
            ],
        };
        let ended = Change {
            pk: keys::inquiries(scope),
            sk: &inquiry,
            update: "SET answered_at = :now REMOVE #left",
            condition: Some("attribute_not_exists(answered_at) AND attribute_exists(pk)"),
            names: &[("#left", LEFT)],
            values: vec![(":now", time(now))],
        };
        let kept = kept_answer(&keys::kept(scope, &end.inquiry), end.answer, kept_until);
        let mut writes = vec![
            self.update_in(answered)?,
            self.update_in(ended)?,
            self.put_new_in(kept)?,
        ];
        if end.nothing_found {
            writes.push(self.update_in(Change {
                pk: keys::budget(scope),
                sk: &day,
                update: "SET #ttl = :ttl ADD nothing_found :one",
                condition: None,
                names: &[("#ttl", "ttl")],
                values: vec![(":one", n(1)), (":ttl", n(counters_end(now)))],
            })?);
        }
        let entry = head.entry(end.event.clone(), now);
        writes.extend(self.append_in(scope, head, &entry)?);
        Ok(writes)
    }

    /// An inquiry, read consistently.
    pub async fn inquiry(
        &self,
        scope: &TenantScope,
        id: &InquiryId,
    ) -> Result<Option<Inquiry>, StoreError> {
        let item = self
            .get(scope, keys::inquiries(scope), &id.to_string())
            .await?;
        item.as_ref().map(Inquiry::read).transpose()
    }

    /// Leaves an unfinished inquiry to whoever asks on its basis next, as long as it still belongs to the inquiry
    /// `own`, which took it up (see [`Store::take_up_inquiry`]). [`StoreError::Moved`] if it was answered or taken up
    /// by another in the meantime.
    pub async fn leave_inquiry(
        &self,
        scope: &TenantScope,
        id: &InquiryId,
        own: InquiryId,
    ) -> Result<(), StoreError> {
        let left = self.client(scope).update_item().table_name(&self.table);
        left.key("pk", s(keys::inquiries(scope)))
            .key("sk", s(id.to_string()))
            .update_expression("SET #left = :left")
            .condition_expression(IS_OWN)
            .expression_attribute_names("#left", LEFT)
            .expression_attribute_values(":left", AttributeValue::Bool(true))
            .expression_attribute_values(":own", s(own.to_string()))
            .send()
            .await?;
        Ok(())
    }

    /// Whether `by` goes on with an inquiry under `own`, the id that it would make one of its own under: its own
    /// unless another took it up, or one that was left, which it takes up. Asked again, it says the same.
    pub async fn take_up_inquiry(
        &self,
        scope: &TenantScope,
        id: &InquiryId,
        own: InquiryId,
        by: StaffTag,
    ) -> Result<bool, StoreError> {
        if *id != own && self.take_left(scope, id, own, by).await? {
            return Ok(true);
        }
        let inquiry = self.inquiry(scope, id).await?;
        Ok(inquiry.is_some_and(|it| it.by == by && it.taken_by.unwrap_or(it.id) == own))
    }

    async fn take_left(
        &self,
        scope: &TenantScope,
        id: &InquiryId,
        own: InquiryId,
        by: StaffTag,
    ) -> Result<bool, StoreError> {
        let taken = self.client(scope).update_item().table_name(&self.table);
        let taken = taken
            .key("pk", s(keys::inquiries(scope)))
            .key("sk", s(id.to_string()))
            .update_expression("SET #by = :by, taken_by = :own REMOVE #left")
            .condition_expression("attribute_exists(#left)")
            .expression_attribute_names("#by", "by")
            .expression_attribute_names("#left", LEFT)
            .expression_attribute_values(":by", b(by.as_bytes()))
            .expression_attribute_values(":own", s(own.to_string()))
            .send()
            .await;
        match taken.map_err(StoreError::from) {
            Ok(_) => Ok(true),
            Err(StoreError::Moved) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The sealed answer to an inquiry, as long as it is kept.
    pub async fn kept_answer(
        &self,
        scope: &TenantScope,
        id: &InquiryId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let item = self.get(scope, keys::kept(scope, id), ANSWER).await?;
        let sealed = item.map(|item| Item(&item).bytes("sealed").map(<[u8]>::to_vec));
        sealed.transpose()
    }

    /// The municipality's inquiries, newest first.
    pub async fn inquiries(
        &self,
        scope: &TenantScope,
        limit: u32,
        after: Option<String>,
    ) -> Result<PageOf<Inquiry>, StoreError> {
        let page = self.newest_first(scope, keys::inquiries(scope), limit, after);
        page.await?.map(Inquiry::read)
    }
}
