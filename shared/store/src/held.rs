//! Files that wait for a person: confirmed or discarded, once.

use domain::{TenantScope, UploadId, UploadState};
use jiff::Timestamp;

use crate::{
    Register, Store, StoreError, Upload,
    item::{as_stored, n, s, time},
    keys, register,
    transaction::Change,
    upload::{STATE, UPLOAD},
};

/// What a confirmation comes to, before anything is written.
#[derive(Debug)]
pub enum Confirming {
    /// The file is held, and no newer one was accepted: [`Store::release_held`] confirms it.
    Possible(Box<Release>),
    /// There is nothing to write.
    Decided(Confirmation),
}

/// A held file, and the register behind which it is issued its generation.
#[derive(Debug)]
pub struct Release {
    held: Upload,
    register: Register,
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
    /// Of a file that is not held, by where it stands.
    fn of(upload: Upload) -> Self {
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
    /// Looks whether a file may be confirmed; writes nothing.
    pub async fn confirming(
        &self,
        scope: &TenantScope,
        id: &UploadId,
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
        Ok(Confirming::Possible(Box::new(Release { held, register })))
    }

    /// Confirms a held file: it is issued the next generation. Repeating it changes nothing.
    ///
    /// [`StoreError::Moved`] when another file was accepted meanwhile, and this one is held still.
    pub async fn release_held(
        &self,
        scope: &TenantScope,
        release: &Release,
        now: Timestamp,
    ) -> Result<Confirmation, StoreError> {
        let id = &release.held.id;
        let (generation, current) = register::issue(scope, &release.register, &release.held);
        let file = Change {
            pk: keys::upload(scope, id),
            sk: UPLOAD,
            update: "SET #state = :waiting, generation = :g, moved_at = :now",
            condition: "#state = :held",
            names: STATE,
            values: vec![
                (":waiting", s("waiting")),
                (":held", s("held")),
                (":g", n(generation.get())),
                (":now", time(now)),
            ],
        };
        let waiting = self.waiting_in(scope, generation, id)?;
        let writes = vec![self.update_in(current)?, self.update_in(file)?, waiting];
        // Somebody else was first, or this very call, whose answer was lost.
        match self.transact(scope, writes).await {
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
        let discarded = self.change(
            scope,
            Change {
                pk: keys::upload(scope, id),
                sk: UPLOAD,
                update: "SET #state = :discarded, moved_at = :now, rows_refused = rows_checked",
                condition: "#state = :held",
                names: STATE,
                values: vec![
                    (":discarded", s("discarded")),
                    (":held", s("held")),
                    (":now", time(now)),
                ],
            },
        );
        // Somebody else was first, or this very call, whose answer was lost.
        match discarded.await {
            Ok(()) | Err(StoreError::Moved) => {}
            Err(error) => return Err(error),
        }
        let upload = self.upload(scope, id).await?;
        let upload = upload.ok_or(StoreError::Damaged { what: "upload" })?;
        Ok(match upload.state {
            UploadState::Discarded => Discarding::Discarded(Box::new(upload)),
            other => Discarding::NotHeld(other),
        })
    }
}
