//! Files that wait for a person: confirmed or discarded, once.
//!
//! Whoever confirms holds the file under a lease meanwhile: the receipt is written before the file is released, and
//! what was written so and is still on its way must arrive before anybody else decides. The end of the lease, which
//! no other lease shares, is the condition of all that is done under it.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Lease, TenantScope, UploadId, UploadState};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Register, Store, StoreError, Upload,
    item::{as_stored, n, s, time},
    keys, register,
    transaction::Change,
    upload::{STATE, UPLOAD},
};

/// How long nobody else may decide about a file that somebody confirms: longer than an invocation of the API lasts.
const CONFIRMS: SignedDuration = SignedDuration::from_secs(30);
/// Nobody confirms it.
const FREE: &str =
    "#state = :held AND (attribute_not_exists(confirming_until) OR confirming_until <= :now)";
/// It is confirmed under this lease.
const MINE: &str = "#state = :held AND confirming_until = :mine";

/// What a confirmation comes to, before the file is released.
#[derive(Debug)]
pub enum Confirming {
    /// The file is held, and no newer one was accepted: [`Store::release_held`] releases it.
    Possible(Box<Release>),
    /// There is nothing to be done.
    Decided(Confirmation),
}

/// A held file that is this worker's to release, and the register behind which it is issued its generation.
#[derive(Debug)]
pub struct Release {
    held: Upload,
    register: Register,
    lease: Lease,
}

/// What a confirmation did.
#[derive(Debug)]
pub enum Confirmation {
    /// The file waits for its turn, or is further along; its generation stands.
    Issued(Box<Upload>),
    /// A newer file was accepted meanwhile; confirming would put an older one over it.
    Stale,
    /// The file is not held.
    NotHeld(UploadState),
    /// There is no such file.
    Unknown,
}

/// What a discard did.
#[derive(Debug)]
pub enum Discarding {
    /// The file is discarded.
    Discarded(Box<Upload>),
    /// The file is not held.
    NotHeld(UploadState),
    /// There is no such file.
    Unknown,
}

impl Confirmation {
    /// The answer for a file that is not held, by where it stands.
    #[must_use]
    pub fn of(upload: Upload) -> Self {
        match upload.state {
            UploadState::Waiting | UploadState::Loading | UploadState::InForce => {
                Self::Issued(Box::new(upload))
            }
            other => Self::NotHeld(other),
        }
    }
}

impl Release {
    /// The file as it stands.
    #[must_use]
    pub const fn held(&self) -> &Upload {
        &self.held
    }

    /// Whether a receipt that is sent now arrives before anybody else may decide about the file.
    #[must_use]
    pub fn covers_a_request(&self, now: Timestamp) -> bool {
        self.lease.covers_a_request(now)
    }

    /// The file as it will stand once it is released; what the receipt is written from.
    #[must_use]
    pub fn issued(&self, now: Timestamp) -> Upload {
        Upload {
            state: UploadState::Waiting,
            generation: Some(self.register.issued.next()),
            moved_at: as_stored(now),
            ..self.held.clone()
        }
    }
}

impl Store {
    /// Begins to confirm a file, if it may be.
    ///
    /// [`StoreError::Moved`] when somebody else is at it, or was and may have died.
    pub async fn confirming(
        &self,
        scope: &TenantScope,
        id: &UploadId,
        now: Timestamp,
    ) -> Result<Confirming, StoreError> {
        let Some(held) = self.upload(scope, id).await? else {
            return Ok(Confirming::Decided(Confirmation::Unknown));
        };
        if held.state != UploadState::Held {
            return Ok(Confirming::Decided(Confirmation::of(held)));
        }
        let register = self.register(scope).await?;
        if register.is_newer_than(held.as_of, held.dropped_at) {
            return Ok(Confirming::Decided(Confirmation::Stale));
        }
        let lease = lease(now);
        let update = "SET confirming_until = :until";
        let until = (":until", time(lease.until()));
        self.change_held(scope, id, update, FREE, vec![until, (":now", time(now))])
            .await?;
        Ok(Confirming::Possible(Box::new(Release {
            held,
            register,
            lease,
        })))
    }

