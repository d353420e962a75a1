//! What only the role `approve` is told of a log, and nobody else who may read it.
//!
//! The municipality that asked about a resident is where they went. So it is withheld
//! - if the resident is protected, or ever was: a place that asked about them before may be where they are now. The
//!   same holds if nobody knows whether they are, or nobody knew when they were asked about;
//! - for every answer that gave no dose. Anybody who may write a register can put a stranger's number into it, and
//!   would see who asks about that number.

use std::collections::{BTreeSet, HashSet};

use api::{Caller, Problem, Role};
use crypto::ResidentTag;
use store::{HolderOutcome, LogEntry, LogEvent, TenantState};

use crate::Residents;

/// What is withheld from a caller.
pub(crate) enum Withheld {
    /// The caller has the role `approve`.
    Nothing,
    /// What is about these residents: they are or were protected, or may be or have been.
    Of(HashSet<ResidentTag>),
}

impl Residents {
    /// Among entries that name these residents.
    pub(crate) async fn withheld(
        &self,
        caller: &Caller,
        tenant: &TenantState,
        named: impl Iterator<Item = ResidentTag>,
    ) -> Result<Withheld, Problem> {
        if caller.has(Role::Approve) {
            return Ok(Withheld::Nothing);
        }
        let named: BTreeSet<_> = named.collect();
        if named.is_empty() {
            return Ok(Withheld::Of(HashSet::new()));
        }
        let (scope, named) = (caller.scope(), Vec::from_iter(named));
        let keys = tenant.keys(scope, &self.keys, self.clock.now()).await?;
        let protected = self.store.may_ever_be_protected(scope, &keys, &named);
        Ok(Withheld::Of(protected.await?))
    }
}

impl Withheld {
    /// Whether what an entry says is withheld.
    pub(crate) fn has(&self, entry: &LogEntry) -> bool {
        if matches!(self, Self::Nothing) {
            return false;
        }
        let gave_none = match &entry.event {
            LogEvent::Answered { outcome, .. } => *outcome != HolderOutcome::Given,
            _ => false,
        };
        let resident = entry.event.resident();
        gave_none || entry.may_tell_of_protected() || resident.is_some_and(|it| self.is_about(&it))
    }

    /// Whether everything about a resident is.
    pub(crate) fn is_about(&self, resident: &ResidentTag) -> bool {
        matches!(self, Self::Of(protected) if protected.contains(resident))
    }
}
