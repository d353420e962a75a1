//! How many of a file's removal rows would remove somebody who is in the register in force.

use crypto::ResidentTag;
use manifest::{ManifestReader, Presence};
use objects::{ObjectName, PinnedObject};
use store::Register;

use crate::{ReceiveError, ReceiveUpload, decide::exceeds, receive::Mine};

impl ReceiveUpload {
    /// Counts them exactly when they could be too many; otherwise the number of rows will do, and
    /// the manifest need not be read.
    pub(crate) async fn removals_in_force(
        &self,
        mine: &Mine<'_>,
        removals: &[ResidentTag],
        register: &Register,
    ) -> Result<u64, ReceiveError> {
        let rows = removals.len() as u64;
        let Some(in_force) = &register.in_force else {
            return Ok(0);
        };
        if !exceeds(
            rows,
            mine.tenant.settings.max_removed_percent,
            in_force.active,
        ) {
            return Ok(rows);
        }
        let Some(at) = &in_force.manifest else {
            return Ok(0);
        };
        let keys = mine
            .tenant
            .keys(mine.scope, &self.keys, self.clock.now())
            .await?;
        let name = ObjectName::Manifest(at.generation, at.merge);
        let object = PinnedObject::written(mine.scope, &name, &at.version);
        let object = self.work.open(mine.scope, &object).await?;
        let mut manifest = ManifestReader::new(mine.scope, &keys, &name, object);
        let mut asked: Vec<ResidentTag> = removals.to_vec();
        asked.sort_unstable();
        let mut in_register = 0;
        while let Some(block) = manifest.next_block().await? {
            for entry in block.entries() {
                let entry = entry?;
                let registered = entry.presence == Presence::Registered;
                in_register += u64::from(registered && asked.binary_search(&entry.tag).is_ok());
            }
        }
        Ok(in_register)
    }
}
