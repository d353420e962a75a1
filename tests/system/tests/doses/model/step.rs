//! One step of a sequence: what it is, done by the recorder, and done by the model.

use domain::{DoseNumber, Sensitive, UploadId};
use recording::{Changed, Correction, Incoming, Outcome, Reasoned, Resolution, Second, Whom};
use store::{DoseKey, NewcomerKey, Once, Source, WaitingKey, content_id};
use system::{chance::Chance, office::Office};

use super::books::{Books, Brought, Change, Content, How, Said, row};

/// Who acts.
const CALLERS: [&str; 4] = ["nurse-1", "nurse-2", "office", "chief"];

/// One thing that somebody does.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Record(usize, Brought),
    Change(usize, u8, Option<u32>, &'static str, Change),
    Settle(usize, Content, &'static str, How),
    Withdraw(usize, Content, &'static str),
}

fn number(chance: &mut Chance) -> u8 {
    u8::try_from(1 + chance.below(3)).unwrap()
}

fn content(chance: &mut Chance, number: u8) -> Content {
    Content {
        number,
        // Mostly the right day: sequences that refuse everything show little.
        day: [0, 0, 0, 1, 2][chance.below(5)],
        lot: [0, 0, 1, 2][chance.below(4)],
        day_of: number,
    }
}

impl Step {
    /// A step that makes sense now and then.
    pub(crate) fn draw(chance: &mut Chance, books: &Books) -> Self {
        let person = chance.below(books.pages.len());
        let number = number(chance);
        Self::draw_for(chance, books, person, number)
    }

    /// The same about one number of one person.
    pub(crate) fn draw_for(chance: &mut Chance, books: &Books, person: usize, number: u8) -> Self {
        let page = &books.pages[person];
        let by = *chance.of(&CALLERS);
        match chance.below(12) {
            6..=8 => {
                let seen = match chance.below(4) {
                    0 => None,
                    1 => Some(page.revision(number).saturating_sub(1)),
                    _ => Some(page.revision(number)),
                };
                let change = match chance.below(6) {
                    0 | 1 => Change::Correct(content(chance, number)),
                    2 => Change::Cancel,
                    3 => Change::Accept,
                    4 => Change::Reject,
                    _ => Change::Lock(chance.below(2) == 0),
                };
                Self::Change(person, number, seen, by, change)
            }
            9 | 10 if !page.newcomers.is_empty() => {
                let content = chance.of(&page.newcomers).content;
                let how = match chance.below(4) {
                    0 => How::Keep,
                    1 => How::Replace,
                    _ => {
                        let to = self::number(chance);
                        let away = (chance.below(2) == 0).then(|| self::number(chance));
                        How::Renumber(to, away)
                    }
                };
                Self::Settle(person, content, by, how)
            }
            11 if !page.waiting.is_empty() => {
                Self::Withdraw(person, chance.of(&page.waiting).content, by)
            }
            _ => Self::record(chance, person, number, by),
        }
    }

    fn record(chance: &mut Chance, person: usize, number: u8, by: &str) -> Self {
        let content = content(chance, number);
        let from_file = chance.below(3) == 0;
        // A file says the same each time it is dropped, and a row of it comes twice now and then.
        let row = u64::try_from(person * 64 + content.day * 16 + content.lot * 4).unwrap();
        let source = Source::File {
            upload: UploadId::derive(&[u8::try_from(chance.below(2)).unwrap(); 32]),
            row: row + u64::from(number),
        };
        let key = (!from_file).then(|| format!("key-{}", chance.below(40)));
        Self::Record(
            person,
            Brought {
                content,
                fits: from_file || chance.below(8) > 0,
                by: if from_file { "" } else { by }.to_owned(),
                source: if from_file { source } else { Source::Api },
                key,
            },
        )
    }

    /// Whose page it is on.
    pub(crate) fn person(&self) -> usize {
        match self {
            Self::Record(person, _)
            | Self::Change(person, ..)
            | Self::Settle(person, ..)
            | Self::Withdraw(person, ..) => *person,
        }
    }

    /// Whether it touches more than one number.
    pub(crate) fn is_wide(&self) -> bool {
        matches!(self, Self::Settle(_, _, _, How::Renumber(..)))
    }

    pub(crate) fn in_model(&self, books: &mut Books) -> Said {
        match self {
            Self::Record(person, brought) => books.record(*person, brought),
            Self::Change(person, number, seen, by, change) => {
                books.change(*person, *number, *seen, by, *change)
            }
            Self::Settle(person, content, by, how) => books.settle(*person, *content, by, *how),
            Self::Withdraw(person, content, _) => books.withdraw(*person, *content),
        }
    }

    pub(crate) async fn in_truth(&self, office: &Office) -> Said {
        let (area, now) = (office.area(), office.now());
        let recorder = &office.recorder;
        match self {
            Self::Record(person, brought) => {
                let incoming = incoming(office, *person, brought);
                of_outcome(&recorder.record(&area, &incoming, now).await.unwrap())
            }
            Self::Change(person, number, seen, by, change) => {
                let key = key(office, *person, *number);
                let reasoned = reasoned(by, *seen);
                let changed = match change {
                    Change::Correct(content) => {
                        let to = correction(*person, *content);
                        recorder.correct(&area, &key, &to, &reasoned, now).await
                    }
                    Change::Cancel => recorder.cancel(&area, &key, &reasoned, now).await,
                    Change::Accept => recorder.accept(&area, &key, &reasoned, now).await,
                    Change::Reject => recorder.reject(&area, &key, &reasoned, now).await,
                    Change::Lock(locked) => {
                        let set = recorder.set_lock(&area, &key, *locked, &reasoned, now);
                        set.await
                    }
                };
                of_changed(&changed.unwrap())
            }
            Self::Settle(person, content, by, how) => {
                let key = NewcomerKey {
                    dose: key(office, *person, content.number),
                    id: content_id(&office.keys, &content.dose(*person)),
                };
                let reasoned = reasoned(by, None);
                let settled = recorder.resolve(&area, &key, resolution(*how), &reasoned, now);
                of_changed(&settled.await.unwrap())
            }
            Self::Withdraw(person, content, by) => {
                let dose = content.dose(*person);
                let key = WaitingKey {
                    coupon: office.keys.coupon_tag(dose.coupon.unwrap()),
                    programme: dose.programme,
                    number: dose.number,
                    id: content_id(&office.keys, &dose),
                };
                let reasoned = reasoned(by, None);
                let withdrawn = recorder.withdraw(&area, &key, &reasoned, now);
                of_changed(&withdrawn.await.unwrap())
            }
        }
    }
}

fn incoming(office: &Office, person: usize, brought: &Brought) -> Incoming {
    let dose = brought.content.dose(person);
    let born = domain::parse_date(row(person).cell("生年月日")).unwrap();
    let second = match (brought.source, brought.fits) {
        (Source::File { .. }, _) => Second::NotAsked,
        (Source::Api, true) => Second::BirthDate(born),
        (Source::Api, false) => Second::BirthDate(born.tomorrow().unwrap()),
    };
    let body = format!("{person} {:?} {}", brought.content, brought.fits);
    let once = brought.key.as_ref();
    Incoming {
        whom: Whom::Coupon(dose.coupon.unwrap()),
        dose,
        second,
        by: Sensitive::new(brought.by.clone()),
        source: brought.source,
        once: once.map(|key| Once::new(&office.keys, &brought.by, key, body.as_bytes())),
    }
}

fn key(office: &Office, person: usize, number: u8) -> DoseKey {
    DoseKey {
        resident: office.tag(&row(person)),
        programme: domain::ProgrammeCode::COVID19,
        number: DoseNumber::new(number).unwrap(),
    }
}

fn reasoned(by: &str, expected: Option<u32>) -> Reasoned {
    Reasoned {
        by: Sensitive::new(by.to_owned()),
        why: Some(String::from("確認").into()),
        expected,
    }
}

fn correction(person: usize, content: Content) -> Correction {
    let dose = content.dose(person);
    Correction {
        given_on: dose.given_on,
        product: dose.product,
        lot: dose.lot,
        venue: None,
        physician: None,
    }
}

fn resolution(how: How) -> Resolution {
    let number = |number| DoseNumber::new(number).unwrap();
    match how {
        How::Keep => Resolution::Keep,
        How::Replace => Resolution::Replace,
        How::Renumber(to, away) => Resolution::Renumber {
            newcomer: number(to),
            holder: away.map(number),
        },
    }
}

fn of_outcome(outcome: &Outcome) -> Said {
    match outcome {
        Outcome::Recorded(kept) => Said::Recorded(kept.revision),
        Outcome::Unchanged(kept) => Said::Unchanged(kept.revision),
        Outcome::Review(kept) => Said::Review(kept.revision),
        Outcome::Conflict(_) => Said::Conflict,
        Outcome::Waiting(_) => Said::Waiting,
        Outcome::Refused(_) | Outcome::Withdrawn(_) => Said::Refused,
        Outcome::KeyReused => Said::KeyReused,
    }
}

fn of_changed(changed: &Changed) -> Said {
    match changed {
        Changed::Done(dose) => Said::Done(dose.revision),
        Changed::Unchanged(dose) => Said::Unchanged(dose.revision),
        Changed::Settled => Said::Settled,
        Changed::Refused(_) => Said::Refused,
        Changed::Stale => Said::Stale,
        Changed::Locked => Said::Locked,
        Changed::Impossible => Said::Impossible,
        Changed::NotFound => Said::NotFound,
    }
}
