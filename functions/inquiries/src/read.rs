//! What was asked.

use std::collections::BTreeSet;

use api::{PageLimits, Problem, Request, Response, enrolled};
use domain::{ConsentState, TenantScope, japan_date};
use serde::Serialize;
use store::Inquiry;

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
