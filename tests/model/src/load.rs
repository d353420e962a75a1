//! What is checked: files, how much goes wrong, and the protocol as it is or weakened.

use stateright::{Model, Property};

use crate::action::Action;
use crate::register::{FILES, File, Register, Row, Tally, apply};
use crate::state::{Generation, State, index};
use crate::weakening::Weakening;

/// How much goes wrong in one run. Within these bounds every interleaving is visited.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Workers that die.
    pub crashes: u8,
    /// Messages that come while another worker has them, or after they were deleted.
    pub repeats: u8,
    /// Whether somebody reads the register meanwhile, as often as they like.
    pub reader: bool,
}

/// The load of three residents files of one municipality.
#[derive(Clone, Debug)]
pub struct Load {
    files: [File; FILES],
    bounds: Bounds,
    weakening: Option<Weakening>,
    registers: [Register; FILES + 1],
    tallies: [Tally; FILES],
}

impl Load {
    #[must_use]
    pub fn new(files: [File; FILES], bounds: Bounds, weakening: Option<Weakening>) -> Self {
        let mut registers = [Register::default(); FILES + 1];
        let mut tallies = [Tally::default(); FILES];
        for (n, file) in files.iter().enumerate() {
            (registers[n + 1], tallies[n]) = apply(&registers[n], file);
        }
        Self {
            files,
            bounds,
            weakening,
            registers,
            tallies,
        }
    }

    /// What the register must be while this generation is in force.
    #[must_use]
    pub fn register(&self, generation: Generation) -> Register {
        self.registers[usize::from(generation)]
    }

    /// How the rows of this file must be accounted for.
    #[must_use]
    pub fn tally(&self, generation: Generation) -> Tally {
        self.tallies[index(generation)]
    }

    pub(crate) fn row(&self, generation: Generation, resident: usize) -> Row {
        self.files[index(generation)][resident]
    }

    pub(crate) fn has_reader(&self) -> bool {
        self.bounds.reader
    }

    pub(crate) fn weakened(&self, weakening: Weakening) -> bool {
        self.weakening == Some(weakening)
    }
}

impl Model for Load {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::empty(self.bounds.crashes, self.bounds.repeats)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.possible(state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.after(state, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        crate::properties::all()
    }
}
