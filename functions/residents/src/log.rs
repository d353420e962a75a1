//! What the municipality's log of inquiries says.

use api::{PageLimits, Problem, Request, Response, Role, enrolled};
use data_encoding::HEXLOWER;
use serde::{Serialize, Serializer};
use store::LogEntry;

use crate::Residents;

/// Who may look at the log.
const READERS: [Role; 2] = [Role::Inquire, Role::Approve];

/// A page of a log.
#[derive(Serialize)]
struct LogPage {
    entries: Vec<ShownEntry>,
    next: Option<String>,
}

#[derive(Serialize)]
struct ShownEntry {
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
struct Facts(Vec<(String, String)>);

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, fact)| (name, fact)))
    }
}

impl Residents {
    pub(crate) async fn log(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require_any(&READERS)?;
        let page = request.page(PageLimits::USUAL)?;
        let scope = request.caller().scope();
        let tenant = enrolled(self.store.tenant(scope).await)?;
        let entries = self.store.log_page(scope, page.limit, page.after).await?;
        let named = entries.items.iter().filter_map(|it| it.event.resident());
        let withheld = self.withheld(request.caller(), &tenant, named).await?;
        let shown = entries.items.iter().map(|entry| {
            if withheld.has(entry) {
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
