//! One inquiry, from the claim of its basis to the answer.

use api::{Code, Fault, Problem, Request, Response, Role};
use crypto::PersonTag;
use domain::{InquiryId, LifeError, StaffTag, Stage, TenantCode, TenantScope, basis, japan_date};
use futures::future::try_join_all;
use invocations::{HolderAsk, InvokeError};
use jiff::Timestamp;
use store::{Claim, Consent, Ending, LogEvent, NewClaim, NewEnding};

use crate::answer::{Answer, Found};
use crate::wanted::Wanted;
use crate::{Inquiries, kept, of_life, of_store, staff};

/// An inquiry whose basis was found to be its municipality's, and about its person.
struct Standing<'a> {
    scope: &'a TenantScope,
    wanted: &'a Wanted,
    consent: Consent,
    inquiry: InquiryId,
    person: PersonTag,
    by: StaffTag,
}

impl Inquiries {
    pub(crate) async fn ask(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Inquire)?;
        let wanted = Wanted::read(request.fields()?)?;
        let scope = request.caller().scope();
        let settings = self.enrolled(scope).await?;
        let now = self.clock.now();
        let standing = self.standing(scope, &wanted, staff(request), now).await?;
        if standing.consent.life.stage() == Stage::Answered(standing.inquiry) {
            return self.again(&standing).await;
        }
        let today = japan_date(now);
        let recorded = japan_date(standing.consent.recorded_at);
        let basis = basis(&standing.consent.basis, recorded);
        let claim = NewClaim {
            basis: basis.ok_or(Problem::new(Code::ConsentExpired))?,
            consent: standing.consent.id,
            inquiry: standing.inquiry,
            by: standing.by,
            day: today,
            per_day: self.per_day(scope, &settings).await?,
        };
        let claimed = self.store.claim_basis(scope, &claim, now).await;
        match claimed.map_err(|error| of_store(&error))? {
            Claim::Taken => {}
            Claim::Impossible(LifeError::Used) => return self.again(&standing).await,
            Claim::Impossible(error) => return Err(of_life(error)),
            Claim::BudgetSpent => return Err(Problem::new(Code::BudgetSpent)),
        }
        self.finish(&standing).await
    }

    /// Everything that can be known to be wrong before anything is written.
    async fn standing<'a>(
        &self,
        scope: &'a TenantScope,
        wanted: &'a Wanted,
        by: StaffTag,
        now: Timestamp,
    ) -> Result<Standing<'a>, Problem> {
        let consent = self.store.consent(scope, &wanted.consent).await;
        let consent = consent.map_err(|error| of_store(&error))?;
        let consent = consent.ok_or(Problem::not_found())?;
        wanted.is_within(&consent)?;
        let inquiry = match wanted.inquiry {
            Some(given) => {
                let before = self.store.inquiry(scope, &given).await;
                let before = before.map_err(|error| of_store(&error))?;
                if let Some(before) = before {
                    if before.consent != consent.id {
                        return Err(Problem::invalid("inquiry", Fault::Id));
                    }
                    if before.by != by {
                        return Err(Problem::new(Code::ConsentUsed));
                    }
                }
                given
            }
            None => InquiryId::new(now, (self.random)()),
        };
        if consent.life.stage() == Stage::Answered(inquiry) {
            if now >= consent.life.expires_at() {
                return Err(Problem::new(Code::ConsentExpired));
            }
        } else {
            consent.life.claim(inquiry, now).map_err(of_life)?;
        }
        let person = self.persons.tag(wanted.my_number).await;
        let person = person.map_err(|error| of_store(&error.into()))?;
        if !consent
            .person
            .is(&person.digest(consent.id, wanted.birth_date))
        {
            tracing::info!(target: "metrics", inquiries_mismatched = 1);
            return Err(Problem::new(Code::PersonMismatch));
        }
        Ok(Standing {
            scope,
            wanted,
            consent,
            inquiry,
            person,
            by,
        })
    }

    /// Asks the holders, keeps the answer, and gives it.
    async fn finish(&self, standing: &Standing<'_>) -> Result<Response, Problem> {
        let entries = self.index.of(&standing.person).await;
        let entries = entries.map_err(|error| of_store(&error))?;
        let others = entries
            .into_iter()
            .filter(|entry| entry.holder != standing.scope.code());
        let asks = others.map(|entry| self.ask_holder(standing, entry.holder, entry.pointer));
        let answers = match try_join_all(asks).await {
            Ok(answers) => answers,
            Err(InvokeError::BasisEnded) => return Err(self.why_ended(standing).await),
            Err(error @ InvokeError::TryAgain { .. }) => return Err(Problem::try_again(&error)),
            Err(error @ InvokeError::Refused { .. }) => return Err(Problem::internal(&error)),
        };
        let found = Found::of(answers);
        let sealed = kept::seal(
            standing.scope,
            &standing.person,
            standing.inquiry,
            standing.wanted,
            &found,
        );
        let now = self.clock.now();
        let end = NewEnding {
            consent: standing.consent.id,
            inquiry: standing.inquiry,
            answer: &sealed,
            event: LogEvent::Concluded {
                inquiry: standing.inquiry,
                holders: found.holders(),
                doses: found.count(),
            },
            nothing_found: found.count() == 0,
            day: japan_date(now),
        };
        let concluded = self.store.conclude_inquiry(standing.scope, &end, now).await;
        match concluded.map_err(|error| of_store(&error))? {
            Ending::Kept => {}
            Ending::BasisEnded(LifeError::Used) => return self.again(standing).await,
            Ending::BasisEnded(error) => return Err(of_life(error)),
        }
        let nothing = u64::from(found.count() == 0);
        tracing::info!(target: "metrics", inquiries_answered = 1, inquiries_nothing = nothing);
        let answer = Answer::of(standing.inquiry, standing.consent.id, &found);
        Ok(Response::json(&answer))
    }

    async fn ask_holder(
        &self,
        standing: &Standing<'_>,
        holder: TenantCode,
        pointer: Vec<u8>,
    ) -> Result<(TenantCode, invocations::HolderAnswer), InvokeError> {
        let ask = HolderAsk {
            asker: standing.scope.code(),
            consent: standing.consent.id,
            inquiry: standing.inquiry,
            holder,
            person: standing.person,
            pointer,
            my_number: standing.wanted.my_number,
            birth_date: standing.wanted.birth_date,
        };
        Ok((holder, self.holders.ask(&ask).await?))
    }

    /// The answer that was kept for this very inquiry.
    async fn again(&self, standing: &Standing<'_>) -> Result<Response, Problem> {
        let inquiry = self.store.inquiry(standing.scope, &standing.inquiry).await;
        let inquiry = inquiry.map_err(|error| of_store(&error))?;
        let same = inquiry
            .filter(|inquiry| inquiry.consent == standing.consent.id && inquiry.by == standing.by);
        let Some(sealed) = same.and_then(|inquiry| inquiry.answer) else {
            return Err(Problem::new(Code::ConsentUsed));
        };
        let found = kept::open(
            standing.scope,
            &standing.person,
            standing.inquiry,
            standing.wanted,
            &sealed,
        );
        let found = found.map_err(|error| Problem::internal(&error))?;
        let answer = Answer::of(standing.inquiry, standing.consent.id, &found);
        Ok(Response::json(&answer))
    }

    /// A holder found that the basis does not hold: says how it stands now.
    async fn why_ended(&self, standing: &Standing<'_>) -> Problem {
        match self
            .store
            .consent(standing.scope, &standing.consent.id)
            .await
        {
            Ok(Some(consent)) => {
                let now = self.clock.now();
                let ended = consent.life.answer(standing.inquiry, now).err();
                of_life(ended.unwrap_or(LifeError::Used))
            }
            Ok(None) => Problem::not_found(),
            Err(error) => of_store(&error),
        }
    }
}
