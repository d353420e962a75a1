//! Moving a tenant's loads on: start the next waiting one, hand out its chunks, and put it in
//! force when all of them are loaded. Every step looks at the records first, so any message, first
//! or repeated, may set it off.

use chunks::Unfinished;
use domain::{TenantScope, UploadId, UploadState};
use jiff::{SignedDuration, Timestamp};
use queues::LoadMessage;
use receipts::Receipt;
use store::{ChunkState, StoreError, Upload};

use crate::{LoadChunk, LoadError};

/// A merge takes some seconds. One that is cut off by the end of its invocation is done anew only when the message
/// comes back by itself, after many minutes.
const LATE: SignedDuration = SignedDuration::from_secs(60);

impl LoadChunk {
    /// Takes the tenant's loads as far as they can go without loading a chunk. The first merge is done whatever time
    /// is left: whoever calls has just begun, or has asked [`Self::is_late`]. [`Unfinished::OutOfTime`] when it is
    /// too late for another.
    ///
    /// Sends messages for every chunk that is not loaded; one that is under way already finds the
    /// lease taken and is sent again for nothing.
    pub(crate) async fn advance(
        &self,
        scope: &TenantScope,
        deadline: Timestamp,
    ) -> Result<(), LoadError> {
        let mut merged = false;
        loop {
            let register = self.store.register(scope).await?;
            let Some((generation, id)) = register.loading else {
                let next = register.generation().next();
                let Some(id) = self.store.waiting(scope, next).await? else {
                    // Between the two reads another worker may have started what waited. If it
                    // dies now, this message may be the last that can take the load up.
                    if self.store.register(scope).await? == register {
                        return Ok(());
                    }
                    continue;
                };
                match self
                    .store
                    .start_load(scope, next, &id, self.clock.now())
                    .await
                {
                    Ok(()) => tracing::info!(upload = %id, generation = %next, "load started"),
                    Err(StoreError::Moved) => {}
                    Err(error) => return Err(error.into()),
                }
                continue;
            };
            let upload = self.upload(scope, &id).await?;
            if upload.chunks_done < upload.chunks {
                return self.hand_out(scope, &upload).await;
            }
            if upload.generation != Some(generation) {
                return Err(StoreError::Damaged {
                    what: "generation of the loading upload",
                }
                .into());
            }
            if merged && self.is_late(deadline) {
                return Err(Unfinished::OutOfTime.into());
            }
            self.put_in_force(scope, &register, &upload).await?;
            merged = true;
        }
    }

    /// After a chunk: when it was the last one, puts the file in force and starts the next.
    ///
    /// Whoever ends here has seen the final receipt written and load-doses told: the message that led here may be in
    /// two hands, and the other worker may have died between the switch and these.
    pub(crate) async fn settle(
        &self,
        scope: &TenantScope,
        id: &UploadId,
        deadline: Timestamp,
    ) -> Result<(), LoadError> {
        let upload = self.upload(scope, id).await?;
        if upload.state == UploadState::Loading && upload.chunks_done < upload.chunks {
            return Ok(());
        }
        self.advance(scope, deadline).await?;
        let upload = self.upload(scope, id).await?;
        if upload.state == UploadState::InForce {
            Receipt::write(&self.drop, scope, &upload).await?;
            self.tell_doses(scope).await?;
        }
        Ok(())
    }

    /// Whether so little is left of the invocation that a merge had better be another's.
    pub(crate) fn is_late(&self, deadline: Timestamp) -> bool {
        deadline.duration_since(self.clock.now()) < LATE
    }

    /// Whether a merge is what comes next for the upload.
    pub(crate) async fn is_all_loaded(
        &self,
        scope: &TenantScope,
        id: &UploadId,
    ) -> Result<bool, LoadError> {
        let upload = self.upload(scope, id).await?;
        Ok(upload.state == UploadState::Loading && upload.chunks_done == upload.chunks)
    }

    async fn upload(&self, scope: &TenantScope, id: &UploadId) -> Result<Upload, LoadError> {
        let upload = self.store.upload(scope, id).await?;
        Ok(upload.ok_or(StoreError::Damaged {
            what: "upload of a load",
        })?)
    }

    async fn hand_out(&self, scope: &TenantScope, upload: &Upload) -> Result<(), LoadError> {
        let id = &upload.id;
        let states = self.store.chunk_states(scope, id).await?;
        // They are kept longer than any load takes. Without one of them, this one would wait for ever and say nothing.
        if states.len() < upload.chunks as usize {
            return Err(StoreError::Damaged {
                what: "chunks of a load",
            }
            .into());
        }
        let messages: Vec<_> = states
            .into_iter()
            .filter(|(_, state)| matches!(state, ChunkState::Todo { .. }))
            .map(|(chunk, _)| LoadMessage::Chunk {
                tenant: scope.code(),
                upload: *id,
                chunk,
            })
            .collect();
        tracing::info!(upload = %id, chunks = messages.len(), "chunks handed out");
        Ok(self.loads.send(&messages).await?)
    }
}
