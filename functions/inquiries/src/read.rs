//! What was asked, and what the log says.

use std::collections::BTreeSet;

use api::{Caller, PageLimits, Problem, Request, Response, Role, enrolled};
use crypto::ResidentTag;
use data_encoding::HEXLOWER;
use domain::{ConsentState, TenantScope, basis, japan_date};
use serde::{Serialize, Serializer};
use store::{Inquiry, LogEntry, LogEvent};

use crate::answer::name_of;
use crate::{Inquiries, READERS};

/// A page of the municipality's inquiries, and how much it asked today.
#[derive(Serialize)]
pub(crate) struct Page {
    inquiries: Vec<Listed>,
    next: Option<String>,
    today: Today,
}

/// An inquiry without its answer: that is given only to whoever says the number again.
#[derive(Serialize)]
pub(crate) struct Listed {
    id: String,
    consent: String,
    /// `claimed` as long as it can go on; how its basis ended if it did before it was answered.
    state: &'static str,
    asked_at: String,
    asked_by: String,
    answered_at: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Today {
    day: String,
    per_day: u32,
    asked: u32,
    without_consent: u32,
    nothing_found: u32,
    mismatched: u32,
    usual_misses: u32,
    many_misses: bool,
}

/// A page of a log.
#[derive(Serialize)]
pub(crate) struct LogPage {
    entries: Vec<ShownEntry>,
    next: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct ShownEntry {
    seq: u64,
    at: String,
    /// `unknown` for what cannot be read; its facts are those that are stored. `withheld` for what is not the
    /// caller's to read; it has no facts.
    kind: &'static str,
    facts: Facts,
    before: String,
    hash: String,
}

/// Facts by name, in the order in which they are hashed.
pub(crate) struct Facts(Vec<(String, String)>);

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, fact)| (name, fact)))
    }
}

/// A page of who asked about a resident.
#[derive(Serialize)]
pub(crate) struct AboutPage {
    inquiries: Vec<About>,
    next: Option<String>,
}

/// What a resident is entitled to see.
#[derive(Serialize)]
pub(crate) struct About {
    /// Its number in the log.
    seq: u64,
    at: String,
    /// This and who asked are told to whoever may approve alone, where they may tell where a protected person went.
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

impl Inquiries {
    pub(crate) async fn list(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require_any(&READERS)?;
        let page = request.page(PageLimits::USUAL)?;
        let scope = request.caller().scope();
        let settings = enrolled(self.store.tenant(scope).await)?.settings;
        let inquiries = self.store.inquiries(scope, page.limit, page.after).await?;
        let per_day = asking::per_day(&self.store, scope, &settings).await?;
        let day = japan_date(self.clock.now());
        let count = self.store.inquiries_on(scope, day).await?;
        Ok(Response::json(&Page {
            inquiries: self.listed(scope, &inquiries.items).await?,
            next: inquiries.next.map(|position| request.cursor(&position)),
            today: Today {
                day: day.to_string(),
                per_day,
                asked: count.asked,
                without_consent: count.without_consent,
                nothing_found: count.nothing_found,
                mismatched: count.mismatched,
                usual_misses: asking::usual_misses(per_day),
                many_misses: asking::has_many_misses(&count, per_day),
            },
        }))
    }

    pub(crate) async fn show(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require_any(&READERS)?;
        request.nothing_more()?;
        let scope = request.caller().scope();
        enrolled(self.store.tenant(scope).await)?;
        let id = request.path("id").parse();
        let id = id.map_err(|_| Problem::not_found())?;
        let inquiry = self.store.inquiry(scope, &id).await?;
        let listed = self.listed(scope, inquiry.as_slice()).await?.pop();
        Ok(Response::json(&listed.ok_or(Problem::not_found())?))
    }

    /// As they stand now: of those that are not answered that is a matter of their bases.
    async fn listed(
        &self,
        scope: &TenantScope,
        inquiries: &[Inquiry],
    ) -> Result<Vec<Listed>, Problem> {
        let open = inquiries.iter().filter(|it| it.answered_at.is_none());
        let bases: BTreeSet<_> = open.map(|it| it.consent).collect();
        let lives = self.store.lives_of(scope, &bases).await?;
        let now = self.clock.now();
        let listed = inquiries.iter().map(|inquiry| {
            let life = lives.get(&inquiry.consent);
            Listed::of(inquiry, life.map(|life| life.state(now)))
        });
        Ok(listed.collect())
    }

