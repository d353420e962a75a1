//! What becomes of a file that is held: confirmed it is released, discarded it ends.

use api::{Code, Problem, Request, Response, Role, enrolled};
use domain::{TenantScope, UploadState};
use objects::is_in_sight;
use queues::LoadMessage;
use receipts::Receipt;
use store::{Confirmation, Confirming, Discarding, Release, StoreError, Upload};

use crate::{Uploads, id};

impl Uploads {
    pub(crate) async fn confirm(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Register)?;
        request.nothing_more()?;
        let scope = request.caller().scope();
        enrolled(self.store.tenant(scope).await)?;
        let (id, now) = (id(request)?, self.clock.now());
        let upload = self.store.upload(scope, &id).await?;
        // What the load needs ends soon behind what people fetch.
        if upload.is_some_and(|it| it.state == UploadState::Held && !is_in_sight(it.moved_at, now))
        {
            return Err(Problem::new(Code::UploadGone));
        }
        let confirmation = match self.store.confirming(scope, &id, now).await? {
            Confirming::Possible(release) => self.release(scope, *release).await?,
            Confirming::Decided(confirmation) => confirmation,
        };
        match confirmation {
            Confirmation::Issued(upload) => {
                let advance = LoadMessage::Advance {
                    tenant: scope.code(),
                };
                let sent = self.loads.send(&[advance]).await;
                sent.map_err(|error| Problem::try_again(&error))?;
                self.shown(request, &upload).await
            }
            Confirmation::Stale => Err(Problem::new(Code::UploadStale)),
            Confirmation::NotHeld(_) => Err(Problem::new(Code::UploadNotHeld)),
            Confirmation::Unknown => Err(Problem::not_found()),
        }
    }

    /// Writes the receipt, then releases the file: written after that, it could replace the receipt of whoever loads.
    async fn release(
        &self,
        scope: &TenantScope,
        release: Release,
    ) -> Result<Confirmation, Problem> {
        let now = self.clock.now();
        if !release.covers_a_request(now) {
            return Err(StoreError::Moved.into());
        }
        Receipt::write(&self.drop, scope, &release.issued(now)).await?;
        let released = self.store.release_held(scope, &release, now).await;
        if matches!(&released, Ok(Confirmation::Issued(it)) if !it.state.is_final()) {
            return Ok(released?);
        }
        match self.tell_as_it_is(scope, release).await? {
            // The answer that said so was lost.
            Some(upload) if released.is_err() => Ok(Confirmation::of(upload)),
            _ => Ok(released?),
        }
    }

    /// Writes the receipt of a file that was not released, or is further by now; such a file comes back.
    async fn tell_as_it_is(
        &self,
        scope: &TenantScope,
        release: Release,
    ) -> Result<Option<Upload>, Problem> {
        let id = release.held().id;
        let kept = self.store.keep_held(scope, release, self.clock.now());
        if let Some(kept) = kept.await? {
            Receipt::write(&self.drop, scope, kept.held()).await?;
            self.store.end_confirming(scope, &kept).await?;
            return Ok(None);
        }
        // As long as it waits or is loaded, its receipt says so, and whoever loads writes the next one.
        let upload = self.store.upload(scope, &id).await?;
        if let Some(upload) = upload.as_ref().filter(|it| it.state.is_final()) {
            Receipt::write(&self.drop, scope, upload).await?;
        }
        // Under another lease it is held still.
        Ok(upload.filter(|it| it.state != UploadState::Held))
    }

    pub(crate) async fn discard(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Register)?;
        request.nothing_more()?;
        let scope = request.caller().scope();
        enrolled(self.store.tenant(scope).await)?;
        let id = id(request)?;
        let done = self.store.discard_held(scope, &id, self.clock.now());
        match done.await? {
            Discarding::Discarded(upload) => {
                Receipt::write(&self.drop, scope, &upload).await?;
                self.shown(request, &upload).await
            }
            Discarding::NotHeld(_) => Err(Problem::new(Code::UploadNotHeld)),
            Discarding::Unknown => Err(Problem::not_found()),
        }
    }
}
