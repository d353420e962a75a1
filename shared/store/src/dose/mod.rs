//! Doses: what stands under each number of a person, every revision before it, newcomers in conflict,
//! and doses that wait for their person.

mod beside;
mod change;
mod content;
mod entry;
mod id;
mod item;
mod lists;
mod memory;
mod person;
mod waiting;

use domain::{Date, Dose, DoseState, FindingCode, Sensitive, words};
use jiff::Timestamp;

pub use change::{DoseChange, NextDose, Transaction};
pub use content::{ContentId, content_id};
pub use entry::{DoseAct, Entry, Source};
pub use id::{DoseId, DoseKey, NewcomerKey, WaitingKey};
pub use lists::{DoseCounts, DoseList, ListPage, Listed, TouchedPage};
pub use memory::{Once, Remembered, RememberedKind};
pub use person::{Begun, OnceBefore, PEOPLE_AT_ONCE, PersonDoses, PersonItems};

/// One revision of the dose under a number, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoseRevision {
    /// What it says.
    pub dose: Dose,
    /// How it stands.
    pub state: DoseState,
    /// Whether somebody with the right to approve has locked it.
    pub locked: bool,
    /// Counts the changes of this number, from 1.
    pub revision: u32,
    /// Doubts about it that were found when it was written.
    pub findings: Vec<FindingCode>,
    /// 接種履歴登録日時: when this dose was first recorded, whatever was corrected since.
    pub recorded_at: Timestamp,
    /// Since when it is in the list of doubtful doses.
    pub review_since: Option<Timestamp>,
    /// Since when it is in the list of locked doses.
    pub locked_since: Option<Timestamp>,
    /// Who made this revision, when and why.
    pub entry: Entry,
}

/// A dose that came for a number that something else has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// Derived from its content, so that a repeat is the same newcomer.
    pub id: ContentId,
    /// What it says.
    pub dose: Dose,
    /// Doubts about it that were found when it came.
    pub findings: Vec<FindingCode>,
    /// Who brought it, and when.
    pub entry: Entry,
    /// What somebody decided; `None` while it stands in the queue.
    pub settled: Option<Settlement>,
    /// What was decided about it before it came again, oldest first.
    pub earlier: Vec<Settlement>,
}

/// What somebody decided about a newcomer or a waiting dose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// What became of it.
    pub how: Settled,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Who decided, as the issuer of their token calls them.
    pub by: Sensitive<String>,
    /// The reason that was given.
    pub why: Option<Sensitive<String>>,
    /// Which revision stood under the number of the newcomer then; `None` of a waiting dose, which has no number yet.
    pub revision: Option<u32>,
}

/// What became of a newcomer or a waiting dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// What was there stays.
    Kept,
    /// The newcomer took its place.
    Replaced,
    /// The newcomer took another number.
    Renumbered,
    /// It is no longer waited for.
    Withdrawn,
}

/// A dose whose coupon belongs to nobody in the register yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingDose {
    /// Where it stands.
    pub key: WaitingKey,
    /// What it says.
    pub dose: Dose,
    /// How often it was marked since it came: with what it is compared by, or why it goes on waiting.
    pub revision: u32,
    /// The birth date that came with it, to be compared when its person comes.
    pub birth_date: Option<Date>,
    /// The person that its 宛名番号 named, or that was shown before: its coupon must lead to nobody else.
    pub meant: Option<crypto::ResidentTag>,
    /// Why it could not be attached when its person came.
    pub findings: Vec<FindingCode>,
    /// Who brought it, and when.
    pub entry: Entry,
    /// What somebody decided; `None` while it waits.
    pub settled: Option<Settlement>,
}

impl DoseRevision {
    /// Which dose it is.
    #[must_use]
    pub fn key(&self, resident: crypto::ResidentTag) -> DoseKey {
        DoseKey::of(resident, &self.dose)
    }
}

words!(Settled {
    Kept = "kept",
    Replaced = "replaced",
    Renumbered = "renumbered",
    Withdrawn = "withdrawn",
});
