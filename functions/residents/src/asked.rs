//! Who asked about a resident.

use api::{PageLimits, Problem, Request, Response, Role, enrolled};
use crypto::ResidentTag;
use domain::{Municipality, TenantCode, basis, japan_date, municipality};
use serde::Serialize;
use store::{LogEntry, LogEvent};

use crate::Residents;

/// A page of who asked about a resident.
#[derive(Serialize)]
struct AboutPage {
    inquiries: Vec<About>,
    next: Option<String>,
}

/// What a resident is entitled to see.
#[derive(Serialize)]
struct About {
    /// Its number in the log.
    seq: u64,
    at: String,
    /// This and `asker` are told only to the role `approve` where they may tell where a protected person went.
    inquiry: Option<String>,
    asker: Option<String>,
    asker_name: Option<String>,
    basis: String,
    basis_text: &'static str,
    purpose: String,
    programmes: String,
    outcome: &'static str,
    doses: u32,
}

impl Residents {
    pub(crate) async fn asked(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Read)?;
        let page = request.page(PageLimits::USUAL)?;
        let scope = request.caller().scope();
        let tenant = enrolled(self.store.tenant(scope).await)?;
        let resident = ResidentTag::parse(request.path("id"));
        let resident = resident.map_err(|_| Problem::not_found())?;
        let entries = self
            .store
            .inquiries_about(scope, &resident, page.limit, page.after);
        let entries = entries.await?;
        let named_in_entries = entries.items.iter().filter_map(|it| it.event.resident());
        let named = named_in_entries.chain([resident]);
        let withheld = self.withheld(request.caller(), &tenant, named).await?;
        // Whoever was protected once may have lived in a place that asked about them earlier.
        let all = withheld.is_about(&resident);
        let shown = entries.items.iter().filter_map(|entry| {
            let about = About::of(entry)?;
            let is_withheld = all || withheld.has(entry);
            Some(if is_withheld { about.withheld() } else { about })
        });
        Ok(Response::json(&AboutPage {
            inquiries: shown.collect(),
            next: entries.next.map(|position| request.cursor(&position)),
        }))
    }
}

/// 東京都千代田区
fn name_of(code: &str) -> String {
    let known = TenantCode::parse(code).ok().and_then(municipality);
    known.map_or_else(String::new, Municipality::full_name)
}

impl About {
    fn of(entry: &LogEntry) -> Option<Self> {
        let event = &entry.event;
        let LogEvent::Answered {
            inquiry,
            asker,
            terms,
            outcome,
            doses,
            ..
        } = event
        else {
            return matches!(event, LogEvent::Unknown { .. }).then(|| Self::of_unknown(entry));
        };
        let reading = basis(&terms.basis, japan_date(entry.at));
        Some(Self {
            seq: entry.seq,
            at: entry.at.to_string(),
            inquiry: Some(inquiry.to_string()),
            asker: Some(asker.to_string()),
            asker_name: Some(name_of(asker.as_str())),
            basis: terms.basis.clone(),
            basis_text: reading.map_or("", |basis| basis.ja()),
            purpose: terms.purpose.clone(),
            programmes: terms.programmes.clone(),
            outcome: outcome.as_str(),
            doses: *doses,
        })
    }

    /// The same without who asked.
    fn withheld(self) -> Self {
        Self {
            inquiry: None,
            asker: None,
            asker_name: None,
            ..self
        }
    }

    /// The facts that stand in an entry that cannot be read.
    fn of_unknown(entry: &LogEntry) -> Self {
        let fact = |name| entry.event.fact(name).unwrap_or_default();
        let reading = basis(&fact("basis"), japan_date(entry.at));
        Self {
            seq: entry.seq,
            at: entry.at.to_string(),
            inquiry: Some(fact("inquiry")),
            asker: Some(fact("asker")),
            asker_name: Some(name_of(&fact("asker"))),
            basis: fact("basis"),
            basis_text: reading.map_or("", |basis| basis.ja()),
            purpose: fact("purpose"),
            programmes: fact("programmes"),
            outcome: entry.event.kind(),
            doses: 0,
        }
    }
}
