//! The register: which generation is in force, how a load writes residents into it, and how they are read.

mod former;
mod profile;
mod protected;
mod residents;
pub(crate) mod slots;
mod stream;
mod writer;

use aws_sdk_dynamodb::types::{ReturnValue, TransactWriteItem};
use domain::{Generation, TenantScope, UploadId};
use jiff::{Timestamp, civil::Date};

use crate::{
    Store, StoreError, Upload,
    item::{Item, Map, b, n, s, time},
    keys::{self, SCHEMA},
    transaction::Change,
    update_terms::UpdateTerms,
};

pub use profile::write_profile;
pub use residents::{ResidentInForce, Snapshot};
pub use slots::{InRegister, InSight};
pub use stream::{StreamKey, StreamSlot};
pub use writer::{BatchBody, RegisterWriter, ShiftBody, SlotContent, Status, Taken};

const CURRENT: &str = "CURRENT";
/// `CURRENT` moves at most once per loaded file; more often than this it cannot move in a read.
const TRIES: u32 = 5;

/// The state of a municipality's register: what is in force, issued and being loaded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Register {
    /// What readers see; `None` before the first file came into force.
    pub in_force: Option<InForce>,
    /// Newest generation issued; 0 when none was.
    pub issued: Generation,
    /// Generation being loaded, and the file it comes from.
    pub loading: Option<(Generation, UploadId)>,
    /// Newest as-of date among the files that were given a generation, or say what is in force once more.
    pub issued_as_of: Option<Date>,
    /// When the newest of these files was dropped.
    pub issued_dropped_at: Option<Timestamp>,
    /// Protections (支援措置) that files lifted which were given a generation since somebody last confirmed one that
    /// lifts too many.
    pub lifted: u64,
}

/// A register that came into force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// Its number.
    pub generation: Generation,
    /// Where its manifest is; `None` while the register has never held anybody.
    pub manifest: Option<ManifestPlace>,
    /// Residents in the manifest, removed ones included.
    pub entries: u64,
    /// Residents in force.
    pub active: u64,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Rows of the file that were refused; `None` of a register from before this was kept.
    pub refused: Option<u64>,
    /// Revision of the settings under which the file was checked.
    pub settings_revision: u32,
}

/// Which object is a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestPlace {
    /// The generation that wrote it.
    pub generation: Generation,
    /// Number of the merge that wrote it, from [`Store::begin_merge`].
    pub merge: u32,
    /// Object version.
    pub version: String,
}

/// The move of `CURRENT` from one generation to the next.
#[derive(Debug, Clone)]
pub struct Switch {
    /// The register that comes into force.
    pub next: InForce,
    /// The file it comes from.
    pub upload: UploadId,
}

impl Register {
    /// Generation in force; 0 before the first.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.in_force
            .as_ref()
            .map_or_else(Generation::default, |in_force| in_force.generation)
    }

    fn read(map: &Map) -> Result<Self, StoreError> {
        let item = Item(map);
        let in_force = match item.maybe_number("in_force")? {
            None | Some(0) => None,
            Some(number) => Some(read_in_force(item, Generation::new(number))?),
        };
        let loading = match item.maybe_number("loading")? {
            None => None,
            Some(number) => {
                let upload = item.word("loading_upload")?;
                Some((Generation::new(number), upload))
            }
        };
        Ok(Self {
            in_force,
            issued: Generation::new(item.number("issued")?),
            loading,
            issued_as_of: item.maybe_word("issued_as_of")?,
            issued_dropped_at: item.maybe_time("issued_dropped_at")?,
            lifted: item.maybe_number("lifted")?.unwrap_or_default(),
        })
    }
}

fn read_in_force(item: Item<'_>, generation: Generation) -> Result<InForce, StoreError> {
    let manifest = match item.maybe_number("manifest_generation")? {
        None => None,
        Some(number) => Some(ManifestPlace {
            generation: Generation::new(number),
            merge: item.number("manifest_merge")?,
            version: item.text("manifest_version")?.to_owned(),
        }),
    };
    let damaged = StoreError::Damaged { what: "sha256" };
    Ok(InForce {
        generation,
        manifest,
        entries: item.number("entries")?,
        active: item.number("active")?,
        sha256: item.bytes("sha256")?.try_into().map_err(|_| damaged)?,
        refused: item.maybe_number("refused")?,
        settings_revision: item.number("settings_revision")?,
    })
}

