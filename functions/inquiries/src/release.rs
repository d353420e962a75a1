//! A holder's own decision about an inquiry that was held back.

use api::{Problem, Request, Response, Role, enrolled};
use crypto::{ResidentTag, staff_tag};
use serde::Serialize;
use store::Releasing;

use crate::Inquiries;

/// Until when the asker may be answered about the resident.
#[derive(Serialize)]
struct Released {
    inquiry: String,
    until: String,
}

impl Inquiries {
    pub(crate) async fn release(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Approve)?;
        request.nothing_more()?;
        let scope = request.caller().scope();
        enrolled(self.store.tenant(scope).await)?;
        let resident = ResidentTag::parse(request.path("id"));
        let resident = resident.map_err(|_| Problem::not_found())?;
        let inquiry = request.path("inquiry").parse();
        let inquiry = inquiry.map_err(|_| Problem::not_found())?;
        let now = self.clock.now();
        let by = staff_tag(scope.code(), request.caller().subject());
        let released = self.store.release(scope, &resident, &inquiry, by, now);
        match released.await? {
            Releasing::Until(until) => Ok(Response::json(&Released {
                inquiry: inquiry.to_string(),
                until: until.to_string(),
            })),
            Releasing::NotHeld => Err(Problem::not_found()),
        }
    }
}
