//! A municipality searches and reads its own residents.
//!
//! **Triggered by** the HTTP API:
//! - `POST /residents/search` and `GET /residents/{id}` (role `read`);
//! - `GET /residents/{id}/inquiries` shows who asked about one of them (role `read`);
//! - `GET /log` shows the municipality's log of inquiries (role `inquire` or `approve`).
//!
//! Who asked about a resident may be where they went: what of it is told to the role `approve` alone depends on the
//! resident in force, so it is decided here, where residents can be opened.
//!
//! **What a repeat does.** Nothing is written, so a repeat only reads again. Every answer is of one
//! moment: all residents in it are as one generation of the register has them.
//!
//! What a person is called or numbered comes in a body and goes out in a body. The id in a path is
//! the resident's tag, which says nothing to anybody without the municipality's key. My Number is
//! not answered at all. Whoever was removed is found by number, by coupon and under their id, and
//! shown as removed: their doses are kept. By birth date and name they are not found.

mod asked;
mod found;
mod log;
mod search;
mod wire;
mod withheld;

use std::sync::Arc;

use api::{Problem, Request, Response, Role, enrolled};
use crypto::{Keyring, ResidentTag, TenantKeys};
use domain::{Clock, TenantScope};
use store::Store;

use crate::found::{Found, Shown};
use crate::search::Search;

pub use wire::wire;

/// The function's work, over its adapters.
struct Residents {
    store: Store,
    keys: Keyring,
    clock: Arc<dyn Clock>,
}

impl Residents {
    /// Answers one request.
    async fn handle(&self, request: Request) -> Response {
        let answer = match request.route() {
            "POST /residents/search" => self.search(&request).await,
            "GET /residents/{id}" => self.read(&request).await,
            "GET /residents/{id}/inquiries" => self.asked(&request).await,
            "GET /log" => self.log(&request).await,
            _ => Err(Problem::not_found()),
        };
        answer.into()
    }

    async fn search(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Read)?;
        let search = Search::read(request.fields()?)?;
        let scope = request.caller().scope();
        let keys = self.tenant_keys(scope).await?;
        let snapshot = match &search {
            Search::Born { on, .. } => {
                let found = self.store.residents_by_birth_date(scope, &keys, *on);
                found.await
            }
            Search::Coupon(coupon) => {
                let found = self.store.residents_by_coupon(scope, &keys, *coupon);
                found.await
            }
            Search::Number(number) => {
                let tag = keys.resident_tag(number.expose());
                self.store.residents_by_tag(scope, &keys, &[tag]).await
            }
        };
        let snapshot = snapshot?;
        Ok(Response::json(&Found::of(&snapshot, &search)))
    }

    async fn read(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Read)?;
        request.nothing_more()?;
        let scope = request.caller().scope();
        let keys = self.tenant_keys(scope).await?;
        let tag = ResidentTag::parse(request.path("id")).map_err(|_| Problem::not_found())?;
        let snapshot = self.store.residents_by_tag(scope, &keys, &[tag]).await?;
        let resident = snapshot.residents.first().ok_or(Problem::not_found())?;
        Ok(Response::json(&Shown::of(resident)))
    }

    async fn tenant_keys(&self, scope: &TenantScope) -> Result<Arc<TenantKeys>, Problem> {
        let tenant = enrolled(self.store.tenant(scope).await)?;
        Ok(tenant.keys(scope, &self.keys, self.clock.now()).await?)
    }
}
