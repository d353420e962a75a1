//! Places a dropped object: which municipality's it is, of which kind, which upload, and whether it was
//! seen before. Whoever may decide it has it checked and concluded.

use domain::{
    FileKind, Lease, TenantCode, TenantScope, UploadId, as_of_date, japan_date, without_my_numbers,
};
use jiff::Timestamp;
use layouts::{FileProblem, ProblemCode};
use objects::{
    InboxKey, NotInInbox, Objects, ObjectsError, PinnedObject, key_of_event, upload_of_event,
};
use reread::DroppedFile;
use store::{Acceptance, CheckClaim, Conclusion, TenantState, Upload};

use crate::{ReceiveError, ReceiveUpload, event::Dropped};

/// Where a file was dropped.
struct Place {
    tenant: TenantCode,
    kind: FileKind,
    /// Not encoded; My Numbers in it are masked.
    key: String,
    /// Why it is refused unread, if it is.
    wrong: Option<ProblemCode>,
}

impl Place {
    /// Where it is refused unread.
    fn wrong(tenant: TenantCode, kind: FileKind, key: String, code: ProblemCode) -> Self {
        Self {
            tenant,
            kind,
            key,
            wrong: Some(code),
        }
    }

    fn of(key: &InboxKey) -> Self {
        Self {
            tenant: key.tenant(),
            kind: key.kind(),
            key: key.key(),
            wrong: None,
        }
    }
}

/// A file under check, with the right to decide it.
pub(crate) struct ClaimedUpload<'a> {
    pub(crate) scope: &'a TenantScope,
    pub(crate) tenant: &'a TenantState,
    pub(crate) upload: Upload,
    pub(crate) lease: Lease,
    pub(crate) object: PinnedObject,
    /// Bytes of the object; `None` if it is gone.
    pub(crate) size: Option<u64>,
}

impl ClaimedUpload<'_> {
    /// The pinned version, to be read again.
    pub(crate) fn file<'b>(&'b self, drop: &'b Objects) -> DroppedFile<'b> {
        DroppedFile {
            drop,
            scope: self.scope,
            object: &self.object,
        }
    }
}

impl ReceiveUpload {
    pub(crate) async fn receive(
        &self,
        dropped: &Dropped,
        deadline: Timestamp,
    ) -> Result<(), ReceiveError> {
        let id = upload_of_event(&dropped.bucket, &dropped.key, &dropped.version);
        let object_key = key_of_event(&dropped.key);
        // Receipts and lists show it.
        let key = without_my_numbers(&object_key).into_owned();
        let place = match InboxKey::from_event(&dropped.key) {
            Ok(key) => Place::of(&key),
            Err(NotInInbox::Folder) => return Ok(()),
            Err(NotInInbox::UnknownTenant | NotInInbox::Elsewhere | NotInInbox::Unreadable) => {
                return self.unplaced(id, ProblemCode::UnknownTenant).await;
            }
            Err(NotInInbox::UnknownKind(tenant)) => {
                let problem = ProblemCode::UnknownKind;
                return self.of_no_kind(tenant, id, problem, key, dropped.at).await;
            }
            Err(NotInInbox::MyNumber(tenant, None)) => {
                let problem = ProblemCode::NameHasMyNumber;
                return self.of_no_kind(tenant, id, problem, key, dropped.at).await;
            }
            Err(NotInInbox::TooDeep(tenant, kind) | NotInInbox::NotCsv(tenant, kind)) => {
                Place::wrong(tenant, kind, key, ProblemCode::UnknownKind)
            }
            Err(NotInInbox::MyNumber(tenant, Some(kind))) => {
                Place::wrong(tenant, kind, key, ProblemCode::NameHasMyNumber)
            }
        };
        let scope = TenantScope::from_inbox_folder(place.tenant);
        let Some(tenant) = self.store.tenant(&scope).await? else {
            return self.unplaced(id, ProblemCode::UnknownTenant).await;
        };
        let now = self.clock.now();
        let lease = Lease::new(now, deadline);
        let claim = claim(id, &place, dropped, &tenant);
        match self
            .store
            .claim_check(&scope, &claim, now, lease.until())
            .await?
        {
            Acceptance::Busy(_) => Err(ReceiveError::Busy),
            Acceptance::Decided(upload) => {
                self.tell_loader(&scope, id, upload.kind, upload.state)
                    .await
            }
            Acceptance::Mine(upload) => {
                let object = PinnedObject::noted(&scope, &object_key, &dropped.version)?;
                let mut claimed = ClaimedUpload {
                    scope: &scope,
                    tenant: &tenant,
                    upload: *upload,
                    lease,
                    object,
                    size: None,
                };
                self.look_at(&mut claimed).await?;
                let state = match place.wrong.map(FileProblem::new) {
                    None => self.check_and_decide(&mut claimed).await?,
                    Some(problem) => {
                        self.refuse(&mut claimed, &problem, Conclusion::default())
                            .await?
                    }
                };
                tracing::info!(upload = %id, state = state.as_str(), "file decided");
                self.tell_loader(&scope, id, place.kind, state).await
            }
        }
    }

    /// What the object says without being read: how large it is, and who was let drop it.
    async fn look_at(&self, claimed: &mut ClaimedUpload<'_>) -> Result<(), ReceiveError> {
        match self.drop.head(claimed.scope, &claimed.object).await {
            Ok(head) => {
                let mark = head.mark.as_deref();
                let by = mark.and_then(|mark| claimed.tenant.dropped_by(&claimed.upload.key, mark));
                claimed.upload.dropped_by = by;
                claimed.size = Some(head.size);
                Ok(())
            }
            Err(ObjectsError::Gone) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn claim(id: UploadId, place: &Place, dropped: &Dropped, tenant: &TenantState) -> CheckClaim {
    let name = place.key.rsplit('/').next().unwrap_or_default();
    CheckClaim {
        id,
        kind: place.kind,
        key: place.key.clone(),
        version: dropped.version.clone(),
        name: name.to_owned(),
        dropped_at: dropped.at,
        size: dropped.size,
        as_of: as_of_date(name),
        // Whenever it is checked, once more or for the first time, it is judged as on the day it was dropped.
        checked_on: japan_date(dropped.at),
        settings_revision: tenant.settings.revision,
        columns: tenant.settings.columns_of(place.kind).clone(),
    }
}
