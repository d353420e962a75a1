//! Everything about the doses of one person, by one query.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use crypto::{ResidentTag, Tag, TenantKeys};
use domain::{DoseNumber, Generation, ProgrammeCode, TenantScope};

use super::{
    DoseKey, DoseRevision, Newcomer, Once, Remembered, WaitingDose, WaitingKey, item::Opener,
    memory, waiting,
};
use crate::{
    InRegister, InSight, Store, StoreError,
    item::{Item, Map, s},
    keys::{self, EDITION_SK, FIRST_DOSE_SK, PROFILE_SK},
    many::MOST,
    page::all,
    register::slots,
};

/// A person and their doses, read at one moment.
#[derive(Debug, Clone)]
pub struct PersonDoses {
    /// Tag of the person.
    pub tag: ResidentTag,
    /// The person; `None` when the register read under has nobody of this tag.
    pub person: Option<InRegister>,
    /// Whether a register newer than the one read under has somebody of this tag.
    pub is_ahead: bool,
    /// How many revisions there are of their doses. A change is made on the condition that no other came between, so
    /// that what was found about a dose beside the others is true when it is written.
    pub edition: u64,
    /// What stands under the numbers, in their order.
    pub doses: Vec<DoseRevision>,
    /// Earlier revisions, by number and revision.
    pub history: Vec<DoseRevision>,
    /// Newcomers, settled or not, by number.
    pub newcomers: Vec<Newcomer>,
}

impl PersonDoses {
    fn nothing_of(tag: ResidentTag) -> Self {
        Self {
            tag,
            person: None,
            is_ahead: false,
            edition: 0,
            doses: Vec::new(),
            history: Vec::new(),
            newcomers: Vec::new(),
        }
    }

    /// What stands under a number, cancelled or not.
    #[must_use]
    pub fn under(&self, programme: ProgrammeCode, number: DoseNumber) -> Option<&DoseRevision> {
        let mut doses = self.doses.iter();
        doses.find(|it| it.dose.programme == programme && it.dose.number == number)
    }

    /// The same by its name.
    #[must_use]
    pub fn dose(&self, key: &DoseKey) -> Option<&DoseRevision> {
        self.under(key.programme, key.number)
    }
}

/// What is stored of a person and their doses, read by one query, the person last, and sealed as it is stored.
#[derive(Debug)]
pub struct PersonItems {
    scope: TenantScope,
    tag: ResidentTag,
    items: Vec<Map>,
}

impl PersonItems {
    /// The person under `generation`, and nothing of their doses.
    pub fn person(&self, keys: &TenantKeys, generation: Generation) -> Result<InSight, StoreError> {
        let mut items = self.items.iter();
        let profile = items.find(|map| Item(map).text("sk").is_ok_and(|sk| sk == PROFILE_SK));
        let Some(profile) = profile else {
            return Ok(InSight::Nobody);
        };
        let person = slots::under(&self.scope, keys, profile, generation)?;
        Ok(person.map_or(InSight::Ahead, |it| InSight::Person(Box::new(it))))
    }

    /// All of it.
    pub fn doses(
        &self,
        keys: &TenantKeys,
        generation: Generation,
    ) -> Result<PersonDoses, StoreError> {
        let opener = Opener {
            scope: &self.scope,
            keys,
        };
        let mut found = PersonDoses::nothing_of(self.tag);
        match self.person(keys, generation)? {
            InSight::Nobody => {}
            InSight::Ahead => found.is_ahead = true,
            InSight::Person(person) => found.person = Some(*person),
        }
        for map in &self.items {
            match Item(map).text("sk")?.as_bytes().first() {
                Some(b'D') => found.doses.push(opener.revision(map)?),
                Some(b'E') => found.edition = edition(map)?,
                Some(b'H') => found.history.push(opener.revision(map)?),
                Some(b'N') => found.newcomers.push(opener.newcomer(map)?),
                _ => {}
            }
        }
        Ok(found)
    }
}

impl Store {
    /// A person under `generation`, with all that is known of their doses.
    pub async fn person_doses(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        tag: &ResidentTag,
        generation: Generation,
    ) -> Result<PersonDoses, StoreError> {
        self.person_items(scope, tag).await?.doses(keys, generation)
    }

    /// The same, nothing of it opened yet.
    ///
    /// A query may meet a transaction half-way, and bring some of what it writes and not the rest: then it is made
    /// anew. Else what is written on the condition of a new edition would be judged beside an old dose.
    pub async fn person_items(
        &self,
        scope: &TenantScope,
        tag: &ResidentTag,
    ) -> Result<PersonItems, StoreError> {
        let mut items = self.items_of_person(scope, tag).await?;
        for _ in 1..READS {
            if is_of_one_moment(&items) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            items = self.items_of_person(scope, tag).await?;
        }
        Ok(PersonItems {
            scope: scope.clone(),
            tag: *tag,
            items,
        })
    }