impl Store {
    /// Reads `CURRENT` consistently; an empty register when nothing was ever accepted.
    pub async fn register(&self, scope: &TenantScope) -> Result<Register, StoreError> {
        match self.get(scope, keys::current(scope), CURRENT).await? {
            Some(item) => Register::read(&item),
            None => Ok(Register::default()),
        }
    }

    /// The file that waits to become `generation`, if one does.
    pub async fn waiting(
        &self,
        scope: &TenantScope,
        generation: Generation,
    ) -> Result<Option<UploadId>, StoreError> {
        let item = self
            .get(scope, keys::current(scope), &keys::waiting_sk(generation))
            .await?;
        let Some(item) = item else { return Ok(None) };
        Item(&item).word("upload").map(Some)
    }

    /// Lets the file that waits for `generation` begin to load.
    ///
    /// One transaction: nothing is being loaded and the generation before is in force. Otherwise
    /// [`StoreError::Moved`], and nothing is changed.
    pub async fn start_load(
        &self,
        scope: &TenantScope,
        generation: Generation,
        upload: &UploadId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let current = Change {
            pk: keys::current(scope),
            sk: CURRENT,
            update: "SET loading = :g, loading_upload = :u",
            condition: Some("attribute_not_exists(loading) AND in_force = :before"),
            names: &[],
            values: vec![
                (":g", n(generation.get())),
                (":u", s(upload.to_string())),
                (":before", n(generation.get().saturating_sub(1))),
            ],
        };
        let file = Change {
            pk: keys::upload(scope, upload),
            sk: "UPLOAD",
            update: "SET #state = :to, moved_at = :now",
            condition: Some("#state = :from AND generation = :g"),
            names: &[("#state", "state")],
            values: vec![
                (":from", s("waiting")),
                (":to", s("loading")),
                (":now", time(now)),
                (":g", n(generation.get())),
            ],
        };
        let waiting = self.delete_in(keys::current(scope), &keys::waiting_sk(generation))?;
        self.transact(
            scope,
            vec![self.update_in(current)?, self.update_in(file)?, waiting],
        )
        .await
    }

    /// Part of a transaction: `id` waits for its turn as `generation`.
    pub(crate) fn waiting_in(
        &self,
        scope: &TenantScope,
        generation: Generation,
        id: &UploadId,
    ) -> Result<TransactWriteItem, StoreError> {
        self.put_in(Map::from([
            ("pk".to_owned(), s(keys::current(scope))),
            ("sk".to_owned(), s(keys::waiting_sk(generation))),
            ("v".to_owned(), n(SCHEMA)),
            ("upload".to_owned(), s(id.to_string())),
        ]))
    }

    /// A number for a merge of the shares of `generation` that no other merge of the tenant has.
    ///
    /// [`StoreError::Moved`] when that generation is not being loaded (any more).
    pub async fn begin_merge(
        &self,
        scope: &TenantScope,
        generation: Generation,
    ) -> Result<u32, StoreError> {
        let answer = self
            .client(scope)
            .update_item()
            .table_name(&self.table)
            .key("pk", s(keys::current(scope)))
            .key("sk", s(CURRENT))
            .update_expression("ADD merges :one")
            .condition_expression("loading = :g")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":g", n(generation.get()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await?;
        let item = answer
            .attributes
            .ok_or(StoreError::Damaged { what: "merges" })?;
        Item(&item).number("merges")
    }

    /// The one conditional move by which a loaded generation comes into force.
    ///
    /// [`StoreError::Moved`] when it is in force already or is not the one being loaded.
    pub async fn switch(
        &self,
        scope: &TenantScope,
        switch: &Switch,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let next = &switch.next;
        let mut sets = UpdateTerms::set();
        sets.put("in_force", n(next.generation.get()));
        sets.put("entries", n(next.entries));
        sets.put("active", n(next.active));
        sets.put("sha256", b(&next.sha256));
        sets.put("settings_revision", n(next.settings_revision));
        sets.put("refused", n(next.refused.unwrap_or_default()));
        if let Some(place) = &next.manifest {
            sets.put("manifest_generation", n(place.generation.get()));
            sets.put("manifest_merge", n(place.merge));
            sets.put("manifest_version", s(&place.version));
        }
        sets.value(":g", n(next.generation.get()));
        sets.value(":before", n(next.generation.get().saturating_sub(1)));
        let current = Change {
            pk: keys::current(scope),
            sk: CURRENT,
            update: sets.update + " REMOVE loading, loading_upload",
            condition: Some("loading = :g AND in_force = :before"),
            names: &[],
            values: sets.values,
        };
        let file = Change {
            pk: keys::upload(scope, &switch.upload),
            sk: "UPLOAD",
            update: "SET #state = :to, moved_at = :now",
            condition: Some("#state = :from AND chunks_done = chunks"),
            names: &[("#state", "state")],
            values: vec![
                (":from", s("loading")),
                (":to", s("in_force")),
                (":now", time(now)),
            ],
        };
        let writes = vec![self.update_in(current)?, self.update_in(file)?];
        self.transact_in_turn(scope, writes, &switch.upload).await
    }
}

/// The part of a conclusion that finds what is in force in `upload` once more: no older file may come
/// behind it. Holds only while that is in force, and nothing behind it was issued, nor found again.
pub(crate) fn found_again(
    scope: &TenantScope,
    register: &Register,
    upload: &Upload,
) -> Change<'static, String> {
    let mut sets = UpdateTerms::set();
    put_newest_dates(&mut sets, register, upload);
    sets.value(":g", n(register.generation().get()));
    give_dates_as_read(&mut sets, register);
    Change {
        pk: keys::current(scope),
        sk: CURRENT,
        update: sets.update,
        condition: Some(
            "issued = :g AND in_force = :g \
                    AND (attribute_not_exists(issued_dropped_at) OR issued_dropped_at = :read_dropped) \
                    AND (attribute_not_exists(issued_as_of) OR issued_as_of = :read_as_of)",
        ),
        names: &[],
        values: sets.values,
    }
}

