//! Whose dose it is: by the hint of the coupon or by the number, verified against the register.

use crypto::ResidentTag;
use domain::{Generation, TenantScope};
use store::{InRegister, PersonDoses, Status, StoreError};

use crate::{Area, Recorder, Whom, former::one_of};

/// `CURRENT` moves at most once per loaded file; more often than this it cannot move in a read.
const TRIES: u32 = 5;

/// Who was found.
#[derive(Debug, Clone)]
pub enum Found {
    /// One person, registered or removed, with their doses.
    One(Box<FoundPerson>),
    /// Nobody.
    Nobody,
    /// Several people have the coupon: more than one of them is registered, or none is and those who left are not all
    /// one person.
    Several,
}

/// A person in the register and their doses.
#[derive(Debug, Clone)]
pub struct FoundPerson {
    /// As the register has them.
    pub person: InRegister,
    /// Their doses under the number that was found; or, if another of their records already has the dose number that
    /// is to be written, the doses of that record.
    pub doses: PersonDoses,
    /// The same person under other numbers of the municipality's, with what was recorded there.
    pub others: Vec<PersonDoses>,
    /// Under which register they were read.
    pub(crate) generation: Generation,
}

/// Everybody else who was in question when somebody was looked for.
pub(crate) type InQuestion = Vec<PersonDoses>;

/// Everybody to whom a coupon or number leads, or led once, as they were read under one generation.
pub(crate) struct Hinted {
    pub(crate) people: Vec<PersonDoses>,
    pub(crate) generation: Generation,
}

impl Recorder {
    /// Finds a person in the register in force.
    pub async fn find(&self, area: &Area<'_>, whom: &Whom) -> Result<Found, StoreError> {
        let generation = self.generation(area.scope).await?;
        let hinted = self.find_from(area, whom, generation).await?;
        Ok(self.found(area, hinted, whom).await?.0)
    }

    pub(crate) async fn generation(&self, scope: &TenantScope) -> Result<Generation, StoreError> {
        Ok(self.store.register(scope).await?.generation())
    }

    /// Everybody in question under `generation`, which was in force a moment ago, or under the one that came
    /// into force since.
    ///
    /// One look at `CURRENT` is enough for one person: what was in force then is kept in one of the two
    /// slots until the generation after next is loaded, and the hints to it were there before.
    pub(crate) async fn find_from(
        &self,
        area: &Area<'_>,
        whom: &Whom,
        mut generation: Generation,
    ) -> Result<Hinted, StoreError> {
        for _ in 0..TRIES {
            let hinted = self.read_under(area, whom, generation).await?;
            // One of them is in a newer register only. It may have come into force in the meantime, and may give the
            // coupon of one of the others to somebody else.
            if !hinted.people.iter().any(|it| it.is_ahead) {
                return Ok(hinted);
            }
            let now = self.generation(area.scope).await?;
            if now == generation {
                return Ok(hinted);
            }
            generation = now;
        }
        Err(StoreError::TryAgain {
            code: "RegisterMoves".to_owned(),
        })
    }

    /// Whom it may lead to; each of them is to be verified.
    pub(crate) async fn tags(
        &self,
        area: &Area<'_>,
        whom: &Whom,
    ) -> Result<Vec<ResidentTag>, StoreError> {
        Ok(match whom {
            Whom::Number(number) => vec![area.keys.resident_tag(number.expose())],
            Whom::Tag(tag) => vec![*tag],
            Whom::Coupon(coupon) => {
                let coupon = area.keys.coupon_tag(*coupon);
                self.store.coupon_hints(area.scope, &coupon).await?
            }
        })
    }

    async fn read_under(
        &self,
        area: &Area<'_>,
        whom: &Whom,
        generation: Generation,
    ) -> Result<Hinted, StoreError> {
        let tags = self.tags(area, whom).await?;
        let people = self.read_those(area, &tags, generation).await?;
        Ok(Hinted { people, generation })
    }

    pub(crate) async fn read_those(
        &self,
        Area { scope, keys, .. }: &Area<'_>,
        tags: &[ResidentTag],
        generation: Generation,
    ) -> Result<InQuestion, StoreError> {
        let mut people = Vec::with_capacity(tags.len());
        for tag in tags {
            let doses = self
                .store
                .person_doses(scope, keys, tag, generation)
                .await?;
            people.push(doses);
        }
        Ok(people)
    }
}

impl FoundPerson {
    /// By this record alone, if the register knows of it.
    pub(crate) fn alone(doses: PersonDoses, generation: Generation) -> Option<Self> {
        Some(Self {
            person: doses.person.clone()?,
            doses,
            others: Vec::new(),
            generation,
        })
    }
}

impl Hinted {
    /// Which of the people in question is meant. Somebody who left is found by their coupon only if nobody registered
    /// has it: a municipality that numbers somebody anew removes them under one number and registers them under
    /// another. If they left under that one too, the records are still of one person.
    pub(crate) fn found(mut self, whom: &Whom) -> (Found, InQuestion) {
        let meant = |status: Status| {
            let people = self.people.iter().enumerate();
            let meant = people.filter(move |(_, it)| {
                let person = it.person.as_ref();
                person.is_some_and(|it| it.status == status && is_meant(it, whom))
            });
            meant.map(|(at, _)| at).collect::<Vec<_>>()
        };
        let registered = meant(Status::Registered);
        let meant = if registered.is_empty() {
            meant(Status::Removed)
        } else {
            registered
        };
        let found = match one_of(&self.people, &meant) {
            _ if meant.is_empty() => Found::Nobody,
            None => Found::Several,
            Some(at) => {
                let one = FoundPerson::alone(self.people.swap_remove(at), self.generation);
                one.map_or(Found::Nobody, |it| Found::One(Box::new(it)))
            }
        };
        (found, self.people)
    }
}

/// A hint may be older than the person's coupon.
pub(crate) fn is_meant(person: &InRegister, whom: &Whom) -> bool {
    match whom {
        Whom::Number(_) | Whom::Tag(_) => true,
        Whom::Coupon(coupon) => person.resident.resident.coupon == Some(*coupon),
    }
}