    /// After a release that failed: what was sent for it comes to nothing from now on, and the file is this worker's
    /// anew. `None` if it is not held under that lease any more.
    pub async fn keep_held(
        &self,
        scope: &TenantScope,
        release: Release,
        now: Timestamp,
    ) -> Result<Option<Release>, StoreError> {
        // Its end is another in any case.
        let before = release.lease.until() - CONFIRMS + SignedDuration::from_millis(1);
        let lease = lease(now.max(before));
        let update = "SET confirming_until = :until";
        let values = vec![
            (":until", time(lease.until())),
            (":mine", time(release.lease.until())),
        ];
        let id = release.held.id;
        match self.change_held(scope, &id, update, MINE, values).await {
            Ok(()) => Ok(Some(Release { lease, ..release })),
            Err(StoreError::Moved) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives a file that was not released back, with nothing on its way.
    pub async fn end_confirming(
        &self,
        scope: &TenantScope,
        release: &Release,
    ) -> Result<(), StoreError> {
        let mine = vec![(":mine", time(release.lease.until()))];
        let update = "REMOVE confirming_until";
        self.change_held(scope, &release.held.id, update, MINE, mine)
            .await
    }

    async fn change_held(
        &self,
        scope: &TenantScope,
        id: &UploadId,
        update: &str,
        condition: &str,
        mut values: Vec<(&'static str, AttributeValue)>,
    ) -> Result<(), StoreError> {
        values.push((":held", s("held")));
        let change = Change {
            pk: keys::upload(scope, id),
            sk: UPLOAD,
            update,
            condition: Some(condition),
            names: STATE,
            values,
        };
        self.change(scope, change).await
    }

    /// Releases a held file: it is issued the next generation. Repeating it changes nothing.
    ///
    /// [`StoreError::Moved`] when another file was accepted meanwhile, or the lease ended, and this one is held still.
    pub async fn release_held(
        &self,
        scope: &TenantScope,
        release: &Release,
        now: Timestamp,
    ) -> Result<Confirmation, StoreError> {
        let id = &release.held.id;
        let (register, held) = (&release.register, &release.held);
        let lifted = if held.held_for.protections {
            0
        } else {
            register.lifted + held.protections_lifted.unwrap_or_default()
        };
        let (generation, current) = register::issue(scope, register, held, lifted);
        let file = Change {
            pk: keys::upload(scope, id),
            sk: UPLOAD,
            update: "SET #state = :waiting, generation = :g, moved_at = :now",
            condition: Some(MINE),
            names: STATE,
            values: vec![
                (":waiting", s("waiting")),
                (":held", s("held")),
                (":mine", time(release.lease.until())),
                (":g", n(generation.get())),
                (":now", time(now)),
            ],
        };
        let waiting = self.waiting_in(scope, generation, id)?;
        let writes = vec![self.update_in(current)?, self.update_in(file)?, waiting];
        // Somebody else was first, or this very call, whose answer was lost.
        match self.transact_in_turn(scope, writes, id).await {
            Ok(()) | Err(StoreError::Moved) => {}
            Err(error) => return Err(error),
        }
        let upload = self.upload(scope, id).await?;
        let upload = upload.ok_or(StoreError::Damaged { what: "upload" })?;
        if upload.state == UploadState::Held {
            return Err(StoreError::Moved);
        }
        Ok(Confirmation::of(upload))
    }

    /// Discards a held file. Repeating it changes nothing.
    ///
    /// [`StoreError::Moved`] while somebody confirms it.
    pub async fn discard_held(
        &self,
        scope: &TenantScope,
        id: &UploadId,
        now: Timestamp,
    ) -> Result<Discarding, StoreError> {
        let Some(held) = self.upload(scope, id).await? else {
            return Ok(Discarding::Unknown);
        };
        match held.state {
            UploadState::Held => {}
            UploadState::Discarded => return Ok(Discarding::Discarded(Box::new(held))),
            other => return Ok(Discarding::NotHeld(other)),
        }
        let update = "SET #state = :discarded, moved_at = :now, rows_refused = rows_checked";
        let values = vec![(":discarded", s("discarded")), (":now", time(now))];
        let discarded = self.change_held(scope, id, update, FREE, values);
        // Somebody else was first, or this very call, whose answer was lost.
        match discarded.await {
            Ok(()) | Err(StoreError::Moved) => {}
            Err(error) => return Err(error),
        }
        let upload = self.upload(scope, id).await?;
        let upload = upload.ok_or(StoreError::Damaged { what: "upload" })?;
        Ok(match upload.state {
            UploadState::Discarded => Discarding::Discarded(Box::new(upload)),
            UploadState::Held => return Err(StoreError::Moved),
            other => Discarding::NotHeld(other),
        })
    }
}

fn lease(now: Timestamp) -> Lease {
    Lease::new(now, now + CONFIRMS)
}
