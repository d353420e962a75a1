use domain::{DoseState, Finding, FindingCode};
use store::{
    DoseAct, DoseId, DoseKey, DoseRevision, Newcomer, NewcomerKey, OnceBefore, Remembered,
    RememberedKind, WaitingDose,
};

/// What became of an incoming dose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in force.
    Recorded(Kept),
    /// It says what is there already; nothing was written.
    Unchanged(Kept),
    /// It is kept with its doubts, until somebody has looked at them.
    Review(Kept),
    /// Something else has its number; it stands in the queue, or somebody decided about it before.
    Conflict(Kept),
    /// Nobody in the register has its coupon; it waits for its person.
    Waiting(Kept),
    /// It is not kept as a dose, and why.
    Refused(Vec<Finding>),
    /// It is not kept, for somebody turned it down before, and it can still be read there: it was taken off the
    /// waiting list, and nobody in the register has its coupon; or a file says once more what was cancelled.
    Withdrawn(Kept),
    /// The key of the request was used for another one before; nothing was done.
    KeyReused,
}

/// Where a dose is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it is called.
    pub id: DoseId,
    /// Its revision; 0 for newcomers and waiting doses, which have none.
    pub revision: u32,
    /// Doubts about it.
    pub findings: Vec<FindingCode>,
}

impl Kept {
    pub(crate) fn dose(key: DoseKey, dose: &DoseRevision) -> Self {
        Self {
            id: DoseId::Dose(key),
            revision: dose.revision,
            findings: dose.findings.clone(),
        }
    }

    pub(crate) fn newcomer(key: DoseKey, newcomer: &Newcomer) -> Self {
        Self {
            id: DoseId::Newcomer(NewcomerKey {
                dose: key,
                id: newcomer.id,
            }),
            revision: 0,
            findings: newcomer.findings.clone(),
        }
    }

    pub(crate) fn waiting(waiting: &WaitingDose) -> Self {
        Self {
            id: DoseId::Waiting(waiting.key),
            revision: 0,
            findings: waiting.findings.clone(),
        }
    }

    fn remembered(&self, kind: RememberedKind) -> Remembered {
        Remembered {
            kind,
            id: self.id,
            revision: self.revision,
            findings: self.findings.clone(),
        }
    }
}

impl Outcome {
    /// What comes again after it was turned down, where it is `kept`.
    pub(crate) fn withdrawn(mut kept: Kept) -> Self {
        kept.findings = vec![FindingCode::CancelledBefore];
        Self::Withdrawn(kept)
    }

    /// What a revision that has just been written, or was written first by the same row, says.
    pub(crate) fn of_revision(key: DoseKey, dose: &DoseRevision) -> Self {
        let kept = Kept::dose(key, dose);
        match dose.state {
            // It waited first, and its person came later.
            _ if dose.entry.act == DoseAct::Attached => Self::Waiting(kept),
            DoseState::Review => Self::Review(kept),
            DoseState::Recorded | DoseState::Cancelled => Self::Recorded(kept),
        }
    }

    /// As it is remembered for a caller who sends the request again. What was not done is not.
    pub(crate) fn remembered(&self) -> Option<Remembered> {
        let (kind, kept) = match self {
            Self::Recorded(kept) => (RememberedKind::Recorded, kept),
            Self::Unchanged(kept) => (RememberedKind::Unchanged, kept),
            Self::Review(kept) => (RememberedKind::Review, kept),
            Self::Conflict(kept) => (RememberedKind::Conflict, kept),
            Self::Waiting(kept) => (RememberedKind::Waiting, kept),
            Self::Refused(_) | Self::Withdrawn(_) | Self::KeyReused => return None,
        };
        Some(kept.remembered(kind))
    }
}

impl From<OnceBefore> for Outcome {
    fn from(before: OnceBefore) -> Self {
        match before {
            OnceBefore::Done(done) => done.into(),
            OnceBefore::OtherBody => Self::KeyReused,
        }
    }
}

impl From<Remembered> for Outcome {
    fn from(done: Remembered) -> Self {
        let kept = Kept {
            id: done.id,
            revision: done.revision,
            findings: done.findings,
        };
        match done.kind {
            RememberedKind::Recorded => Self::Recorded(kept),
            RememberedKind::Unchanged => Self::Unchanged(kept),
            RememberedKind::Review => Self::Review(kept),
            RememberedKind::Conflict => Self::Conflict(kept),
            RememberedKind::Waiting => Self::Waiting(kept),
        }
    }
}
