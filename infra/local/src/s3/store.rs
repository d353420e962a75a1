//! The store: the index in memory, the bytes in memory or in a folder, and the order of writes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Clock;
use jiff::Timestamp;
use s3s::{S3Result, s3_error};

use super::checksum::Sum;
use super::conditions::WriteConditions;
use super::content::{Content, Staged, StagedBytes, internal};
use super::folder::Folder;
use super::index::{
    BucketIndex, Cause, Described, Entry, Object, Part, Upload, Version, id_of, whole_seconds,
};
use super::notification::ObjectCreated;
use super::{BucketSpec, OnCreated, Storage};

pub(super) struct Store {
    folder: Option<Folder>,
    clock: Arc<dyn Clock>,
    on_created: OnCreated,
    /// Held only to look and to change memory: never over the disk, never over an await.
    buckets: Mutex<BTreeMap<String, BucketIndex>>,
    /// One write at a time, from its conditions to its entry in the index.
    commits: Mutex<()>,
    last_sequence: Mutex<u64>,
    /// Versions found at the start whose announcement is owed.
    owed: Mutex<Vec<(String, Arc<Version>)>>,
}

/// An object about to exist.
pub(super) struct NewObject {
    pub(super) key: String,
    pub(super) staged: Staged,
    pub(super) etag: String,
    pub(super) sum: Option<Sum>,
    pub(super) described: Described,
    pub(super) cause: Cause,
    pub(super) conditions: WriteConditions,
    /// The upload that ends with this object. It must still be there.
    pub(super) upload: Option<u64>,
}

/// What a delete did.
pub(super) struct Deleted {
    /// The marker added or the version taken away, where the bucket has versions.
    pub(super) version: Option<String>,
    /// Whether that is, or was, a delete marker.
    pub(super) marker: bool,
}

impl Store {
    pub(super) fn open(
        storage: Storage,
        buckets: &[BucketSpec],
        on_created: OnCreated,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let folder = match storage {
            Storage::Memory => None,
            Storage::Folder(root) => Some(Folder::open(root)?),
        };
        let store = Self {
            folder,
            on_created,
            buckets: Mutex::default(),
            commits: Mutex::default(),
            last_sequence: Mutex::default(),
            owed: Mutex::default(),
            clock,
        };
        for bucket in buckets {
            store.open_bucket(bucket)?;
        }
        Ok(store)
    }

    fn open_bucket(&self, spec: &BucketSpec) -> anyhow::Result<()> {
        let mut index = BucketIndex::new(spec.versioned, self.clock.now());
        let found = match &self.folder {
            Some(folder) => folder.scan(&spec.name)?,
            None => super::folder::Found::default(),
        };
        let mut last = held(&self.last_sequence);
        for (version, owed) in found.versions {
            *last = version.sequence.max(*last);
            // A process may have ended between writing a version and removing the one before it.
            for displaced in index.insert(Arc::clone(&version)) {
                self.remove_from_disk(&spec.name, &displaced)?;
                held(&self.owed).retain(|(_, owed)| owed.sequence != displaced.sequence);
            }
            if owed {
                held(&self.owed).push((spec.name.clone(), version));
            }
        }
        for upload in found.uploads {
            *last = upload.sequence.max(*last);
            index.uploads.insert(upload.sequence, upload);
        }
        held(&self.buckets).insert(spec.name.clone(), index);
        Ok(())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Where a body may be staged; none in memory.
    pub(super) fn staging(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(Folder::staging)
    }

    /// Greater than all before it, in this process and those before.
    fn next_sequence(&self) -> u64 {
        let now = u64::try_from(self.clock.now().as_microsecond()).unwrap_or_default();
        let mut last = held(&self.last_sequence);
        *last = now.max(*last + 1);
        *last
    }

    /// Looks into all buckets.
    pub(super) fn look<R>(&self, read: impl FnOnce(&BTreeMap<String, BucketIndex>) -> R) -> R {
        read(&held(&self.buckets))
    }

    /// Looks into one bucket.
    pub(super) fn look_into<R>(
        &self,
        bucket: &str,
        read: impl FnOnce(&BucketIndex) -> S3Result<R>,
    ) -> S3Result<R> {
        read(
            held(&self.buckets)
                .get(bucket)
                .ok_or_else(|| s3_error!(NoSuchBucket))?,
        )
    }

    fn change<R>(&self, bucket: &str, change: impl FnOnce(&mut BucketIndex) -> R) -> S3Result<R> {
        let mut buckets = held(&self.buckets);
        Ok(change(
            buckets
                .get_mut(bucket)
                .ok_or_else(|| s3_error!(NoSuchBucket))?,
        ))
    }

    /// Does work that touches the disk away from the threads that drive requests. Once begun it
    /// is done, even if the request is given up. In memory it is done on the spot.
    pub(super) async fn do_on_disk<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> S3Result<R> + Send + 'static,
    ) -> S3Result<R> {
        if self.folder.is_none() {
            return work(self);
        }
        let store = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        done.unwrap_or_else(|_| Err(s3_error!(InternalError, "a write broke off")))
    }