    async fn items_of_person(
        &self,
        scope: &TenantScope,
        tag: &ResidentTag,
    ) -> Result<Vec<Map>, StoreError> {
        let query = self
            .client(scope)
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", s(keys::resident(scope, tag)))
            .expression_attribute_values(":first", s(FIRST_DOSE_SK))
            .expression_attribute_values(":last", s(PROFILE_SK));
        all(query).await
    }

    /// People under `generation`, each with what stands under the numbers from 1 to `most` of one
    /// programme: no history, no newcomers, no other programmes. In the order in which they are asked for;
    /// nobody may be named twice. Of whoever has other doses as well, or changes meanwhile, the person is not said.
    /// Beside them those of the `waited` doses that are there, settled or not.
    /// [`PEOPLE_AT_ONCE`] people without doses, with a waiting dose each, cost one call; whoever has doses costs
    /// a part of another one.
    pub async fn doses_of_many(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        tags: &[ResidentTag],
        waited: &BTreeSet<WaitingKey>,
        (programme, most): (ProgrammeCode, DoseNumber),
        generation: Generation,
    ) -> Result<(Vec<PersonDoses>, Vec<WaitingDose>), StoreError> {
        let opener = Opener { scope, keys };
        let mut people: HashMap<String, PersonDoses> = HashMap::with_capacity(tags.len());
        let mut places = Vec::with_capacity(tags.len() * KEYS_OF_A_PERSON);
        for tag in tags {
            let pk = keys::resident(scope, tag);
            places.push((pk.clone(), PROFILE_SK.to_owned()));
            places.push((pk.clone(), EDITION_SK.to_owned()));
            people.insert(pk, PersonDoses::nothing_of(*tag));
        }
        places.extend(waited.iter().map(|key| waiting::place(scope, key)));
        let mut waiting = Vec::new();
        for some in places.chunks(MOST) {
            for map in self.get_many(scope, some).await? {
                let Some(found) = people.get_mut(Item(&map).text("pk")?) else {
                    waiting.push(opener.waiting(&map)?);
                    continue;
                };
                if Item(&map).text("sk")? == PROFILE_SK {
                    found.person = slots::under(scope, keys, &map, generation)?;
                    found.is_ahead = found.person.is_none();
                } else {
                    found.edition = edition(&map)?;
                }
            }
        }
        // Read behind the edition: what came between them keeps a change from being made.
        let mut places = Vec::new();
        for found in people.values().filter(|it| it.edition > 0) {
            let pk = keys::resident(scope, &found.tag);
            let numbers = (1..=most.get()).filter_map(DoseNumber::new);
            places.extend(numbers.map(|number| {
                let key = DoseKey {
                    resident: found.tag,
                    programme,
                    number,
                };
                (pk.clone(), keys::dose_sk(&key))
            }));
        }
        for some in places.chunks(MOST) {
            for map in self.get_many(scope, some).await? {
                if let Some(found) = people.get_mut(Item(&map).text("pk")?) {
                    found.doses.push(opener.revision(&map)?);
                }
            }
        }
        let mut in_order = Vec::with_capacity(tags.len());
        for tag in tags {
            let mut found = people
                .remove(&keys::resident(scope, tag))
                .unwrap_or_else(|| PersonDoses::nothing_of(*tag));
            found.doses.sort_unstable_by_key(|it| it.dose.number);
            let revisions = found.doses.iter().map(|it| u64::from(it.revision));
            if revisions.sum::<u64>() != found.edition {
                // Read while they changed, or there are others of another programme.
                found.person = None;
            }
            in_order.push(found);
        }
        Ok((in_order, waiting))
    }

    /// Whom the hints of a coupon lead to. Each of them is to be verified.
    pub async fn coupon_hints(
        &self,
        scope: &TenantScope,
        coupon: &Tag,
    ) -> Result<Vec<ResidentTag>, StoreError> {
        self.hints(scope, &keys::coupon(scope, coupon)).await
    }

    /// Who was born on this day, as far as hints tell. Each of them is to be verified.
    pub async fn birth_hints(
        &self,
        scope: &TenantScope,
        birth: &Tag,
    ) -> Result<Vec<ResidentTag>, StoreError> {
        self.hints(scope, &keys::birth(scope, birth)).await
    }

