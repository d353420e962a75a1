//! The store on disk.
//!
//! ```text
//! lock                                  held by the process that has the folder open
//! staging/<n>                           bytes on their way in; swept at start
//! buckets/<bucket>/<id>.bytes           an object's bytes
//! buckets/<bucket>/<id>.json            what they are; a version exists when this file does
//! buckets/<bucket>/<id>.unannounced.json   the same, while the announcement is owed
//! uploads/<bucket>/<id>/upload.json     an upload in parts
//! uploads/<bucket>/<id>/<part>.json     a part, naming the file of its bytes
//! uploads/<bucket>/<id>/<part>-<id>.bytes
//! ```
//!
//! File names hold ids only: what an object is called stands inside its description.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::content::StagedFile;
use super::index::{Part, Upload, Version, id_of};

mod stored;

use stored::{StoredPart, StoredUpload, StoredVersion};

/// An open folder. It is locked against other processes for as long as this lives.
pub(super) struct Folder {
    root: PathBuf,
    staged: AtomicU64,
    _lock: File,
}

/// What a bucket held when the folder was opened.
#[derive(Default)]
pub(super) struct Found {
    /// With the mark whether the announcement is owed.
    pub(super) versions: Vec<(Arc<Version>, bool)>,
    pub(super) uploads: Vec<Upload>,
}

impl Folder {
    pub(super) fn open(root: PathBuf) -> anyhow::Result<Self> {
        fs::create_dir_all(&root).with_context(|| format!("cannot make {}", root.display()))?;
        let lock = File::create(root.join("lock")).context("cannot make the lock file")?;
        lock.try_lock()
            .with_context(|| format!("{} is in use", root.display()))?;
        let staging = root.join("staging");
        if staging.exists() {
            fs::remove_dir_all(&staging).context("cannot sweep what was left half-way")?;
        }
        fs::create_dir_all(&staging).context("cannot make the staging folder")?;
        Ok(Self {
            root,
            staged: AtomicU64::new(0),
            _lock: lock,
        })
    }

    /// A path that nothing else uses.
    pub(super) fn staging(&self) -> PathBuf {
        let number = self.staged.fetch_add(1, Ordering::Relaxed);
        self.root.join("staging").join(number.to_string())
    }

    fn bucket(&self, bucket: &str) -> PathBuf {
        self.root.join("buckets").join(bucket)
    }

    fn upload(&self, bucket: &str, sequence: u64) -> PathBuf {
        self.root.join("uploads").join(bucket).join(id_of(sequence))
    }

    pub(super) fn bytes_path(&self, bucket: &str, sequence: u64) -> PathBuf {
        self.bucket(bucket)
            .join(format!("{}.bytes", id_of(sequence)))
    }

    fn description_path(&self, bucket: &str, sequence: u64, announced: bool) -> PathBuf {
        let ending = if announced {
            "json"
        } else {
            "unannounced.json"
        };
        self.bucket(bucket)
            .join(format!("{}.{ending}", id_of(sequence)))
    }

    /// Makes a version exist, bytes first. It is on the disk when this returns; failing, it
    /// leaves at most bytes without a description, which are swept at the next start.
    pub(super) fn commit(
        &self,
        bucket: &str,
        version: &Version,
        staged: Option<&mut StagedFile>,
    ) -> io::Result<()> {
        if let Some(staged) = staged {
            staged.keep_as(&self.bytes_path(bucket, version.sequence))?;
        }
        let announced = version.object().is_none();
        let path = self.description_path(bucket, version.sequence, announced);
        self.write_whole(&path, &StoredVersion::from(version))?;
        File::open(self.bucket(bucket))
            .and_then(|folder| folder.sync_all())
            .inspect_err(|_| {
                // The caller is told that nothing was written, so nothing must be found later.
                let _ = fs::remove_file(&path);
            })
    }

    /// Notes that the callback for a version has returned.
    pub(super) fn announced(&self, bucket: &str, sequence: u64) -> io::Result<()> {
        let owed = self.description_path(bucket, sequence, false);
        fs::rename(owed, self.description_path(bucket, sequence, true))
    }

    /// Takes a version away: its description first, so that it is never seen without its bytes.
    pub(super) fn remove(&self, bucket: &str, version: &Version) -> io::Result<()> {
        for announced in [false, true] {
            remove_if_there(&self.description_path(bucket, version.sequence, announced))?;
        }
        remove_if_there(&self.bytes_path(bucket, version.sequence))
    }

