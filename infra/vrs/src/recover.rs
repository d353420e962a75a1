//! After the table went back in time: every file that was dropped since is taken in again, in its order.
//!
//! The drop bucket keeps each version of a file for as long as the table can go back, also when another took its name. The id of an upload
//! follows from bucket, key and version, so the event that S3 sent then is simply sent again: what the table
//! still knows stays as it is, what was under way goes on, and what it has forgotten is checked and loaded
//! under the number it had. One file of a municipality after the other; municipalities side by side.
//!
//! A file that is held again, because it removes many or lifts many protections, was confirmed or discarded by somebody before: the
//! earlier receipts of the upload say which, and it is done again. Without such a receipt it stays held. What was
//! discarded, and the table knows nothing of, is left so: checked once more it need not be held, for settings, or
//! what is in force, are not what they were.
//!
//! When a file was dropped, the table says, or else its first receipt. S3 only tells when an upload in parts
//! was begun, and in whole seconds.
//!
//! A file of which nothing comes, or which is refused and was not before, is named at the end; the others do not
//! wait for somebody to look at it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use aws_config::SdkConfig;
use domain::{TenantCode, TenantScope, UploadId, UploadState, without_my_numbers};
use futures::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use local::s3::ObjectCreated;
use objects::{InboxKey, NotInInbox, ObjectName, Objects, upload_of};
use queues::{LoadMessage, LoadQueue};
use receipts::Receipt;
use serde_json::Value;
use store::{Confirmation, Confirming, Discarding, Store, Upload};

use crate::patience::PATIENCE;

/// Files of this long before the point in time are looked at as well: some were under way for a day, and S3
/// dates by its beginning what came in parts, for which there are two days.
const BEFORE: SignedDuration = SignedDuration::from_hours(24 + 48);
/// Municipalities at once.
const AT_ONCE: usize = 16;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Where the stack's things are.
#[derive(Debug, Clone)]
pub struct Places {
    /// The table `records`.
    pub table: String,
    /// The drop bucket.
    pub bucket: String,
    /// URL of the queue that feeds receive-upload.
    pub uploads: String,
    /// URL of the queue that feeds load-chunk.
    pub loads: String,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// The municipality whose file it is.
    pub tenant: TenantCode,
    /// Its upload.
    pub upload: UploadId,
    /// Where it came to.
    pub state: UploadState,
    /// It was not taken in: its receipt says that it is discarded, and stays; the list of files lacks it.
    pub is_left: bool,
}

/// A file that could not be taken in again, or is refused now and was not before.
#[derive(Debug)]
pub struct Failed {
    /// The municipality whose file it is.
    pub tenant: TenantCode,
    /// Key and version of the object.
    pub file: String,
    /// Why.
    pub error: anyhow::Error,
}

/// What a recovery did.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Files in the order in which each municipality had dropped them.
    pub files: Vec<Replayed>,
    /// Files that are to be looked at. A repeat takes in those of which nothing came.
    pub failed: Vec<Failed>,
    /// Municipalities with files that the table knows nothing of: entered after the point in time. They
    /// are entered again (`vrs tenant add`), and the recovery is run again.
    pub unknown: Vec<TenantCode>,
}

/// Takes files in again.
pub struct Recovery {
    places: Places,
    region: String,
    store: Store,
    s3: aws_sdk_s3::Client,
    drop: Objects,
    sqs: aws_sdk_sqs::Client,
    loads: LoadQueue,
}

/// A version of a dropped file.
struct File {
    tenant: TenantCode,
    key: String,
    version: String,
    size: u64,
    /// When it was written last, by S3.
    modified: Timestamp,
}

/// What is known of a file from before.
struct Earlier {
    dropped_at: Timestamp,
    /// What its receipts tell, the newest first.
    told: Vec<UploadState>,
    /// Whether the table knows of it.
    is_known: bool,
}

/// What was decided of a file that was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Confirmed,
    Discarded,
}

/// A page of a list of versions begins after this key and version.
type Marker = (Option<String>, Option<String>);

impl Recovery {
    /// With an operator's own rights, which `config` brings.
    #[must_use]
    pub fn new(config: &SdkConfig, s3: aws_sdk_s3::Client, places: Places) -> Self {
        let sqs = aws_sdk_sqs::Client::new(config);
        Self {
            region: config.region().map(ToString::to_string).unwrap_or_default(),
            store: Store::new(aws_sdk_dynamodb::Client::new(config), places.table.clone()),
            drop: Objects::new(s3.clone(), places.bucket.clone()),
            loads: LoadQueue::new(sqs.clone(), places.loads.clone()),
            sqs,
            s3,
            places,
        }
    }

