//! The model: what stands under each number of each person, in plain lists.

use std::collections::BTreeMap;

use domain::{
    CouponNumber, Date, Dose, DoseNumber, DoseState, FindingCode, LotNumber, ProgrammeCode,
};
use store::{DoseAct, DoseCounts, Settled, Source};
use system::file::Row;

/// Days on which doses of each number are said to be given: right ones and wrong ones.
const DAYS: [[&str; 3]; 3] = [
    ["2021-03-01", "2021-03-05", "2021-02-16"],
    ["2021-03-22", "2021-03-10", "2021-03-29"],
    ["2021-12-05", "2021-11-01", "2021-12-06"],
];
const LOTS: [&str; 3] = ["EP2163", "EP9605", "EPO163"];

/// What a dose says, in few words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Content {
    pub(crate) number: u8,
    pub(crate) day: usize,
    pub(crate) lot: usize,
    /// The number that the day was chosen for: a dose that moved keeps its day.
    pub(crate) day_of: u8,
}

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Recorded(u32),
    Unchanged(u32),
    Review(u32),
    Conflict,
    Waiting,
    Refused,
    KeyReused,
    Done(u32),
    Settled,
    Stale,
    Locked,
    Impossible,
    NotFound,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revision {
    pub(crate) content: Content,
    pub(crate) state: DoseState,
    pub(crate) locked: bool,
    pub(crate) act: DoseAct,
    pub(crate) by: String,
    pub(crate) source: Source,
    pub(crate) findings: Vec<FindingCode>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Newcomer {
    pub(crate) content: Content,
    pub(crate) act: DoseAct,
    pub(crate) by: String,
    pub(crate) source: Source,
    pub(crate) settled: Option<Settled>,
    /// What held its number when it came, or after that.
    pub(crate) beside: Option<Content>,
    /// It was turned down, whatever came later.
    pub(crate) turned_down: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) content: Content,
    pub(crate) fits: bool,
    pub(crate) by: String,
    pub(crate) source: Source,
    pub(crate) settled: bool,
}

/// One person's page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pub(crate) registered: bool,
    /// Revisions from 1, by number.
    pub(crate) numbers: BTreeMap<u8, Vec<Revision>>,
    pub(crate) newcomers: Vec<Newcomer>,
    pub(crate) waiting: Vec<Waiting>,
}

/// A dose as somebody brings it.
#[derive(Debug, Clone)]
pub(crate) struct Brought {
    pub(crate) content: Content,
    pub(crate) fits: bool,
    pub(crate) by: String,
    pub(crate) source: Source,
    /// The key of the request; the body is the content.
    pub(crate) key: Option<String>,
}

/// All persons, and what is remembered of requests.
#[derive(Debug, Clone)]
pub(crate) struct Books {
    pub(crate) pages: Vec<Page>,
    pub(super) once: BTreeMap<(String, String), (usize, Content, bool, Said)>,
    pub(super) today: Date,
}

pub(crate) fn row(person: usize) -> Row {
    Row::of(u32::try_from(person).unwrap() + 1)
}

impl Content {
    pub(crate) fn dose(self, person: usize) -> Dose {
        let coupon = CouponNumber::parse(row(person).cell("券番号").as_bytes());
        Dose {
            programme: ProgrammeCode::COVID19,
            number: DoseNumber::new(self.number).unwrap(),
            given_on: DAYS[usize::from(self.day_of) - 1][self.day]
                .parse()
                .unwrap(),
            product: "COMIRNATY".parse().unwrap(),
            lot: LotNumber::parse(LOTS[self.lot]).unwrap(),
            venue: None,
            physician: None,
            coupon: coupon.ok(),
        }
    }

    pub(super) fn at(self, number: u8) -> Self {
        Self { number, ..self }
    }
}

impl Page {
    pub(crate) fn last(&self, number: u8) -> Option<&Revision> {
        self.numbers.get(&number).and_then(|all| all.last())
    }

    /// Whether it stood under its number once, or was turned down there.
    pub(super) fn was_taken_back(&self, content: Content) -> bool {
        let mut revisions = self.numbers.get(&content.number).into_iter().flatten();
        let mut newcomers = self.newcomers.iter();
        revisions.any(|it| it.content == content)
            || newcomers.any(|it| it.content == content && it.turned_down)
    }

