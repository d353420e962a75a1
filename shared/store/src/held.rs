//! Files that wait for a person: confirmed or discarded, once.

use domain::{TenantScope, UploadId, UploadState};
use jiff::Timestamp;

use crate::{
    Store, StoreError, Upload,
    item::{n, s, time},
    keys, register,
    transaction::Change,
    upload::{STATE, UPLOAD},
};

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

impl Store {
    /// Confirms a held file: it is issued the next generation. Repeating it changes nothing.
    pub async fn release_held(
        &self,
        scope: &TenantScope,
        id: &UploadId,
        now: Timestamp,
    ) -> Result<Confirmation, StoreError> {
        let Some(held) = self.upload(scope, id).await? else {
            return Ok(Confirmation::Unknown);
        };
        match held.state {
            UploadState::Held => {}
            UploadState::Waiting | UploadState::Loading | UploadState::InForce => {
                return Ok(Confirmation::Issued(Box::new(held)));
            }
            other => return Ok(Confirmation::NotHeld(other)),
        }
        let register = self.register(scope).await?;
        if register.is_newer_than(held.as_of, held.dropped_at) {
            return Ok(Confirmation::Stale);
        }
        let (generation, current) = register::issue(scope, &register, &held);
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
        self.transact(
            scope,
            vec![self.update_in(current)?, self.update_in(file)?, waiting],
        )
        .await?;
        let issued = self.upload(scope, id).await?;
        issued
            .map(Box::new)
            .map(Confirmation::Issued)
            .ok_or(StoreError::Damaged { what: "upload" })
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