    /// By one call: the generation in force, what is remembered of a request that is to be done once, and the
    /// dose that waits, or waited, under `waited`.
    pub async fn begin_once(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        once: &Once,
        waited: Option<&WaitingKey>,
    ) -> Result<Begun, StoreError> {
        let mut wanted = vec![
            (keys::current(scope), "CURRENT".to_owned()),
            (once.pk(scope), memory::MEMORY_SK.to_owned()),
        ];
        wanted.extend(waited.map(|key| waiting::place(scope, key)));
        let mut begun = Begun {
            generation: Generation::NONE,
            before: None,
            waiting: None,
        };
        for map in self.get_many(scope, &wanted).await? {
            match Item(&map).text("sk")? {
                memory::MEMORY_SK => {
                    let outcome = memory::read(once, &map)?;
                    begun.before = Some(outcome.map_or(OnceBefore::OtherBody, OnceBefore::Done));
                }
                "CURRENT" => {
                    let in_force = Item(&map).maybe_number("in_force")?;
                    begun.generation = Generation::new(in_force.unwrap_or(0));
                }
                _ => begun.waiting = Some(Opener { scope, keys }.waiting(&map)?),
            }
        }
        Ok(begun)
    }
}

/// What a transaction of `DynamoDB` takes.
const MOST_WRITES: usize = 100;
/// The dose, the person's edition, the day on which they were touched, and a doubtful one's place on the list.
const WRITES_OF_A_DOSE: usize = 4;

/// So many people [`Store::doses_of_many`] asks about by one call, whether they have doses; and for so many a
/// [`crate::DoseChange`] puts one each by one transaction.
pub const PEOPLE_AT_ONCE: usize = {
    let read = MOST / KEYS_OF_A_PERSON;
    // The count of the municipality stands in it once.
    let put = (MOST_WRITES - 1) / WRITES_OF_A_DOSE;
    if read < put { read } else { put }
};

/// The person, the edition of their doses, and what waited for the coupon.
const KEYS_OF_A_PERSON: usize = 3;

fn edition(map: &Map) -> Result<u64, StoreError> {
    Item(map).number("edition")
}

/// So often a person is read whose doses and their edition do not add up, which a transaction explains for
/// milliseconds. What still does not then is taken as it is.
const READS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(5);

/// Whether all of a person's items are as they were at one moment: each revision of a dose is counted by the edition,
/// and stands under its number or in the history. What does not even say its revision is left to whoever opens it.
fn is_of_one_moment(items: &[Map]) -> bool {
    let adds_up = || {
        let (mut counted, mut last, mut stored) = (0, 0, 0);
        for map in items {
            match Item(map).text("sk").ok()?.as_bytes().first() {
                Some(b'D') => {
                    last += Item(map).number::<u64>("rev").ok()?;
                    stored += 1;
                }
                Some(b'E') => counted = edition(map).ok()?,
                Some(b'H') => stored += 1,
                _ => {}
            }
        }
        Some(last == counted && stored == counted)
    };
    adds_up().unwrap_or(true)
}

/// What is known when a request begins.
#[derive(Debug)]
pub struct Begun {
    /// Which register is in force.
    pub generation: Generation,
    /// What is remembered of the request's key, if anything.
    pub before: Option<OnceBefore>,
    /// The waiting dose that was asked for, settled or not, if there is one.
    pub waiting: Option<WaitingDose>,
}

/// What is remembered of a request's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnceBefore {
    /// The same request was done, with this outcome.
    Done(Remembered),
    /// The key was used for a request with another body.
    OtherBody,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::n;

    fn item(sk: &str, name: &str, value: u64) -> Map {
        Map::from([("sk".to_owned(), s(sk)), (name.to_owned(), n(value))])
    }

    #[test]
    fn what_a_transaction_has_written_by_half_is_not_of_one_moment() {
        let first = |rev| item("D#COVID19#01", "rev", rev);
        let second = |rev| item("D#COVID19#02", "rev", rev);
        let before = item("H#COVID19#01#000001", "rev", 1);
        let edition = |it| item(EDITION_SK, "edition", it);
        let person = item(PROFILE_SK, "v", 1);
        let cases = [
            (vec![person.clone()], true),
            (vec![first(1), edition(1), person.clone()], true),
            (vec![first(2), edition(2), before.clone()], true),
            (vec![first(2), second(1), edition(3), before.clone()], true),
            // Another one is coming: of some of these there is only what was.
            (vec![edition(1), person], false),
            (vec![first(1)], false),
            (vec![first(1), edition(2)], false),
            (vec![first(2), edition(1), before.clone()], false),
            (vec![first(1), edition(2), before.clone()], false),
            (vec![first(2), edition(2)], false),
            (vec![first(2), edition(3), before], false),
            // Not even that it is spoilt is said here.
            (vec![item("D#COVID19#01", "v", 1), edition(1)], true),
        ];
        for (at, (items, expected)) in cases.into_iter().enumerate() {
            assert_eq!(is_of_one_moment(&items), expected, "{at}");
        }
    }
}
