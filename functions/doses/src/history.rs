//! The doses of one person, with everything that ever stood under their numbers.

use api::{Problem, Request, Response, Role};
use crypto::ResidentTag;
use recording::{Found, Whom};
use serde::Serialize;
use serde_json::{Value, json};
use store::{DoseId, DoseKey, DoseRevision, Newcomer, NewcomerKey, PersonDoses};

use crate::{
    Doses, answer,
    answer::{ShownDose, ShownEntry, ShownRevision},
    problem,
};

#[derive(Serialize)]
struct ShownPerson {
    resident: String,
    doses: Vec<ShownNumber>,
    newcomers: Vec<ShownNewcomer>,
}

/// What stands under a number, and what stood there before, newest first.
#[derive(Serialize)]
struct ShownNumber {
    id: String,
    #[serde(flatten)]
    now: ShownRevision,
    history: Vec<ShownRevision>,
}

/// A dose that came for a number that something else had.
#[derive(Serialize)]
struct ShownNewcomer {
    id: String,
    #[serde(flatten)]
    dose: ShownDose,
    findings: Vec<Value>,
    #[serde(flatten)]
    entry: ShownEntry,
    /// What was decided; `None` while it stands in the queue.
    settled: Option<Value>,
}

impl Doses {
    pub(crate) async fn history(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Read)?;
        request.nothing_more()?;
        let now = self.clock.now();
        let municipality = self.municipalities.of(request.caller().scope(), now);
        let municipality = municipality.await?;
        let tag = ResidentTag::parse(request.path("id")).map_err(|_| Problem::not_found())?;
        let (area, whom) = (municipality.area(), Whom::Tag(tag));
        let found = self.recorder.find(&area, &whom);
        match found.await.map_err(|error| problem(&error))? {
            Found::One(found) => Ok(Response::json(&ShownPerson::of(&found.doses))),
            Found::Nobody | Found::Several => Err(Problem::not_found()),
        }
    }
}

impl ShownPerson {
    fn of(person: &PersonDoses) -> Self {
        let number = |dose: &DoseRevision| {
            let key = dose.key(person.tag);
            let is_earlier = |it: &&DoseRevision| it.key(person.tag) == key;
            let earlier = person.history.iter().rev().filter(is_earlier);
            ShownNumber {
                id: key.to_string(),
                now: ShownRevision::of(dose),
                history: earlier.map(ShownRevision::of).collect(),
            }
        };
        let newcomers = person.newcomers.iter();
        Self {
            resident: person.tag.to_string(),
            doses: person.doses.iter().map(number).collect(),
            newcomers: newcomers
                .map(|it| ShownNewcomer::of(person.tag, it))
                .collect(),
        }
    }
}

impl ShownNewcomer {
    fn of(resident: ResidentTag, newcomer: &Newcomer) -> Self {
        let key = NewcomerKey {
            dose: DoseKey::of(resident, &newcomer.dose),
            id: newcomer.id,
        };
        let settled = newcomer.settled.as_ref().map(|settled| {
            json!({
                "how": settled.how.as_str(),
                "at": settled.at.to_string(),
                "by": settled.by.expose(),
                "reason": settled.why.as_ref().map(|why| why.expose().clone()),
            })
        });
        Self {
            id: DoseId::Newcomer(key).to_string(),
            dose: ShownDose::of(&newcomer.dose),
            findings: answer::codes(&newcomer.findings),
            entry: ShownEntry::of(&newcomer.entry),
            settled,
        }
    }
}
