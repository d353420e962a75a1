//! What staff do to a dose that was recorded.

use api::{Code, Fault, Fields, Problem, Request, Response, Role};
use domain::Sensitive;
use recording::{Changed, Reasoned, Resolution};
use store::{DoseId, DoseKey, StoreError};

use crate::{
    Doses, answer,
    record::{Given, dose_number},
};

const REASON_LIMIT: usize = 200;
const WORD_LIMIT: usize = 20;

/// What is decided about a dose that is in a list.
enum Decided {
    Accept,
    Cancel,
    Withdraw,
    Newcomer(Resolution),
}

impl Doses {
    pub(crate) async fn correct(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Doses)?;
        let mut fields = request.fields()?;
        let given = Given::take(&mut fields)?;
        let why = fields.text("reason", REASON_LIMIT)?;
        fields.done()?;
        let reasoned = seen(request, why)?;
        let key = dose_key(request)?;
        let to = given.read(key.programme)?;
        let now = self.clock.now();
        let municipality = self.municipalities.of(request.caller().scope(), now);
        let area = municipality.await?;
        let area = area.area();
        done(
            self.recorder
                .correct(&area, &key, &to, &reasoned, now)
                .await,
        )
    }

    pub(crate) async fn cancel(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Doses)?;
        let mut fields = request.fields()?;
        let why = fields.text("reason", REASON_LIMIT)?;
        fields.done()?;
        let reasoned = seen(request, why)?;
        let key = dose_key(request)?;
        let now = self.clock.now();
        let municipality = self.municipalities.of(request.caller().scope(), now);
        let area = municipality.await?;
        done(
            self.recorder
                .cancel(&area.area(), &key, &reasoned, now)
                .await,
        )
    }

    pub(crate) async fn set_lock(
        &self,
        request: &Request,
        locked: bool,
    ) -> Result<Response, Problem> {
        request.caller().require(Role::Approve)?;
        let mut fields = request.fields()?;
        let why = fields.optional_text("reason", REASON_LIMIT)?;
        fields.done()?;
        let reasoned = reasoned(request, why)?;
        let key = dose_key(request)?;
        let now = self.clock.now();
        let municipality = self.municipalities.of(request.caller().scope(), now);
        let area = municipality.await?;
        let area = area.area();
        let set = self.recorder.set_lock(&area, &key, locked, &reasoned, now);
        done(set.await)
    }

    pub(crate) async fn resolve(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Doses)?;
        let id = id(request)?;
        let mut fields = request.fields()?;
        let decided = Decided::take(&mut fields, &id)?;
        let why = fields.text("reason", REASON_LIMIT)?;
        fields.done()?;
        let reasoned = reasoned(request, Some(why))?;
        let now = self.clock.now();
        let municipality = self.municipalities.of(request.caller().scope(), now);
        let area = municipality.await?;
        let area = area.area();
        let recorder = &self.recorder;
        done(match (id, decided) {
            (DoseId::Dose(key), Decided::Accept) => {
                recorder.accept(&area, &key, &reasoned, now).await
            }
            (DoseId::Dose(key), Decided::Cancel) => {
                recorder.reject(&area, &key, &reasoned, now).await
            }
            (DoseId::Newcomer(key), Decided::Newcomer(resolution)) => {
                let settled = recorder.resolve(&area, &key, resolution, &reasoned, now);
                settled.await
            }
            (DoseId::Waiting(key), Decided::Withdraw) => {
                recorder.withdraw(&area, &key, &reasoned, now).await
            }
            _ => Ok(Changed::Impossible),
        })
    }
}

impl Decided {
    /// What can be decided depends on what it is about.
    fn take(fields: &mut Fields, id: &DoseId) -> Result<Self, Problem> {
        let word = fields.text("decision", WORD_LIMIT)?;
        Ok(match (id, word.expose().as_str()) {
            (DoseId::Dose(_), "accept") => Self::Accept,
            (DoseId::Dose(_), "cancel") => Self::Cancel,
            (DoseId::Waiting(_), "withdraw") => Self::Withdraw,
            (DoseId::Newcomer(_), "keep") => Self::Newcomer(Resolution::Keep),
            (DoseId::Newcomer(_), "replace") => Self::Newcomer(Resolution::Replace),
            (DoseId::Newcomer(_), "renumber") => {
                let to = fields.text("number", WORD_LIMIT)?;
                let away = fields.optional_text("holder_number", WORD_LIMIT)?;
                let holder = away.map(|away| dose_number("holder_number", Some(&away)));
                Self::Newcomer(Resolution::Renumber {
                    newcomer: dose_number("number", Some(&to))?,
                    holder: holder.transpose()?,
                })
            }
            _ => return Err(Problem::invalid("decision", Fault::Decision)),
        })
    }
}

fn done(changed: Result<Changed, StoreError>) -> Result<Response, Problem> {
    answer::changed(changed?)
}

/// What is no id is the id of nothing.
pub(crate) fn id(request: &Request) -> Result<DoseId, Problem> {
    let id = request.path("id").parse();
    id.map_err(|_| Problem::not_found())
}

fn dose_key(request: &Request) -> Result<DoseKey, Problem> {
    match id(request)? {
        DoseId::Dose(key) => Ok(key),
        DoseId::Newcomer(_) | DoseId::Waiting(_) => Err(Problem::not_found()),
    }
}

fn reasoned(request: &Request, why: Option<Sensitive<String>>) -> Result<Reasoned, Problem> {
    Ok(Reasoned {
        by: request.caller().subject().to_owned().into(),
        why,
        expected: request.revision_seen()?,
    })
}

/// The same where the revision that was seen must be said.
fn seen(request: &Request, why: Sensitive<String>) -> Result<Reasoned, Problem> {
    let reasoned = reasoned(request, Some(why))?;
    if reasoned.expected.is_none() {
        return Err(Problem::new(Code::RevisionMissing));
    }
    Ok(reasoned)
}