    /// Makes an object exist, then announces it.
    pub(super) async fn create(
        self: &Arc<Self>,
        bucket: &str,
        new: NewObject,
    ) -> S3Result<Arc<Version>> {
        let bucket = bucket.to_owned();
        self.do_on_disk(move |store| {
            let (version, displaced) = store.commit(&bucket, new)?;
            store.announce(&bucket, &version);
            for displaced in displaced {
                if let Err(error) = store.remove_from_disk(&bucket, &displaced) {
                    // The new version stands; the next start removes the old one.
                    tracing::debug!(%error, "a displaced version was not removed");
                }
            }
            Ok(version)
        })
        .await
    }

    fn commit(
        &self,
        bucket: &str,
        mut new: NewObject,
    ) -> S3Result<(Arc<Version>, Vec<Arc<Version>>)> {
        let _one_at_a_time = held(&self.commits);
        let begun = self.look_into(bucket, |index| {
            new.conditions.check(index.in_force(&new.key))?;
            let upload = |sequence| index.upload(&new.key, &id_of(sequence));
            let upload = new.upload.map(upload).transpose()?;
            Ok(upload.map(|upload| upload.initiated))
        })?;
        let sequence = self.next_sequence();
        let content = match (&new.staged.bytes, &self.folder) {
            (StagedBytes::Memory(bytes), _) => Content::Memory(bytes.clone()),
            (StagedBytes::File(file), None) => Content::File(file.path().to_owned()),
            (StagedBytes::File(_), Some(folder)) => {
                Content::File(folder.bytes_path(bucket, sequence))
            }
        };
        let object = Object {
            size: new.staged.size,
            etag: new.etag,
            described: new.described,
            sum: new.sum,
            cause: new.cause,
            content,
        };
        let created = self.clock.now();
        let version = Version {
            key: new.key,
            sequence,
            created,
            modified: whole_seconds(begun.unwrap_or(created)),
            entry: Entry::Object(Box::new(object)),
        };
        if let Some(folder) = &self.folder {
            let staged = match &mut new.staged.bytes {
                StagedBytes::File(file) => Some(file),
                StagedBytes::Memory(_) => None,
            };
            folder.commit(bucket, &version, staged).map_err(internal)?;
        }
        let version = Arc::new(version);
        let displaced = self.change(bucket, |index| {
            if let Some(upload) = new.upload {
                index.uploads.remove(&upload);
            }
            index.insert(Arc::clone(&version))
        })?;
        Ok((version, displaced))
    }

    /// Calls back, and notes it. Without the note the callback comes again after the next start.
    fn announce(&self, bucket: &str, version: &Version) {
        let Some(object) = version.object() else {
            return;
        };
        let versioned = self.look(|buckets| buckets.get(bucket).is_some_and(|b| b.versioned));
        let taken_in = (self.on_created)(ObjectCreated {
            bucket: bucket.to_owned(),
            key: version.key.clone(),
            version: versioned.then(|| version.id()),
            size: object.size,
            etag: object.etag.clone(),
            sequencer: id_of(version.sequence).to_uppercase(),
            event_time: version.created,
            event_name: object.cause.event_name(),
        });
        if taken_in && let Some(folder) = &self.folder {
            let _one_at_a_time = held(&self.commits);
            if let Err(error) = folder.announced(bucket, version.sequence) {
                // Deleted meanwhile, or the disk fails; either way the next start sees to it.
                tracing::debug!(%error, "an announcement was not noted");
            }
        }
    }

    pub(super) fn announce_pending(&self) -> usize {
        let owed = std::mem::take(&mut *held(&self.owed));
        for (bucket, version) in &owed {
            self.announce(bucket, version);
        }
        owed.len()
    }

