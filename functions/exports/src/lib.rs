//! A municipality asks for an export of its doses, and follows it.
//!
//! **Triggered by** the HTTP API:
//! - `POST /exports` asks for one, in the scope and the encoding of the settings or of the body (role
//!   `register`);
//! - `GET /exports` lists them, by night or asked for, and says when the next night's is made; `GET
//!   /exports/{id}` shows one, with links to its files once they are published (role `read` or
//!   `register`); `GET /exports/last` the last one that was published.
//!
//! **What a repeat does.** While an export that was asked for is under way, whoever asks for one in the same scope
//! and encoding is given that one: the records are read once, however often it is asked. After it ended, or an
//! hour after it was asked for, the next request asks for one of its own. Those of the nights are apart from that.
//! A request whose message was lost stays asked for, and the municipality asks again. Reading one changes nothing.
//!
//! This function never opens a record and has no right to: an export is counts, codes and times.

mod answer;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use api::{Fault, Fields, PageLimits, Problem, Request, Response, Role, enrolled};
use crypto::Sha256;
use domain::{Clock, Encoding, ExportId, ExportOrigin, ExportScope, TenantScope, next_nightly};
use futures::future::try_join_all;
use jiff::Timestamp;
use objects::Objects;
use queues::{ExportMessage, ExportQueue};
use store::{Export, Store};

use crate::answer::{Page, Shown};

pub use wire::wire;

/// Who may look at exports.
const READERS: [Role; 2] = [Role::Read, Role::Register];
/// Names the last published export, where an id would stand.
const LAST: &str = "last";

/// The function's work, over its adapters.
struct Exports {
    store: Store,
    drop: Objects,
    queue: ExportQueue,
    clock: Arc<dyn Clock>,
    /// Random; no other process has it.
    seed: u64,
    made: AtomicU64,
}

/// What is asked for; the rest is as the settings say.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    scope: Option<ExportScope>,
    encoding: Option<Encoding>,
}

impl Exports {
    /// Answers one request.
    async fn handle(&self, request: Request) -> Response {
        let answer = match request.route() {
            "POST /exports" => self.create(&request).await,
            "GET /exports" => self.list(&request).await,
            "GET /exports/{id}" => self.show(&request).await,
            _ => Err(Problem::not_found()),
        };
        answer.into()
    }

    async fn create(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Register)?;
        let wanted = Wanted::read(request.fields()?)?;
        let scope = request.caller().scope();
        let settings = enrolled(self.store.tenant(scope).await)?.settings;
        let now = self.clock.now();
        let wanted = (
            wanted.scope.unwrap_or(settings.export_scope),
            wanted.encoding.unwrap_or(settings.export_encoding),
        );
        let export = Export::requested(self.new_id(now), ExportOrigin::Asked, wanted, now);
        if let Some(under_way) = self.store.ask_for_export(scope, &export).await? {
            return Ok(Response::json(&self.shown(scope, &under_way).await?));
        }
        let message = ExportMessage::Export {
            tenant: scope.code(),
            export: export.id,
        };
        if let Err(error) = self.queue.send(&[message]).await {
            // Else whoever tries again is given one that nobody makes. Failing here, that lasts an hour.
            let _ = self.store.forget_asked_export(scope, &export).await;
            return Err(Problem::try_again(&error));
        }
        Ok(Response::json(&self.shown(scope, &export).await?))
    }

    async fn list(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require_any(&READERS)?;
        let page = request.page(PageLimits::USUAL)?;
        let scope = request.caller().scope();
        enrolled(self.store.tenant(scope).await)?;
        let exports = self.store.exports(scope, page.limit, page.after).await?;
        let shown = exports.items.iter().map(|it| self.shown(scope, it));
        Ok(Response::json(&Page {
            exports: try_join_all(shown).await?,
            next: exports.next.map(|position| request.cursor(&position)),
            next_nightly: next_nightly(self.clock.now()).to_string(),
        }))
    }

    async fn show(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require_any(&READERS)?;
        request.nothing_more()?;
        let scope = request.caller().scope();
        enrolled(self.store.tenant(scope).await)?;
        let id = match request.path("id") {
            LAST => {
                let last = self.store.last_export(scope).await?;
                last.ok_or(Problem::not_found())?.id
            }
            // What is no id is the id of nothing.
            id => id.parse().map_err(|_| Problem::not_found())?,
        };
        let export = self.store.export(scope, &id).await?;
        let export = export.ok_or(Problem::not_found())?;
        Ok(Response::json(&self.shown(scope, &export).await?))
    }

    async fn shown(&self, scope: &TenantScope, export: &Export) -> Result<Shown, Problem> {
        Ok(Shown::of(&self.drop, scope, export, self.clock.now()).await?)
    }

    fn new_id(&self, now: Timestamp) -> ExportId {
        let made = self.made.fetch_add(1, Ordering::Relaxed);
        let chance = Sha256::of_parts(&[
            b"asked for",
            &self.seed.to_be_bytes(),
            &made.to_be_bytes(),
            &now.as_nanosecond().to_be_bytes(),
        ]);
        ExportId::derive(now, &chance)
    }
}

impl Wanted {
    fn read(mut fields: Fields) -> Result<Self, Problem> {
        let scope = fields.optional_word("scope", Fault::ExportScope)?;
        let encoding = fields.optional_word("encoding", Fault::Encoding)?;
        fields.done()?;
        Ok(Self { scope, encoding })
    }
}
