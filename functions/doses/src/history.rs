//! The doses of one person, with everything that ever stood under their numbers; and one waiting dose, which has
//! no person. Those under a former number of the person's are shown with them, and say so.

use api::{Problem, Request, Response, Role};
use crypto::ResidentTag;
use recording::{Found, FoundPerson, Whom};
use serde::Serialize;
use serde_json::Value;
use store::{DoseId, DoseKey, DoseRevision, Newcomer, NewcomerKey, PersonDoses, WaitingDose};

use crate::{
    Doses, answer,
    answer::{ShownDose, ShownEntry, ShownRevision},
    change,
};

#[derive(Serialize)]
struct ShownPerson {
    resident: String,
    doses: Vec<ShownNumber>,
    newcomers: Vec<ShownBeside>,
    /// What waited for the person's coupon and was withdrawn.
    withdrawn: Vec<ShownBeside>,
}

/// What stands under a number, and what stood there before, newest first.
#[derive(Serialize)]
struct ShownNumber {
    id: String,
    /// Whether it was recorded under another number that the municipality gave the person.
    other_number: bool,
    #[serde(flatten)]
    now: ShownRevision,
    history: Vec<ShownRevision>,
}

/// A dose that stands under no number: it came for one that something else had, or its coupon belongs to
/// nobody.
#[derive(Serialize)]
struct ShownBeside {
    id: String,
    /// As of a dose.
    other_number: bool,
    #[serde(flatten)]
    dose: ShownDose,
    findings: Vec<Value>,
    #[serde(flatten)]
    entry: ShownEntry,
    /// What was decided; `None` while it stands in its list.
    settled: Option<Value>,
    /// What was decided about a newcomer before it came again, oldest first.
    earlier: Vec<Value>,
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
        let Found::One(found) = self.recorder.find(&area, &whom).await? else {
            return Err(Problem::not_found());
        };
        let found = self.recorder.with_all_records(&area, *found).await?;
        let mut waiting = Vec::new();
        if let Some(coupon) = found.person.resident.resident.coupon {
            let (store, coupon) = (self.recorder.store(), area.keys.coupon_tag(coupon));
            waiting = store.waiting_for(area.scope, area.keys, &coupon).await?;
        }
        let shown = ShownPerson::of(&found, &waiting);
        Ok(Response::json(&shown))
    }
}

impl Doses {
    pub(crate) async fn waiting(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Read)?;
        request.nothing_more()?;
        // A dose or a newcomer is read with its person.
        let DoseId::Waiting(key) = change::id(request)? else {
            return Err(Problem::not_found());
        };
        let scope = request.caller().scope();
        let municipality = self.municipalities.of(scope, self.clock.now()).await?;
        let store = self.recorder.store();
        let found = store.waiting_dose(scope, &municipality.keys, &key).await?;
        let waiting = found.ok_or_else(Problem::not_found)?;
        Ok(Response::json(&ShownBeside::waiting(&waiting)))
    }
}

impl ShownPerson {
    /// What is recorded under other numbers of the person's stands behind what is under this one.
    fn of(found: &FoundPerson, waiting: &[WaitingDose]) -> Self {
        let tag = found.person.resident.tag;
        let withdrawn = waiting.iter().filter(|it| it.settled.is_some());
        let mut shown = Self {
            resident: tag.to_string(),
            doses: Vec::new(),
            newcomers: Vec::new(),
            withdrawn: withdrawn.map(ShownBeside::waiting).collect(),
        };
        for person in found.records() {
            let doses = person.doses.iter();
            shown
                .doses
                .extend(doses.map(|it| ShownNumber::of(person, it, tag)));
            let newcomers = person.newcomers.iter();
            shown
                .newcomers
                .extend(newcomers.map(|it| ShownBeside::newcomer(person.tag, it, tag)));
        }
        shown
    }
}

impl ShownNumber {
    fn of(person: &PersonDoses, dose: &DoseRevision, shown: ResidentTag) -> Self {
        let key = dose.key(person.tag);
        let is_earlier = |it: &&DoseRevision| it.key(person.tag) == key;
        let earlier = person.history.iter().rev().filter(is_earlier);
        Self {
            id: key.to_string(),
            other_number: person.tag != shown,
            now: ShownRevision::of(dose),
            history: earlier.map(ShownRevision::of).collect(),
        }
    }
}

impl ShownBeside {
    fn newcomer(resident: ResidentTag, newcomer: &Newcomer, shown: ResidentTag) -> Self {
        let key = NewcomerKey {
            dose: DoseKey::of(resident, &newcomer.dose),
            id: newcomer.id,
        };
        Self {
            id: DoseId::Newcomer(key).to_string(),
            other_number: resident != shown,
            dose: ShownDose::of(&newcomer.dose),
            findings: answer::codes(&newcomer.findings),
            entry: ShownEntry::of(&newcomer.entry),
            settled: newcomer.settled.as_ref().map(answer::settlement),
            earlier: newcomer.earlier.iter().map(answer::settlement).collect(),
        }
    }

    fn waiting(waiting: &WaitingDose) -> Self {
        Self {
            id: DoseId::Waiting(waiting.key).to_string(),
            other_number: false,
            dose: ShownDose::of(&waiting.dose),
            findings: answer::codes(&waiting.findings),
            entry: ShownEntry::of(&waiting.entry),
            settled: waiting.settled.as_ref().map(answer::settlement),
            earlier: Vec::new(),
        }
    }
}
