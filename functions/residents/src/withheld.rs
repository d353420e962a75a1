//! What of a log is told to whoever may approve, and not to everybody who may read it.
//!
//! Who asked about a resident is where they went. So it is withheld
//! - of whoever is protected, or ever was: where they were asked about before may be where they are; and of whom it is
//!   not known, or was not when they were asked about;
//! - of every answer by which no dose was given. Whoever may write a register can put a stranger's number into it, and
//!   would see who asks about that number.

use std::collections::{BTreeSet, HashSet};

use api::{Caller, Problem, Role};
use crypto::ResidentTag;
use store::{HolderOutcome, LogEntry, LogEvent, TenantState};

use crate::Residents;

/// What is withheld from a caller.
pub(crate) enum Withheld {
    /// They may approve.
    Nothing,
    /// These are, were, or may be protected, or may have been.
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
