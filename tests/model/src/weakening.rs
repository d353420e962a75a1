//! What the protocol would be without one of the things that hold it up.

/// A protocol without one of its safeguards. Each of these must let a counterexample be found:
/// a model that cannot tell a broken protocol from a sound one proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakening {
    /// A lease can run out while its holder still writes.
    WriterOutlivesLease,
    /// The reader does not read `CURRENT` again after the items.
    CurrentReadOnce,
    /// Removed residents are left out of the next manifest.
    RemovedLeaveManifest,
    /// Slots are shifted without looking at the generation of the newest.
    ShiftWithoutCondition,
    /// `CURRENT` moves when a chunk is done, not when all are.
    SwitchBeforeLastChunk,
}
