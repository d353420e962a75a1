//! One recorded basis, two inquiries that want it, two holders that are asked.
//!
//! One step is one call that others can notice: a transaction, an invocation that begins, an answer
//! that arrives. Askers and invocations die anywhere; an invocation goes on when its asker is dead;
//! an inquiry is repeated, and an invocation comes again. Meanwhile the basis is approved, revoked,
//! or its time is up.

mod properties;
mod step;

use stateright::{Model, Property};

pub use properties::{LOGGED, NEVER_LATE, ONE_ENTRY, ONLY_ONE};
pub use step::Action;

/// Inquiries that want the basis.
pub const INQUIRIES: usize = 2;
/// Municipalities that are asked.
pub const HOLDERS: usize = 2;

/// How much goes wrong in one run. Within these bounds every interleaving is visited.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Askers and invocations that die.
    pub crashes: u8,
    /// Inquiries and invocations that come once more.
    pub repeats: u8,
}

/// A protocol without one of its safeguards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakening {
    /// Claiming does not look whether somebody else has claimed.
    ClaimWithoutCondition,
    /// The asker's entry is written after the claim, not with it.
    AskedEntryApart,
    /// The holder answers, and writes its entry then.
    AnswerBeforeLog,
    /// The answer is kept without looking whether the basis still holds.
    ConcludeWithoutCondition,
}

/// What was done to the basis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    Draft,
    Granted,
    Claimed(usize),
    Answered(usize),
    Revoked,
}

/// Where the process that works for an inquiry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// Nobody works for it.
    Idle,
    /// Weakened only: it has claimed, and has yet to write its entry.
    Unwritten,
    /// It asks the holders; these answers it has in hand.
    Asking([bool; HOLDERS]),
    /// The answer is kept, and about to be given to the municipality.
    Giving,
}

/// Where an invocation of one holder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Invocation {
    None,
    /// It is about to look at the basis.
    Begun,
    /// The basis held when it looked; it is about to write its entry.
    Looked,
    /// It is about to answer.
    Written,
    /// Weakened only: it has answered, and is about to write its entry.
    Unwritten,
}

/// Everything there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub stage: Stage,
    /// Whether its time is up.
    pub expired: bool,
    pub askers: [Asker; INQUIRIES],
    pub invocations: [[Invocation; HOLDERS]; INQUIRIES],
    /// Entries in the asker's log, by inquiry: that it asked, and what came of it.
    pub asked: [u8; INQUIRIES],
    pub concluded: [u8; INQUIRIES],
    /// Entries in the holders' logs, by inquiry and holder.
    pub answered: [[u8; HOLDERS]; INQUIRIES],
    /// Whether doses have left the holder.
    pub left: [[bool; HOLDERS]; INQUIRIES],
    /// Whether the municipality was given an answer.
    pub given: [bool; INQUIRIES],
    /// Whether it was refused the basis, which another had taken.
    pub turned_away: [bool; INQUIRIES],
    /// Whether an answer was decided on after the basis had ended.
    pub late: bool,
    pub crashes_left: u8,
    pub repeats_left: u8,
}

/// The life of one recorded basis.
#[derive(Clone, Debug)]
pub struct Consent {
    bounds: Bounds,
    weakening: Option<Weakening>,
}

impl Consent {
    #[must_use]
    pub fn new(bounds: Bounds, weakening: Option<Weakening>) -> Self {
        Self { bounds, weakening }
    }

    fn weakened(&self, weakening: Weakening) -> bool {
        self.weakening == Some(weakening)
    }
}

impl State {
    /// Whether the basis is this inquiry's, and still holds.
    fn holds_for(&self, inquiry: usize) -> bool {
        self.stage == Stage::Claimed(inquiry) && !self.expired
    }
}

impl Model for Consent {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            stage: Stage::Draft,
            expired: false,
            askers: [Asker::Idle; INQUIRIES],
            invocations: [[Invocation::None; HOLDERS]; INQUIRIES],
            asked: [0; INQUIRIES],
            concluded: [0; INQUIRIES],
            answered: [[0; HOLDERS]; INQUIRIES],
            left: [[false; HOLDERS]; INQUIRIES],
            given: [false; INQUIRIES],
            turned_away: [false; INQUIRIES],
            late: false,
            crashes_left: self.bounds.crashes,
            repeats_left: self.bounds.repeats,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        step::possible(state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let after = self.after(state, action);
        // What changes nothing leads nowhere new.
        (after != *state).then_some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
