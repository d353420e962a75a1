//! Whether what was read is what there is.

use domain::ExportScope;
use store::DoseCounts;

/// What a comparison says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// What was read is what there is.
    Agrees,
    /// Doses changed meanwhile: read again.
    Moving,
    /// Nothing changed, and yet it is not the same: which counts, and how.
    Differs(String),
}

/// Holds what was read against the counts from before and after. They are kept in the same transaction
/// as the doses themselves, so at rest they agree to the last one. An export of what changed reads some
/// persons only; there the waiting list can be compared, which is always read whole, and nothing else has to
/// rest: whoever changes meanwhile is in the next one too.
pub(crate) fn judge(
    scope: ExportScope,
    before: &DoseCounts,
    read: &DoseCounts,
    after: &DoseCounts,
) -> Verdict {
    let compared = |counts: &DoseCounts| {
        let parts = counts.parts().into_iter();
        parts.filter(move |(name, _)| scope == ExportScope::Full || *name == "waiting")
    };
    if !compared(before).eq(compared(after)) {
        return Verdict::Moving;
    }
    let differences: Vec<_> = compared(before)
        .zip(compared(read))
        .filter(|((_, counted), (_, read))| counted != read)
        .map(|((name, counted), (_, read))| format!("{name}: {counted} counted, {read} read"))
        .collect();
    if differences.is_empty() {
        Verdict::Agrees
    } else {
        Verdict::Differs(differences.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(recorded: i64, waiting: i64) -> DoseCounts {
        DoseCounts {
            recorded,
            waiting,
            ..DoseCounts::default()
        }
    }

    #[test]
    fn what_was_read_is_held_against_the_counts() {
        use ExportScope::{Changed, Full};
        let differs = |text: &str| Verdict::Differs(text.to_owned());
        let cases = [
            (Full, (5, 1), (5, 1), (5, 1), Verdict::Agrees),
            (Full, (5, 1), (5, 1), (6, 1), Verdict::Moving),
            (Full, (5, 1), (4, 1), (5, 2), Verdict::Moving),
            (
                Full,
                (5, 1),
                (4, 1),
                (5, 1),
                differs("recorded: 5 counted, 4 read"),
            ),
            (
                Full,
                (5, 1),
                (6, 0),
                (5, 1),
                differs("recorded: 5 counted, 6 read; waiting: 1 counted, 0 read"),
            ),
            (Changed, (5, 1), (2, 1), (5, 1), Verdict::Agrees),
            (
                Changed,
                (5, 1),
                (2, 0),
                (5, 1),
                differs("waiting: 1 counted, 0 read"),
            ),
            (Changed, (5, 1), (2, 1), (5, 0), Verdict::Moving),
            (Changed, (5, 1), (2, 1), (6, 1), Verdict::Agrees),
        ];
        for (scope, before, read, after, verdict) in cases {
            let of = |(recorded, waiting)| counts(recorded, waiting);
            assert_eq!(judge(scope, &of(before), &of(read), &of(after)), verdict);
        }
    }
}