    /// Deletes as S3 does: without a version id, a bucket with versions gets a marker.
    pub(super) async fn delete(
        self: &Arc<Self>,
        bucket: &str,
        key: &str,
        id: Option<String>,
        conditions: WriteConditions,
    ) -> S3Result<Deleted> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.do_on_disk(move |store| {
            let _one_at_a_time = held(&store.commits);
            let versioned = store.look_into(&bucket, |index| {
                conditions.check(index.in_force(&key))?;
                Ok(index.versioned)
            })?;
            if versioned && id.is_none() {
                return store.put_marker(&bucket, &key);
            }
            store.remove(&bucket, &key, id, versioned)
        })
        .await
    }

    fn put_marker(&self, bucket: &str, key: &str) -> S3Result<Deleted> {
        let sequence = self.next_sequence();
        let created = self.clock.now();
        let version = Arc::new(Version {
            key: key.to_owned(),
            sequence,
            created,
            modified: whole_seconds(created),
            entry: Entry::DeleteMarker,
        });
        if let Some(folder) = &self.folder {
            folder.commit(bucket, &version, None).map_err(internal)?;
        }
        self.change(bucket, |index| index.insert(Arc::clone(&version)))?;
        Ok(Deleted {
            version: Some(version.id()),
            marker: true,
        })
    }

    fn remove(
        &self,
        bucket: &str,
        key: &str,
        id: Option<String>,
        versioned: bool,
    ) -> S3Result<Deleted> {
        let gone = self.look_into(bucket, |index| Ok(index.deletable(key, id.as_deref())))?;
        let Some(gone) = gone else {
            return Ok(Deleted {
                version: id,
                marker: false,
            });
        };
        self.remove_from_disk(bucket, &gone).map_err(internal)?;
        self.change(bucket, |index| index.remove(key, gone.sequence))?;
        let marker = gone.object().is_none();
        Ok(Deleted {
            version: versioned.then(|| gone.id()),
            marker,
        })
    }

    fn remove_from_disk(&self, bucket: &str, version: &Version) -> std::io::Result<()> {
        self.folder
            .as_ref()
            .map_or(Ok(()), |folder| folder.remove(bucket, version))
    }

    /// Begins an upload in parts; returns its id.
    pub(super) async fn begin_upload(
        self: &Arc<Self>,
        bucket: &str,
        mut upload: Upload,
    ) -> S3Result<String> {
        let bucket = bucket.to_owned();
        self.look_into(&bucket, |_| Ok(()))?;
        self.do_on_disk(move |store| {
            upload.sequence = store.next_sequence();
            if let Some(folder) = &store.folder {
                folder.begin_upload(&bucket, &upload).map_err(internal)?;
            }
            let id = id_of(upload.sequence);
            store.change(&bucket, |index| {
                index.uploads.insert(upload.sequence, upload)
            })?;
            Ok(id)
        })
        .await
    }

    /// Keeps one part of an upload, in place of an earlier one of the same number.
    pub(super) async fn put_part(
        self: &Arc<Self>,
        bucket: &str,
        upload: u64,
        number: i32,
        mut staged: Staged,
    ) -> S3Result<Part> {
        let bucket = bucket.to_owned();
        self.do_on_disk(move |store| {
            let content = match (&mut staged.bytes, &store.folder) {
                (StagedBytes::File(file), Some(folder)) => {
                    let unique = store.next_sequence();
                    let kept = folder.keep_part(&bucket, upload, number, unique, file);
                    Content::File(kept.map_err(internal)?)
                }
                (StagedBytes::File(file), None) => Content::File(file.path().to_owned()),
                (StagedBytes::Memory(bytes), _) => Content::Memory(bytes.clone()),
            };
            let part = Part {
                size: staged.size,
                md5: staged.digest.md5,
                sum: staged.digest.sum,
                modified: whole_seconds(store.clock.now()),
                content,
            };
            if let Some(folder) = &store.folder {
                folder
                    .describe_part(&bucket, upload, number, &part)
                    .map_err(internal)?;
            }
            store.change(&bucket, |index| {
                let upload = index.uploads.get_mut(&upload);
                let upload = upload.ok_or_else(|| s3_error!(NoSuchUpload))?;
                upload.parts.insert(number, part.clone());
                Ok(part)
            })?
        })
        .await
    }

    /// Forgets an upload and its parts. One that has become an object is forgotten already;
    /// then only its files go.
    pub(super) async fn end_upload(self: &Arc<Self>, bucket: &str, upload: u64) -> S3Result<()> {
        let bucket = bucket.to_owned();
        self.do_on_disk(move |store| {
            store.change(&bucket, |index| index.uploads.remove(&upload))?;
            match &store.folder {
                Some(folder) => folder.remove_upload(&bucket, upload).map_err(internal),
                None => Ok(()),
            }
        })
        .await
    }
}

/// The guarded values are whole between any two statements, so a panic elsewhere harms nothing.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