    /// Whether staff took it back, as it is.
    pub(super) fn was_cancelled(&self, content: Content) -> bool {
        let mut revisions = self.numbers.get(&content.number).into_iter().flatten();
        revisions.any(|it| it.content == content && it.state == DoseState::Cancelled)
    }

    /// The same when it waited and was withdrawn.
    pub(super) fn withdrawn(&self, content: Content) -> Option<&Waiting> {
        let mut waiting = self.waiting.iter();
        waiting.find(|it| it.settled && it.content == content)
    }

    /// What waits is not waited for when it is put elsewhere.
    pub(super) fn leave_list(&mut self, content: Content) {
        self.waiting
            .retain(|it| it.settled || it.content != content);
    }

    /// Whether it was put under its number by a decision.
    pub(super) fn was_renumbered(&self, content: Content) -> bool {
        let mut revisions = self.numbers.get(&content.number).into_iter().flatten();
        revisions.any(|it| (it.content, it.act) == (content, DoseAct::Renumbered))
    }

    /// Whether something that stood under `number` was put under `away` by a decision.
    pub(super) fn was_moved(&self, number: u8, away: u8) -> bool {
        let revisions = |number: u8| self.numbers.get(&number).into_iter().flatten();
        let stood = |content: Content| revisions(number).any(|it| it.content == content);
        revisions(away).any(|it| it.act == DoseAct::Renumbered && stood(it.content.at(number)))
    }

    pub(crate) fn revision(&self, number: u8) -> u32 {
        let all = self.numbers.get(&number);
        u32::try_from(all.map_or(0, Vec::len)).unwrap()
    }

    pub(super) fn holder(&self, number: u8) -> Option<&Revision> {
        self.last(number).filter(|it| it.state.holds_number())
    }

    pub(super) fn put(&mut self, revision: Revision) -> u32 {
        let number = revision.content.number;
        self.numbers.entry(number).or_default().push(revision);
        self.revision(number)
    }

    /// Once, and once more if something else is there than what somebody decided beside.
    pub(super) fn queue(&mut self, newcomer: Newcomer) {
        let mut newcomers = self.newcomers.iter_mut();
        match newcomers.find(|it| it.content == newcomer.content) {
            None => self.newcomers.push(newcomer),
            Some(known) if known.settled.is_some() && known.beside != newcomer.beside => {
                *known = Newcomer {
                    turned_down: known.turned_down,
                    ..newcomer
                };
            }
            Some(_) => {}
        }
    }

    pub(crate) fn counts(&self) -> DoseCounts {
        let mut counts = DoseCounts::default();
        for last in self.numbers.values().filter_map(|all| all.last()) {
            match last.state {
                DoseState::Recorded => counts.recorded += 1,
                DoseState::Review => counts.review += 1,
                DoseState::Cancelled => counts.cancelled += 1,
            }
            counts.locked += i64::from(last.locked);
        }
        let open = self.newcomers.iter().filter(|it| it.settled.is_none());
        counts.conflict = i64::try_from(open.count()).unwrap();
        let waiting = self.waiting.iter().filter(|it| !it.settled);
        counts.waiting = i64::try_from(waiting.count()).unwrap();
        counts
    }
}

/// What is done to a dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Correct(Content),
    Cancel,
    Accept,
    Reject,
    Lock(bool),
}

impl Change {
    const fn act(self) -> DoseAct {
        match self {
            Self::Correct(_) => DoseAct::Corrected,
            Self::Cancel | Self::Reject => DoseAct::Cancelled,
            Self::Accept => DoseAct::Accepted,
            Self::Lock(true) => DoseAct::Locked,
            Self::Lock(false) => DoseAct::Unlocked,
        }
    }

    /// Whether the same person did it last; all give the same reason.
    pub(super) fn is_done(self, held: &Revision, by: &str) -> bool {
        let says_so = match self {
            Self::Correct(content) => held.content == content,
            _ => true,
        };
        says_so && held.act == self.act() && held.by == by
    }
}

/// What is decided about a newcomer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Keep,
    Replace,
    Renumber(u8, Option<u8>),
}

impl How {
    pub(super) const fn settled(self) -> Settled {
        match self {
            Self::Keep => Settled::Kept,
            Self::Replace => Settled::Replaced,
            Self::Renumber(..) => Settled::Renumbered,
        }
    }
}
