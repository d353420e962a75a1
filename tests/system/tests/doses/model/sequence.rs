//! One sequence, from an empty book to the end.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::japan_date;
use local::{Options, TimerClock};
use system::{
    chance::Chance,
    file::{Encoding, File},
    office::Office,
    town::{CHIYODA, Town},
};

use super::{
    books::{Books, Said, row},
    compare,
    step::Step,
};

const PERSONS: usize = 5;
/// The others come into the register one by one.
const REGISTERED: usize = 3;
/// After third doses began.
const BEGINNING: &str = "2022-07-01T00:00:00Z";

/// How often each answer was given.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    said: BTreeMap<String, u64>,
    bursts: u64,
    registered: u64,
}

impl Seen {
    fn count(&mut self, said: Said) {
        let word = format!("{said:?}");
        let word = word.split('(').next().unwrap().to_owned();
        *self.said.entry(word).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (said, times) in &other.said {
            *self.said.entry(said.clone()).or_default() += times;
        }
        self.bursts += other.bursts;
        self.registered += other.registered;
    }

    /// A test that never sees a case says nothing about it.
    pub(crate) fn assert_everything_happened(&self) {
        let all = [
            "Recorded",
            "Unchanged",
            "Review",
            "Conflict",
            "Waiting",
            "Refused",
            "KeyReused",
            "Done",
            "Settled",
            "Stale",
            "Locked",
            "Impossible",
            "NotFound",
        ];
        for said in all {
            assert!(self.said.contains_key(said), "nobody was told {said}");
        }
        assert!(self.bursts > 0 && self.registered > 0);
    }
}

pub(crate) async fn run(seed: u64, steps: u64) -> Seen {
    let clock = TimerClock::starting_at(BEGINNING.parse().unwrap());
    let town = Town::with(Options {
        clock: Arc::new(clock),
        ..Options::default()
    })
    .await;
    register(&town, 0..REGISTERED).await;
    let office = Office::of(&town, CHIYODA).await;
    let mut chance = Chance::new(seed);
    let mut books = Books::new(PERSONS, REGISTERED, japan_date(office.now()));
    let mut seen = Seen::default();
    for step in 0..steps {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let next = books.pages.iter().position(|page| !page.registered);
        match (chance.below(20), next) {
            (0, Some(person)) => {
                register(&town, person..person + 1).await;
                office.attach().await;
                books.register(person);
                seen.registered += 1;
                check(&office, &books, person, &"a residents file").await;
            }
            (1..=3, _) => burst(&office, &mut books, &mut chance, &mut seen).await,
            _ => {
                let it = Step::draw(&mut chance, &books);
                let meant = it.in_model(&mut books);
                let said = it.in_truth(&office).await;
                assert_eq!(said, meant, "step {step}: {it:?}");
                seen.count(said);
                check(&office, &books, it.person(), &it).await;
            }
        }
        if step % 15 == 14 {
            compare::lists(&office, &books).await.unwrap();
        }
    }
    for person in 0..PERSONS {
        check(&office, &books, person, &"the end").await;
    }
    compare::lists(&office, &books).await.unwrap();
    seen
}

async fn register(town: &Town, persons: std::ops::Range<usize>) {
    let file = File::new(persons.map(row)).bytes(Encoding::Utf8);
    let receipt = town.take_in(CHIYODA, "residents.csv", file).await;
    assert_eq!(receipt["state"], "in_force", "{receipt}");
}

async fn check(office: &Office, books: &Books, person: usize, after: &dyn std::fmt::Debug) {
    let mut found = compare::person(office, books, person).await;
    if found.is_ok() {
        found = compare::counts(office, books).await;
    }
    if let Err(what) = found {
        panic!("after {after:?}: {what}");
    }
}

/// Three callers at once on one number: what they are told and what stands then is that of some order.
async fn burst(office: &Office, books: &mut Books, chance: &mut Chance, seen: &mut Seen) {
    // What comes for a stranger in the same instant waits in no order.
    let person = chance.below(REGISTERED);
    let number = u8::try_from(1 + chance.below(3)).unwrap();
    let mut steps = Vec::new();
    while steps.len() < 3 {
        let step = Step::draw_for(chance, books, person, number);
        if !step.is_wide() && is_about(&step, number) {
            steps.push(step);
        }
    }
    let (a, b, c) = tokio::join!(
        steps[0].in_truth(office),
        steps[1].in_truth(office),
        steps[2].in_truth(office),
    );
    let said = [a, b, c];
    let mut tried = Vec::new();
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut one_way = books.clone();
        let fits = order
            .iter()
            .all(|at| steps[*at].in_model(&mut one_way) == said[*at]);
        if !fits {
            continue;
        }
        match compare::person(office, &one_way, person).await {
            Ok(()) => {
                *books = one_way;
                compare::counts(office, books).await.unwrap();
                seen.bursts += 1;
                for it in said {
                    seen.count(it);
                }
                return;
            }
            Err(what) => tried.push(what),
        }
    }
    panic!("no order of {steps:#?} gives {said:?}: {tried:#?}");
}

fn is_about(step: &Step, number: u8) -> bool {
    match step {
        Step::Record(_, brought) => brought.content.number == number,
        Step::Change(_, about, ..) => *about == number,
        Step::Settle(_, content, ..) | Step::Withdraw(_, content, _) => content.number == number,
    }
}