    pub(crate) async fn log(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require_any(&READERS)?;
        let page = request.page(PageLimits::USUAL)?;
        let scope = request.caller().scope();
        enrolled(self.store.tenant(scope).await)?;
        let entries = self.store.log_page(scope, page.limit, page.after).await?;
        let shown = entries.items.iter().map(|entry| {
            if is_withheld(entry, request.caller()) {
                ShownEntry::withheld(entry)
            } else {
                ShownEntry::of(entry)
            }
        });
        Ok(Response::json(&LogPage {
            entries: shown.collect(),
            next: entries.next.map(|position| request.cursor(&position)),
        }))
    }

    pub(crate) async fn about(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Read)?;
        let page = request.page(PageLimits::USUAL)?;
        let scope = request.caller().scope();
        enrolled(self.store.tenant(scope).await)?;
        let resident = ResidentTag::parse(request.path("id"));
        let resident = resident.map_err(|_| Problem::not_found())?;
        let entries = self
            .store
            .inquiries_about(scope, &resident, page.limit, page.after);
        let entries = entries.await?;
        // Who was protected once may have been where they were asked about before.
        let mut any = entries.items.iter();
        let is_withheld = any.any(|entry| is_withheld(entry, request.caller()));
        let shown = entries.items.iter().filter_map(|entry| {
            let about = About::of(entry)?;
            Some(if is_withheld { about.withheld() } else { about })
        });
        Ok(Response::json(&AboutPage {
            inquiries: shown.collect(),
            next: entries.next.map(|position| request.cursor(&position)),
        }))
    }
}

/// Where somebody went who is protected is told to whoever may decide about it, and to nobody else. An answer that was
/// changed since may have been one about them.
fn is_withheld(entry: &LogEntry, caller: &Caller) -> bool {
    let tells = || {
        let is_answer = matches!(entry.event, LogEvent::Answered { .. });
        entry.event.tells_of_protected() || (is_answer && entry.hash != entry.computed_hash())
    };
    !caller.has(Role::Approve) && tells()
}

impl Listed {
    /// `basis` is how the basis stands.
    fn of(inquiry: &Inquiry, basis: Option<ConsentState>) -> Self {
        let state = match (inquiry.answered_at, basis) {
            (Some(_), _) => ConsentState::Answered,
            (None, Some(ended @ (ConsentState::Revoked | ConsentState::Expired))) => ended,
            // Answered since it was read, too.
            (None, _) => ConsentState::Claimed,
        };
        Self {
            id: inquiry.id.to_string(),
            consent: inquiry.consent.to_string(),
            state: state.as_str(),
            asked_at: inquiry.asked_at.to_string(),
            asked_by: inquiry.by.to_string(),
            answered_at: inquiry.answered_at.map(|at| at.to_string()),
        }
    }
}

impl ShownEntry {
    fn of(entry: &LogEntry) -> Self {
        let hex = |bytes: &[u8; 32]| HEXLOWER.encode(bytes);
        let facts = entry.event.facts().into_iter();
        let owned = facts.map(|(name, fact)| (name.to_owned(), fact));
        Self {
            seq: entry.seq,
            at: entry.at.to_string(),
            kind: entry.event.kind(),
            facts: Facts(owned.collect()),
            before: hex(&entry.before),
            hash: hex(&entry.hash),
        }
    }

    /// Its place in the chain and no fact. One that does not have its hash is not called withheld: whoever computes
    /// the chain again is to find that.
    fn withheld(entry: &LogEntry) -> Self {
        let is_sound = entry.hash == entry.computed_hash();
        Self {
            kind: if is_sound { "withheld" } else { "unknown" },
            facts: Facts(Vec::new()),
            ..Self::of(entry)
        }
    }
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

    /// Of an entry that cannot be read, the facts that stand in it.
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