    /// Takes in again what was dropped since the point in time to which the table went back. Safe to
    /// repeat, and to run after it broke off. Fails if what was dropped cannot be listed.
    pub async fn since(&self, point: Timestamp) -> Result<Recovered> {
        let mut by_tenant: BTreeMap<TenantCode, Vec<File>> = BTreeMap::new();
        for version in self.dropped_since(point.saturating_sub(BEFORE)?).await? {
            by_tenant.entry(version.tenant).or_default().push(version);
        }
        let mut recovered = Recovered::default();
        let mut towns = stream::iter(by_tenant)
            .map(|(tenant, files)| self.take_in_all(tenant, files))
            .buffered(AT_ONCE);
        while let Some(town) = towns.next().await {
            recovered.files.extend(town.files);
            recovered.failed.extend(town.failed);
            recovered.unknown.extend(town.unknown);
        }
        Ok(recovered)
    }

    async fn take_in_all(&self, tenant: TenantCode, files: Vec<File>) -> Recovered {
        let scope = TenantScope::for_operator(tenant);
        let mut town = Recovered::default();
        // What was decided then has to be read before receive-upload writes a new receipt.
        let mut known = Vec::new();
        for file in files {
            match self.earlier(&scope, &file).await {
                Ok(Some(earlier)) => known.push((file, earlier)),
                Ok(None) => {
                    town.unknown.push(tenant);
                    return town;
                }
                Err(error) => town.failed.push(file.failed(error)),
            }
        }
        known.sort_by_key(|(_, earlier)| earlier.dropped_at);
        for (file, earlier) in known {
            match self.take_in(&scope, &file, &earlier).await {
                Ok(replayed) => town.files.push(replayed),
                Err(error) => town.failed.push(file.failed(error)),
            }
        }
        town
    }

    async fn take_in(
        &self,
        scope: &TenantScope,
        file: &File,
        earlier: &Earlier,
    ) -> Result<Replayed> {
        let id = self.upload_of(file);
        if !earlier.is_known && decision(&earlier.told) == Some(Decision::Discarded) {
            return Ok(Replayed {
                tenant: file.tenant,
                upload: id,
                state: UploadState::Discarded,
                is_left: true,
            });
        }
        let event = ObjectCreated {
            bucket: self.places.bucket.clone(),
            key: file.key.clone(),
            version: Some(file.version.clone()),
            size: file.size,
            etag: String::new(),
            sequencer: String::new(),
            event_time: earlier.dropped_at,
            event_name: "ObjectCreated:Put",
        };
        let send = self.sqs.send_message().queue_url(&self.places.uploads);
        let body = event.to_notification(&self.region);
        send.message_body(body).send().await?;
        let mut state = self.settled(scope, id).await?;
        if state == UploadState::Held && self.decide_again(scope, id, &earlier.told).await? {
            state = self.settled(scope, id).await?;
        }
        if let (UploadState::Refused, Some(before)) = (state, earlier.told.first())
            && *before != UploadState::Refused
        {
            bail!(
                "its receipt said {before} before, and it is refused now: its new receipt says why"
            );
        }
        Ok(Replayed {
            tenant: file.tenant,
            upload: id,
            state,
            is_left: false,
        })
    }

    fn upload_of(&self, file: &File) -> UploadId {
        upload_of(&self.places.bucket, &file.key, &file.version)
    }

    /// Does to a held file what was done to it before; `false` if nothing was.
    async fn decide_again(
        &self,
        scope: &TenantScope,
        id: UploadId,
        before: &[UploadState],
    ) -> Result<bool> {
        let now = runtime::system_clock();
        match decision(before) {
            None => Ok(false),
            Some(Decision::Confirmed) => {
                let confirmation = match self.store.confirming(scope, &id, now).await? {
                    Confirming::Possible(release) => {
                        Receipt::write(&self.drop, scope, &release.issued(now)).await?;
                        self.store.release_held(scope, &release, now).await?
                    }
                    Confirming::Decided(confirmation) => confirmation,
                };
                let Confirmation::Issued(_) = confirmation else {
                    bail!("the file was confirmed before and cannot be now");
                };
                let tenant = scope.code();
                self.loads.send(&[LoadMessage::Advance { tenant }]).await?;
                Ok(true)
            }
            Some(Decision::Discarded) => {
                let done = self.store.discard_held(scope, &id, now).await?;
                let Discarding::Discarded(upload) = done else {
                    bail!("the file was discarded before and cannot be now");
                };
                Receipt::write(&self.drop, scope, &upload).await?;
                Ok(true)
            }
        }
    }

    /// None if the municipality does not take part.
    async fn earlier(&self, scope: &TenantScope, file: &File) -> Result<Option<Earlier>> {
        if self.store.tenant(scope).await?.is_none() {
            return Ok(None);
        }
        let id = self.upload_of(file);
        let key = ObjectName::Receipt(id).key(scope);
        let mut told = Vec::new();
        let mut dropped_at = None;
        // The newest first.
        for receipt in self.versions(&key, &mut (None, None)).await? {
            let version = receipt.version_id().unwrap_or_default();
            let get = self.s3.get_object().bucket(&self.places.bucket).key(&key);
            let answer = get.version_id(version).send().await?;
            let body = answer.body.collect().await?.into_bytes();
            let receipt: Value = serde_json::from_slice(&body)?;
            let state = receipt["state"].as_str();
            told.extend(state.and_then(|state| state.parse::<UploadState>().ok()));
            let dropped = receipt["dropped_at"].as_str();
            dropped_at = dropped.and_then(|at| at.parse().ok()).or(dropped_at);
        }
        let upload = self.store.upload(scope, &id).await?;
        let is_known = upload.is_some();
        let dropped_at = upload.map(|upload| upload.dropped_at).or(dropped_at);
        Ok(Some(Earlier {
            dropped_at: dropped_at.unwrap_or(file.modified),
            told,
            is_known,
        }))
    }

