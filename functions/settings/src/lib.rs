//! A municipality sees and changes what it may set for its own files, and tries a mapping of columns.
//!
//! **Triggered by** the HTTP API:
//! - `GET /settings` shows whose settings are in force and which, and what there is to be mapped (any role);
//! - `PUT /settings` changes those it names (role `register`; `approve` beside it for what guards a
//!   register against a wrong file, and people against being asked about);
//! - `POST /settings/dry-run` reads the beginning of one of the municipality's own files by a mapping and
//!   says what would be understood and what refused (role `register`).
//!
//! **What a repeat does.** A change is conditional on the revision that was seen, so the second of two is
//! told (412); settings that are in force already are not written again. A dry run stores nothing.
//!
//! Changed settings hold for files that are dropped from then on. What a dry run is given is a piece of a
//! register: it is looked at, answered to whoever sent it, and neither kept nor logged. This function never
//! opens a record and has no right to: it reads and writes one partition, which holds no person.

mod answer;
mod change;
mod columns;
mod kind;
mod look;
mod sample;
mod understood;
mod wire;

use std::sync::Arc;

use api::{Code, LARGE_BODY_LIMIT, Problem, Request, Response, Role, enrolled};
use domain::{Clock, TenantScope, TenantSettings, japan_date};
use store::{Store, StoreError};

use crate::answer::Shown;
use crate::change::Change;
use crate::sample::Sample;

pub use wire::wire;

/// The function's work, over its adapters.
struct Settings {
    store: Store,
    clock: Arc<dyn Clock>,
    /// Random; the writer of a file does not know it.
    seed: u64,
}

impl Settings {
    /// Answers one request.
    async fn handle(&self, request: Request) -> Response {
        let answer = match request.route() {
            "GET /settings" => self.show(&request).await,
            "PUT /settings" => self.change(&request).await,
            "POST /settings/dry-run" => self.dry_run(&request).await,
            _ => Err(Problem::not_found()),
        };
        answer.into()
    }

    async fn show(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require_any(&Role::ALL)?;
        request.nothing_more()?;
        let scope = request.caller().scope();
        let settings = enrolled(self.store.tenant(scope).await)?.settings;
        Ok(shown(scope, &settings))
    }

    async fn change(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Register)?;
        let change = Change::read(request.fields()?)?;
        let seen = request.revision_seen()?;
        let seen = seen.ok_or(Problem::new(Code::RevisionMissing))?;
        let scope = request.caller().scope();
        let before = enrolled(self.store.tenant(scope).await)?.settings;
        let stale = || Problem::new(Code::RevisionStale);
        if before.revision != seen {
            return Err(stale());
        }
        let mut after = change.applied_to(&before)?;
        if change::moves_a_guard(&before, &after) {
            request.caller().require(Role::Approve)?;
        }
        if after != before {
            after.revision = before.revision + 1;
            match self.store.set_tenant(scope, &after).await {
                Ok(()) => {}
                Err(StoreError::Moved) => return Err(stale()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(shown(scope, &after))
    }

    async fn dry_run(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Register)?;
        let sample = Sample::read(request.fields_up_to(LARGE_BODY_LIMIT)?)?;
        let scope = request.caller().scope();
        let settings = enrolled(self.store.tenant(scope).await)?.settings;
        let today = japan_date(self.clock.now());
        let seen = sample.look(scope.code(), &settings, today, self.seed)?;
        Ok(Response::json(&seen))
    }
}

fn shown(scope: &TenantScope, settings: &TenantSettings) -> Response {
    Response::json(&Shown::of(scope, settings)).of_revision(settings.revision)
}
