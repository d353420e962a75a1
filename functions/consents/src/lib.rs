//! A municipality records on which legal basis it will ask others, approves it, looks at it, withdraws it.
//!
//! **Triggered by** the HTTP API:
//! - `POST /consents` records a basis (role `inquire`), a form with the day from which its days are counted;
//! - `POST /consents/{id}/approve`, by another person than the one who recorded it (role `approve`);
//! - `GET /consents` and `GET /consents/{id}` show them, newest first (role `inquire` or `approve`);
//! - `POST /consents/{id}/revoke` withdraws one that was not answered (role `inquire`).
//!
//! **What a repeat does.** A form is recorded once, a decision once for a person: the same again answers the
//! basis that is there, something else under the same number is refused. Approving or revoking again changes
//! nothing and says so.
//!
//! My Number and birth date are not kept: only SHA-256 of the basis' id, the person's tag and the birth date,
//! and the tag can be made by KMS alone. This function can open no record and search none.

mod answer;
mod record;
mod wire;

use std::sync::Arc;

use api::{Code, PageLimits, Problem, Request, Response, Role, enrolled};
use asking::{count_mismatch, per_day};
use crypto::{PersonTags, staff_tag};
use domain::{Clock, ConsentId, TenantScope, TenantSettings};
use jiff::Timestamp;
use store::{Changed, Recording, Store, StoreError};

use crate::answer::{Page, Shown};

pub use wire::wire;

/// Who may look.
const READERS: [Role; 2] = [Role::Inquire, Role::Approve];

/// Where the random part of an id comes from.
type Random = fn() -> [u8; 10];

/// The function's work, over its adapters.
struct Consents {
    store: Store,
    persons: PersonTags,
    clock: Arc<dyn Clock>,
    random: Random,
}

impl Consents {
    /// Answers one request.
    async fn handle(&self, request: Request) -> Response {
        let answer = match request.route() {
            "POST /consents" => self.record(&request).await,
            "GET /consents" => self.list(&request).await,
            "GET /consents/{id}" => self.show(&request).await,
            "POST /consents/{id}/approve" => self.approve(&request).await,
            "POST /consents/{id}/revoke" => self.revoke(&request).await,
            _ => Err(Problem::not_found()),
        };
        answer.into()
    }

    async fn record(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Inquire)?;
        let now = self.clock.now();
        let basis = record::read(request.fields()?, now)?;
        let scope = request.caller().scope();
        let settings = enrolled(self.store.tenant(scope).await)?.settings;
        let person = self.persons.tag(basis.my_number).await;
        let person = person.map_err(StoreError::from)?;
        let id = ConsentId::new(now, (self.random)());
        let by = staff_tag(scope.code(), request.caller().subject());
        let consent = basis.consent(id, &person, by, now);
        match self.store.record_consent(scope, &consent).await? {
            Recording::New => Ok(Response::json(&Shown::of(&consent.stored(), now))),
            Recording::Before(before) if basis.is(&before, &person) => {
                Ok(Response::json(&Shown::of(&before, now)))
            }
            Recording::Before(before) => {
                // Else a form's number would tell whose it is, tried as often as one likes.
                if !basis.is_about(&before, &person) {
                    self.count_mismatch(scope, &settings, now).await?;
                }
                Err(Problem::new(Code::EvidenceUsed))
            }
        }
    }

    async fn count_mismatch(
        &self,
        scope: &TenantScope,
        settings: &TenantSettings,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let per_day = per_day(&self.store, scope, settings).await?;
        Ok(count_mismatch(&self.store, scope, per_day, now).await?)
    }

    async fn list(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require_any(&READERS)?;
        let page = request.page(PageLimits::USUAL)?;
        let scope = request.caller().scope();
        enrolled(self.store.tenant(scope).await)?;
        let consents = self.store.consents(scope, page.limit, page.after).await?;
        let now = self.clock.now();
        let shown = consents.items.iter().map(|it| Shown::of(it, now));
        Ok(Response::json(&Page {
            consents: shown.collect(),
            next: consents.next.map(|position| request.cursor(&position)),
        }))
    }

    async fn show(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require_any(&READERS)?;
        request.nothing_more()?;
        let scope = request.caller().scope();
        enrolled(self.store.tenant(scope).await)?;
        let consent = self.store.consent(scope, &id(request)?).await?;
        let consent = consent.ok_or(Problem::not_found())?;
        Ok(Response::json(&Shown::of(&consent, self.clock.now())))
    }

    async fn approve(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Approve)?;
        request.nothing_more()?;
        let scope = request.caller().scope();
        enrolled(self.store.tenant(scope).await)?;
        let (id, now) = (id(request)?, self.clock.now());
        let by = staff_tag(scope.code(), request.caller().subject());
        let moved = self.store.approve_consent(scope, &id, by, now);
        self.changed(moved.await)
    }

    async fn revoke(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Inquire)?;
        request.nothing_more()?;
        let scope = request.caller().scope();
        enrolled(self.store.tenant(scope).await)?;
        let (id, now) = (id(request)?, self.clock.now());
        self.changed(self.store.revoke_consent(scope, &id, now).await)
    }

    fn changed(&self, changed: Result<Changed, StoreError>) -> Result<Response, Problem> {
        match changed? {
            Changed::Done(consent) => Ok(Response::json(&Shown::of(&consent, self.clock.now()))),
            Changed::Impossible(error) => Err(Problem::new(error.into())),
            Changed::Unknown => Err(Problem::not_found()),
        }
    }
}

fn id(request: &Request) -> Result<ConsentId, Problem> {
    let id = request.path("id").parse();
    id.map_err(|_| Problem::not_found())
}