    /// Waits until nothing happens to an upload any more, or a person has to decide.
    async fn settled(&self, scope: &TenantScope, id: UploadId) -> Result<UploadState> {
        let mut last: Option<Upload> = None;
        let mut since = tokio::time::Instant::now();
        loop {
            let upload = self.store.upload(scope, &id).await?;
            if let Some(upload) = &upload
                && (upload.state.is_final() || upload.state == UploadState::Held)
            {
                return Ok(upload.state);
            }
            if upload != last {
                (last, since) = (upload, tokio::time::Instant::now());
            }
            ensure!(
                since.elapsed() < PATIENCE,
                "nothing has happened to it for {} minutes; the functions' log says why",
                PATIENCE.as_secs() / 60
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Every version in the inboxes that is not older, of a key the oldest first.
    async fn dropped_since(&self, point: Timestamp) -> Result<Vec<File>> {
        let mut found = Vec::new();
        let mut marker: Marker = (None, None);
        loop {
            for listed in self.versions("inbox/", &mut marker).await? {
                let (Some(key), Some(version), Some(modified)) =
                    (listed.key(), listed.version_id(), listed.last_modified())
                else {
                    bail!("the list of versions is not whole");
                };
                let modified =
                    Timestamp::new(modified.secs(), modified.subsec_nanos().try_into()?)?;
                if modified < point {
                    continue;
                }
                let tenant = match InboxKey::parse(key) {
                    Ok(place) => place.tenant(),
                    Err(
                        NotInInbox::TooDeep(tenant, _)
                        | NotInInbox::NotCsv(tenant, _)
                        | NotInInbox::MyNumber(tenant, Some(_)),
                    ) => tenant,
                    // What lies elsewhere is in no list.
                    Err(_) => continue,
                };
                found.push(File {
                    tenant,
                    key: key.to_owned(),
                    version: version.to_owned(),
                    size: listed.size().unwrap_or_default().try_into()?,
                    modified,
                });
            }
            if marker.0.is_none() {
                break;
            }
        }
        // S3 lists the newest version of a key first.
        found.reverse();
        Ok(found)
    }

    /// One page of versions whose keys begin so; moves the marker on, to nothing after the last.
    async fn versions(
        &self,
        prefix: &str,
        marker: &mut Marker,
    ) -> Result<Vec<aws_sdk_s3::types::ObjectVersion>> {
        let list = self.s3.list_object_versions().bucket(&self.places.bucket);
        let (key, version) = std::mem::take(marker);
        let list = list.prefix(prefix).set_key_marker(key);
        let page = list.set_version_id_marker(version).send().await?;
        *marker = (page.next_key_marker, page.next_version_id_marker);
        Ok(page.versions.unwrap_or_default())
    }
}

/// What was decided of a file, by its receipts, the newest first. That a file waits is written before it does: it
/// counts if nothing came behind it. Whoever confirmed a file that was held again since, by a recovery that broke off
/// or because the confirmation came to nothing, is asked once more.
fn decision(told: &[UploadState]) -> Option<Decision> {
    let ever = |state| told.contains(&state);
    if ever(UploadState::Discarded) {
        return Some(Decision::Discarded);
    }
    let waits = told.first() == Some(&UploadState::Waiting);
    let is_confirmed = waits || ever(UploadState::InForce) || ever(UploadState::Loading);
    is_confirmed.then_some(Decision::Confirmed)
}

impl File {
    fn failed(&self, error: anyhow::Error) -> Failed {
        Failed {
            tenant: self.tenant,
            file: format!("{} version {}", without_my_numbers(&self.key), self.version),
            error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_decided_of_a_file_is_told_by_its_receipts() {
        use UploadState::{Discarded, Held, InForce, Waiting};
        let confirmed = Some(Decision::Confirmed);
        for (receipts, expected) in [
            (&[][..], None),
            (&[Held], None),
            (&[Waiting], confirmed),
            (&[Waiting, Held], confirmed),
            (&[InForce, Waiting, Held], confirmed),
            // From before a receipt was written for it.
            (&[InForce, Held], confirmed),
            (&[Discarded, Held], Some(Decision::Discarded)),
            // It came to nothing, and was discarded, or confirmed, later.
            (&[Held, Waiting, Held], None),
            (&[Discarded, Held, Waiting, Held], Some(Decision::Discarded)),
            (&[Waiting, Held, Waiting, Held], confirmed),
            // A recovery broke off that had held it again.
            (&[Held, InForce, Waiting, Held], confirmed),
            (&[Held, Held], None),
            // Another file was accepted while it was decided.
            (&[Held, Waiting], None),
        ] {
            assert_eq!(decision(receipts), expected, "{receipts:?}");
        }
    }
}