    /// Writes a file that is either whole or not there.
    fn write_whole(&self, path: &Path, content: &impl Serialize) -> io::Result<()> {
        let mut staged = StagedFile::at(self.staging());
        let mut file = File::create_new(staged.path())?;
        file.write_all(&serde_json::to_vec(content)?)?;
        file.sync_data()?;
        staged.keep_as(path)
    }

    pub(super) fn begin_upload(&self, bucket: &str, upload: &Upload) -> io::Result<()> {
        let folder = self.upload(bucket, upload.sequence);
        fs::create_dir_all(&folder)?;
        self.write_whole(&folder.join("upload.json"), &StoredUpload::from(upload))
    }

    /// Puts a part's bytes in their place; they count once [`Self::describe_part`] names them.
    pub(super) fn keep_part(
        &self,
        bucket: &str,
        upload: u64,
        number: i32,
        unique: u64,
        staged: &mut StagedFile,
    ) -> io::Result<PathBuf> {
        let name = format!("{number}-{}.bytes", id_of(unique));
        let path = self.upload(bucket, upload).join(name);
        staged.keep_as(&path)?;
        Ok(path)
    }

    pub(super) fn describe_part(
        &self,
        bucket: &str,
        upload: u64,
        number: i32,
        part: &Part,
    ) -> io::Result<()> {
        let path = self.upload(bucket, upload).join(format!("{number}.json"));
        self.write_whole(&path, &StoredPart::from(part))
    }

    pub(super) fn remove_upload(&self, bucket: &str, upload: u64) -> io::Result<()> {
        match fs::remove_dir_all(self.upload(bucket, upload)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Reads what a bucket holds and sweeps what belongs to nothing.
    pub(super) fn scan(&self, bucket: &str) -> anyhow::Result<Found> {
        let folder = self.bucket(bucket);
        fs::create_dir_all(&folder).context("cannot make a bucket's folder")?;
        let names = names_in(&folder)?;
        let mut found = Found::default();
        let mut described = HashSet::new();
        for name in names.iter().filter(|name| has_ending(name, "json")) {
            let path = folder.join(name);
            let stored: StoredVersion = read_json(&path)?;
            let bytes = self.bytes_path(bucket, stored.sequence());
            if !stored.has_bytes() || bytes.exists() {
                described.insert(bytes.clone());
                let version = Arc::new(stored.into_version(bytes)?);
                found
                    .versions
                    .push((version, name.ends_with(".unannounced.json")));
            } else {
                fs::remove_file(&path)?;
            }
        }
        for name in names.iter().filter(|name| has_ending(name, "bytes")) {
            if !described.contains(&folder.join(name)) {
                fs::remove_file(folder.join(name))?;
            }
        }
        found.versions.sort_by_key(|(version, _)| version.sequence);
        found.uploads = self.scan_uploads(bucket)?;
        Ok(found)
    }

    fn scan_uploads(&self, bucket: &str) -> anyhow::Result<Vec<Upload>> {
        let folder = self.root.join("uploads").join(bucket);
        fs::create_dir_all(&folder).context("cannot make the folder of uploads")?;
        let mut uploads = Vec::new();
        for name in names_in(&folder)? {
            let folder = folder.join(name);
            let described = folder.join("upload.json");
            if !described.exists() {
                fs::remove_dir_all(&folder)?;
                continue;
            }
            let mut parts = BTreeMap::new();
            for name in names_in(&folder)? {
                let number = name
                    .strip_suffix(".json")
                    .and_then(|n| n.parse::<i32>().ok());
                if let Some(number) = number {
                    let stored: StoredPart = read_json(&folder.join(&name))?;
                    parts.extend(stored.into_part(&folder)?.map(|part| (number, part)));
                }
            }
            let stored: StoredUpload = read_json(&described)?;
            uploads.push(stored.into_upload(parts)?);
        }
        Ok(uploads)
    }
}

fn has_ending(name: &str, ending: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|found| found == ending)
}

fn names_in(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).context("cannot list a folder")? {
        let name = entry.context("cannot list a folder")?.file_name();
        names.push(
            name.into_string()
                .ok()
                .context("a file with a strange name")?,
        );
    }
    names.sort();
    Ok(names)
}

fn read_json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let schema: Schema = serde_json::from_slice(&text)
        .with_context(|| format!("{} is not a description", path.display()))?;
    anyhow::ensure!(
        schema.schema == stored::SCHEMA,
        "{} was written by another version of this program (schema {})",
        path.display(),
        schema.schema
    );
    serde_json::from_slice(&text).with_context(|| format!("cannot understand {}", path.display()))
}

#[derive(Deserialize)]
struct Schema {
    schema: u32,
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
