//! Recorded legal bases: one transaction for every arrow of their life but the claim and the answer,
//! which are an inquiry's (see `inquiries`).

use std::collections::{BTreeMap, BTreeSet};

use domain::{ConsentId, ConsentLife, LifeError, StaffTag, Stage, TenantScope};
use jiff::Timestamp;

use crate::{
    Consent, Store, StoreError,
    inquiry::consent_item::stage_word,
    item::{Item, Map, b, n, s},
    keys::{self, SCHEMA},
    many::MOST,
    page::PageOf,
    transaction::Change,
    turn::pause,
    update_terms::UpdateTerms,
};

const ONCE: &str = "ONCE";
/// Somebody else may move a consent between reading and writing it, or be at it in the same moment, so often at
/// most.
const TRIES: u32 = 12;

/// What became of a basis that was to be recorded.
#[derive(Debug)]
pub enum Recording {
    /// It is recorded now.
    New,
    /// The same form or decision was recorded before, under this id.
    Before(Box<Consent>),
}

/// What became of a change.
#[derive(Debug)]
pub enum Changed {
    /// It is done; this is how it stands.
    Done(Box<Consent>),
    /// It cannot be done.
    Impossible(LifeError),
    /// There is no such consent.
    Unknown,
}

impl Store {
    /// Records a basis, unless its form, or its decision for this person, was recorded before: also where that one has
    /// expired without a question. Its days would begin anew, so whoever wants more of them has a new form signed.
    pub async fn record_consent(
        &self,
        scope: &TenantScope,
        consent: &Consent,
    ) -> Result<Recording, StoreError> {
        let once_pk = keys::evidence(scope, &consent.evidence.once);
        let once = Map::from([
            ("pk".to_owned(), s(&once_pk)),
            ("sk".to_owned(), s(ONCE)),
            ("v".to_owned(), n(SCHEMA)),
            ("consent".to_owned(), s(consent.id.to_string())),
        ]);
        for attempt in 0..TRIES {
            pause(&consent.id, attempt).await;
            // Of a row of a file that is begun anew: its own, whoever has recorded its form since that one was
            // withdrawn, which left the form free.
            if let Some(before) = self.consent(scope, &consent.id).await? {
                return Ok(Recording::Before(Box::new(before)));
            }
            if let Some(before) = self.get(scope, once_pk.clone(), ONCE).await? {
                let id = Item(&before).word("consent")?;
                let before = self.consent(scope, &id).await?;
                let before = before.ok_or(StoreError::Damaged { what: "consent" })?;
                return Ok(Recording::Before(Box::new(before)));
            }
            let writes = vec![
                self.put_new_in(consent.to_item(scope))?,
                self.put_new_in(once.clone())?,
            ];
            if self.transacted(scope, writes).await? {
                return Ok(Recording::New);
            }
        }
        Err(StoreError::Moved)
    }

    /// A recorded basis, read consistently.
    pub async fn consent(
        &self,
        scope: &TenantScope,
        id: &ConsentId,
    ) -> Result<Option<Consent>, StoreError> {
        let item = self
            .get(scope, keys::consents(scope), &id.to_string())
            .await?;
        item.as_ref().map(Consent::read).transpose()
    }

    /// How far these recorded bases have come, as far as they are there and can be read; read consistently.
    pub async fn lives_of(
        &self,
        scope: &TenantScope,
        ids: &BTreeSet<ConsentId>,
    ) -> Result<BTreeMap<ConsentId, ConsentLife>, StoreError> {
        let wanted = ids.iter().map(|id| (keys::consents(scope), id.to_string()));
        let wanted: Vec<_> = wanted.collect();
        let mut lives = BTreeMap::new();
        for some in wanted.chunks(MOST) {
            for map in self.get_many(scope, some).await? {
                // Of a damaged one nothing is known here; it must not hide the others.
                if let Ok(consent) = Consent::read(&map) {
                    lives.insert(consent.id, consent.life);
                }
            }
        }
        Ok(lives)
    }

    /// The municipality's recorded bases, newest first.
    pub async fn consents(
        &self,
        scope: &TenantScope,
        limit: u32,
        after: Option<String>,
    ) -> Result<PageOf<Consent>, StoreError> {
        let page = self.newest_first(scope, keys::consents(scope), limit, after);
        page.await?.map(Consent::read)
    }

    /// draft -> granted. [`Changed::Impossible`] as the life of a consent says.
    pub async fn approve_consent(
        &self,
        scope: &TenantScope,
        id: &ConsentId,
        approver: StaffTag,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        self.move_consent(scope, id, Some(approver), |life| {
            life.approve(approver, now)
        })
        .await
    }

    /// Withdraws what was not answered. A form that was never asked on may be recorded again.
    pub async fn revoke_consent(
        &self,
        scope: &TenantScope,
        id: &ConsentId,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        self.move_consent(scope, id, None, |life| life.revoke(now))
            .await
    }

    async fn move_consent(
        &self,
        scope: &TenantScope,
        id: &ConsentId,
        approver: Option<StaffTag>,
        arrow: impl Fn(ConsentLife) -> Result<ConsentLife, LifeError>,
    ) -> Result<Changed, StoreError> {
        for attempt in 0..TRIES {
            pause(id, attempt).await;
            let Some(mut consent) = self.consent(scope, id).await? else {
                return Ok(Changed::Unknown);
            };
            let before = consent.life.stage();
            match arrow(consent.life) {
                Ok(life) => consent.life = life,
                Err(error) => return Ok(Changed::Impossible(error)),
            }
            consent.approved_by = approver.or(consent.approved_by);
            let mut sets = UpdateTerms::set();
            sets.put("stage", s(stage_word(consent.life.stage())));
            if let Some(approver) = approver {
                sets.put("approver", b(approver.as_bytes()));
            }
            sets.value(":before", s(stage_word(before)));
            let sk = id.to_string();
            let mut writes = vec![self.update_in(Change {
                pk: keys::consents(scope),
                sk: &sk,
                update: sets.update,
                condition: Some("stage = :before"),
                names: &[],
                values: sets.values,
            })?];
            let unused = matches!(before, Stage::Draft | Stage::Granted);
            if consent.life.stage() == Stage::Revoked && unused {
                // Never another's, who recorded the form since.
                writes.push(self.delete_if_in(
                    keys::evidence(scope, &consent.evidence.once),
                    ONCE,
                    "attribute_not_exists(pk) OR consent = :id",
                    (":id", s(&sk)),
                )?);
            }
            if self.transacted(scope, writes).await? {
                return Ok(Changed::Done(Box::new(consent)));
            }
        }
        Err(StoreError::Moved)
    }
}
