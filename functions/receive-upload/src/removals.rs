//! How much of the register a file would remove.

use crypto::ResidentTag;
use manifest::{Entry, ManifestReader, Presence};
use objects::{ObjectName, PinnedObject};
use store::{InForce, Register, StoreError, Upload};

use crate::{
    ReceiveError, ReceiveUpload,
    decide::{Share, exceeds},
    kind::RowPerson,
    receive::ClaimedUpload,
};

impl ReceiveUpload {
    /// How many of the file's removal rows would remove somebody. Counted exactly where they could be too
    /// many for the register in force and nothing is on its way behind that; otherwise the number of rows
    /// will do, and the manifest need not be read.
    pub(crate) async fn removals(
        &self,
        claimed: &ClaimedUpload<'_>,
        removals: &[RowPerson],
        register: &Register,
    ) -> Result<Share, ReceiveError> {
        let rows = removals.len() as u64;
        let active = register.in_force.as_ref().map_or(0, |it| it.active);
        let share = |part, whole| Ok(Share { part, whole });
        if !exceeds(rows, claimed.tenant.settings.max_removed_percent, active) {
            return share(rows, active);
        }
        if register.issued > register.generation() {
            let accepted = |it: &Upload| it.rows_checked.saturating_sub(it.rows.refused);
            let on_their_way = self.on_their_way(claimed, register, accepted).await?;
            let most = on_their_way.into_iter().fold(active, u64::max);
            return share(rows.min(most), most);
        }
        match &register.in_force {
            Some(in_force) => share(self.among(claimed, removals, in_force).await?, active),
            None => share(0, active),
        }
    }

    /// For each file that has a generation and is not in force yet, how many people it brings, as `of` counts them.
    /// Counted by accepted rows, that is how many may be in the register when this file's turn comes.
    pub(crate) async fn on_their_way(
        &self,
        claimed: &ClaimedUpload<'_>,
        register: &Register,
        of: fn(&Upload) -> u64,
    ) -> Result<Vec<u64>, ReceiveError> {
        let mut people = Vec::new();
        let mut generation = register.generation();
        while generation < register.issued {
            generation = generation.next();
            let upload = match register.loading {
                Some((loading, upload)) if loading == generation => Some(upload),
                _ => self.store.waiting(claimed.scope, generation).await?,
            };
            // It began to load meanwhile.
            let upload = upload.ok_or(StoreError::Moved)?;
            let upload = self.store.upload(claimed.scope, &upload).await?;
            let upload = upload.ok_or(StoreError::Damaged { what: "upload" })?;
            people.push(of(&upload));
        }
        Ok(people)
    }

    /// How many of them the register in force has.
    async fn among(
        &self,
        claimed: &ClaimedUpload<'_>,
        removals: &[RowPerson],
        in_force: &InForce,
    ) -> Result<u64, ReceiveError> {
        let mut asked: Vec<ResidentTag> = removals.iter().map(|it| it.tag).collect();
        asked.sort_unstable();
        let mut in_register = 0;
        let look = |entry: &Entry| {
            let registered = entry.presence == Presence::Registered;
            in_register += u64::from(registered && asked.binary_search(&entry.tag).is_ok());
        };
        self.look_at_all(claimed, in_force, look).await?;
        Ok(in_register)
    }

    /// Looks at every entry of the manifest in force, ascending by tag.
    pub(crate) async fn look_at_all(
        &self,
        claimed: &ClaimedUpload<'_>,
        in_force: &InForce,
        mut look: impl FnMut(&Entry) + Send,
    ) -> Result<(), ReceiveError> {
        let Some(at) = &in_force.manifest else {
            return Ok(());
        };
        let keys = claimed
            .tenant
            .keys(claimed.scope, &self.keys, self.clock.now())
            .await?;
        let name = ObjectName::Manifest(at.generation, at.merge);
        let object = PinnedObject::written(claimed.scope, &name, &at.version);
        let object = self.work.open(claimed.scope, &object).await?;
        let mut manifest = ManifestReader::new(claimed.scope, &keys, &name, object);
        while let Some(block) = manifest.next_block().await? {
            for entry in block.entries() {
                look(&entry?);
            }
        }
        Ok(())
    }
}