/// The newest time of a drop and, where there is one, the newest as-of date, `upload` taken in.
fn put_newest_dates(sets: &mut UpdateTerms, register: &Register, upload: &Upload) {
    if let Some(dropped) = register.issued_dropped_at.max(Some(upload.dropped_at)) {
        sets.put("issued_dropped_at", time(dropped));
    }
    if let Some(as_of) = register.issued_as_of.max(upload.as_of) {
        sets.put("issued_as_of", s(as_of.to_string()));
    }
}

/// The dates that `register` was read with. Whoever found a newer file to say what is in force since then moved them
/// and nothing else; what was decided without knowing must not be done.
fn give_dates_as_read(sets: &mut UpdateTerms, register: &Register) {
    // No file was dropped so early, nor has such a day.
    let dropped = register.issued_dropped_at.map_or_else(|| n(0), time);
    let as_of = register.issued_as_of;
    let as_of = as_of.map_or_else(|| s("none"), |date| s(date.to_string()));
    sets.value(":read_dropped", dropped);
    sets.value(":read_as_of", as_of);
}

/// The part of an acceptance that moves `CURRENT`: the next generation is issued to `upload`, and with it so many
/// protections are `lifted` unasked.
pub(crate) fn issue(
    scope: &TenantScope,
    register: &Register,
    upload: &Upload,
    lifted: u64,
) -> (Generation, Change<'static, String>) {
    let generation = register.issued.next();
    let mut sets = UpdateTerms::set();
    sets.put("v", n(SCHEMA));
    sets.put("issued", n(generation.get()));
    sets.put_if_none("in_force", n(0));
    sets.put("lifted", n(lifted));
    put_newest_dates(&mut sets, register, upload);
    sets.value(":before", n(register.issued.get()));
    // Before the first file there is nothing that could be found in force.
    let condition = if register.issued.get() == 0 {
        "attribute_not_exists(pk) OR issued = :before"
    } else {
        give_dates_as_read(&mut sets, register);
        "issued = :before \
         AND (attribute_not_exists(issued_dropped_at) OR issued_dropped_at = :read_dropped) \
         AND (attribute_not_exists(issued_as_of) OR issued_as_of = :read_as_of)"
    };
    let current = Change {
        pk: keys::current(scope),
        sk: CURRENT,
        update: sets.update,
        condition: Some(condition),
        names: &[],
        values: sets.values,
    };
    (generation, current)
}

impl Register {
    /// Whether a file accepted before is newer than one with this as-of date and time of drop.
    /// As-of dates decide where both have one; otherwise, and on a tie, the time of the drop.
    #[must_use]
    pub fn is_newer_than(&self, as_of: Option<Date>, dropped_at: Timestamp) -> bool {
        if let (Some(known), Some(theirs)) = (self.issued_as_of, as_of)
            && known != theirs
        {
            return known > theirs;
        }
        self.issued_dropped_at
            .is_some_and(|known| known > dropped_at)
    }
}
