//! The end of a load: counts checked, shares merged into the next manifest, one switch.

use domain::{Generation, TenantScope, UploadState};
use manifest::{ManifestReader, ManifestWriter, merge};
use objects::{ObjectName, PinnedObject};
use receipts::Receipt;
use store::{ChunkState, InForce, ManifestPlace, Register, StoreError, Switch, Upload};

use crate::{LoadChunk, LoadError};

/// Bytes of an input that are read at once; a merge reads from as many inputs as there are chunks.
const RANGE: u64 = 512 * 1024;

impl LoadChunk {
    /// Puts a file whose chunks are all loaded in force. Safe to repeat and to run twice at once:
    /// both write the same manifest under names of their own, and one switch succeeds.
    pub(crate) async fn put_in_force(
        &self,
        scope: &TenantScope,
        register: &Register,
        upload: &Upload,
    ) -> Result<(), LoadError> {
        let generation = upload.generation.ok_or(StoreError::Damaged {
            what: "generation of a load",
        })?;
        if upload.rows.total() != upload.rows_checked {
            return Err(LoadError::NotAsChecked {
                what: "outcomes do not add up to the rows",
            });
        }
        let next = self
            .next_register(scope, register, upload, generation)
            .await?;
        let switch = Switch {
            next,
            upload: upload.id,
        };
        match self.store.switch(scope, &switch, self.clock.now()).await {
            Ok(()) => {
                tracing::info!(upload = %upload.id, %generation, rows = upload.rows_checked, "in force");
                let before = register.in_force.as_ref();
                let before = before.and_then(|before| before.manifest.as_ref());
                self.delete_lapsed_manifests(scope, before, generation)
                    .await;
            }
            Err(StoreError::Moved) => {}
            Err(error) => return Err(error.into()),
        }
        let upload = self.store.upload(scope, &upload.id).await?;
        let upload = upload.ok_or(StoreError::Damaged {
            what: "upload in force",
        })?;
        if upload.state == UploadState::InForce {
            Receipt::write(&self.drop, scope, &upload).await?;
            self.tell_doses(scope).await?;
        }
        Ok(())
    }

    /// What comes into force; the manifest in force serves on when no row wrote anything.
    async fn next_register(
        &self,
        scope: &TenantScope,
        register: &Register,
        upload: &Upload,
        generation: Generation,
    ) -> Result<InForce, LoadError> {
        let before = register.in_force.as_ref();
        let sha256 = upload.sha256.ok_or(StoreError::Damaged {
            what: "sha256 of a load",
        })?;
        let mut next = InForce {
            generation,
            manifest: before.and_then(|before| before.manifest.clone()),
            entries: before.map_or(0, |before| before.entries),
            active: before.map_or(0, |before| before.active),
            sha256,
            refused: Some(upload.rows.refused),
            settings_revision: upload.settings_revision,
        };
        if upload.rows.new + upload.rows.changed + upload.rows.removed == 0 {
            return Ok(next);
        }
        let tenant = self.tenant(scope).await?;
        let keys = tenant.keys(scope, &self.keys, self.clock.now()).await?;
        let reader = async |name: ObjectName, version: &str| {
            let object = PinnedObject::written(scope, &name, version);
            let object = self.work.open(scope, &object).await?.with_range_size(RANGE);
            Ok::<_, LoadError>(ManifestReader::new(scope, &keys, &name, object))
        };
        let base = match &next.manifest {
            None => None,
            Some(at) => {
                Some(reader(ObjectName::Manifest(at.generation, at.merge), &at.version).await?)
            }
        };
        let mut shares = Vec::new();
        for (chunk, state) in self.store.chunk_states(scope, &upload.id).await? {
            match state {
                ChunkState::Done {
                    share: Some(version),
                } => {
                    shares.push(reader(ObjectName::Share(upload.id, chunk), &version).await?);
                }
                ChunkState::Done { share: None } => {}
                ChunkState::Todo { .. } => return Err(StoreError::Moved.into()),
            }
        }
        let merge_number = self.store.begin_merge(scope, generation).await?;
        let name = ObjectName::Manifest(generation, merge_number);
        let out = self.work.writer(scope, &name);
        let out = ManifestWriter::new(scope, &keys, generation, &name, out);
        let merged = merge(base, shares, out).await?;
        next.manifest = Some(ManifestPlace {
            generation,
            merge: merge_number,
            version: merged.version,
        });
        next.entries = merged.entries;
        next.active = merged.active;
        Ok(next)
    }
}
