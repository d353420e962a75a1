//! One inquiry, from the claim of its basis to the answer.

use crypto::PersonTag;
use domain::{
    InquiryId, LifeError, Stage, TenantCode, TenantScope, TenantSettings, basis, japan_date,
};
use futures::future::try_join_all;
use invocations::{HolderAnswer, HolderAsk, InvokeError, MOST_POINTERS};
use jiff::Timestamp;
use store::{Claim, Consent, Ending, HolderEntry, LogEvent, NewClaim, NewEnding};

use crate::budget::{count_mismatch, warn_of_misses};
use crate::{AskError, Asking, Found, Named, Question, Refusal, kept, per_day};

/// An inquiry whose basis was found to be its municipality's, and about its person.
struct Standing<'a> {
    scope: &'a TenantScope,
    question: &'a Question,
    consent: &'a Consent,
    inquiry: InquiryId,
    person: PersonTag,
    per_day: u32,
}

impl Asking {
    /// Asks everybody who holds records of the person. The same question again finishes what was left
    /// undone, as long as its basis holds, or is given the same answer: as long as that, or for longer where the
    /// question outlives it.
    pub async fn ask(
        &self,
        scope: &TenantScope,
        settings: &TenantSettings,
        question: &Question,
    ) -> Result<(InquiryId, Found), AskError> {
        let now = self.clock.now();
        let per_day = per_day(&self.store, scope, settings).await?;
        let standing = self.standing(scope, question, per_day, now).await?;
        let inquiry = standing.inquiry;
        if standing.consent.life.stage() == Stage::Answered(inquiry) {
            return Ok((inquiry, self.again(&standing).await?));
        }
        let recorded = japan_date(standing.consent.recorded_at);
        let basis = basis(&standing.consent.basis, recorded);
        let claim = NewClaim {
            basis: basis.ok_or(LifeError::Expired)?,
            consent: standing.consent.id,
            inquiry,
            by: question.by,
            dropped_by: question.dropped_by,
            day: japan_date(now),
            per_day,
        };
        let turn = self.turn().await;
        let claimed = self.store.claim_basis(scope, &claim, &*self.clock).await?;
        drop(turn);
        match claimed {
            Claim::Taken => {}
            Claim::Impossible(LifeError::Used) => {
                return Ok((inquiry, self.again(&standing).await?));
            }
            Claim::Impossible(error) => return Err(error.into()),
            Claim::BudgetSpent => return Err(Refusal::BudgetSpent.into()),
        }
        Ok((inquiry, self.finish(&standing).await?))
    }

    /// Everything that can be known to be wrong before anything is written.
    async fn standing<'a>(
        &self,
        scope: &'a TenantScope,
        question: &'a Question,
        per_day: u32,
        now: Timestamp,
    ) -> Result<Standing<'a>, AskError> {
        let consent = &question.consent;
        let inquiry = match question.id {
            Named::Fresh(id) => id,
            Named::Given(id) => {
                if let Some(before) = self.store.inquiry(scope, &id).await? {
                    if before.consent != consent.id {
                        return Err(Refusal::IdInUse.into());
                    }
                    if before.by != question.by {
                        return Err(LifeError::Used.into());
                    }
                }
                id
            }
        };
        if consent.life.stage() == Stage::Answered(inquiry) {
            if now >= consent.life.expires_at() && !question.outlives_basis {
                return Err(LifeError::Expired.into());
            }
        } else {
            consent.life.claim(inquiry, now)?;
        }
        let person = match question.person {
            Some(person) => person,
            None => self.person(question.my_number).await?,
        };
        let digest = person.digest(consent.id, question.birth_date);
        if !consent.person.is(&digest) {
            count_mismatch(&self.store, scope, per_day, now).await?;
            return Err(Refusal::OtherPerson.into());
        }
        Ok(Standing {
            scope,
            question,
            consent,
            inquiry,
            person,
            per_day,
        })
    }

    /// Asks the holders, keeps the answer, and gives it.
    async fn finish(&self, standing: &Standing<'_>) -> Result<Found, AskError> {
        let entries = self.index.of(&standing.person).await?;
        let own = standing.scope.code();
        let others = entries.into_iter().filter(|entry| entry.holder != own);
        let asks = others.map(|entry| self.ask_holder(standing, entry));
        let answers = match try_join_all(asks).await {
            Ok(answers) => answers,
            Err(InvokeError::BasisEnded) => return self.ended(standing).await,
            Err(error) => return Err(AskError::Holder(error)),
        };
        let found = Found::of(answers);
        let sealed = kept::seal(
            standing.scope,
            &standing.person,
            standing.inquiry,
            standing.question,
            &found,
        );
        let now = self.clock.now();
        let end = NewEnding {
            consent: standing.consent.id,
            inquiry: standing.inquiry,
            answer: &sealed,
            kept_after_the_end: kept::after_the_end(standing.question),
            event: LogEvent::Concluded {
                inquiry: standing.inquiry,
                holders: found.holders(),
                doses: found.count(),
            },
            nothing_found: found.count() == 0,
            day: japan_date(now),
        };
        let turn = self.turn().await;
        let ending = self
            .store
            .conclude_inquiry(standing.scope, &end, &*self.clock);
        let ending = ending.await?;
        drop(turn);
        let count = match ending {
            Ending::Kept(count) => count,
            Ending::BasisEnded(LifeError::Used) => return self.again(standing).await,
            Ending::BasisEnded(error) => return Err(error.into()),
        };
        let nothing = u64::from(found.count() == 0);
        let tenant = standing.scope.code();
        tracing::info!(target: "metrics", %tenant, inquiries_answered = 1, inquiries_nothing = nothing);
        if nothing > 0 {
            warn_of_misses(standing.scope, &count, standing.per_day);
        }
        Ok(found)
    }

    async fn ask_holder(
        &self,
        standing: &Standing<'_>,
        entry: HolderEntry,
    ) -> Result<(TenantCode, HolderAnswer), InvokeError> {
        let HolderEntry {
            holder,
            mut pointers,
        } = entry;
        if pointers.len() > MOST_POINTERS {
            tracing::warn!(%holder, "more residents had one number than are looked at");
            pointers.truncate(MOST_POINTERS);
        }
        let ask = HolderAsk {
            asker: standing.scope.code(),
            consent: standing.consent.id,
            inquiry: standing.inquiry,
            holder,
            person: standing.person,
            pointers,
            my_number: standing.question.my_number,
            birth_date: standing.question.birth_date,
        };
        Ok((holder, self.holders.ask(&ask).await?))
    }

    /// The answer that was kept for this very inquiry.
    async fn again(&self, standing: &Standing<'_>) -> Result<Found, AskError> {
        let (scope, id) = (standing.scope, &standing.inquiry);
        let inquiry = self.store.inquiry(scope, id).await?;
        let same = inquiry.is_some_and(|inquiry| {
            inquiry.consent == standing.consent.id && inquiry.by == standing.question.by
        });
        if !same {
            return Err(LifeError::Used.into());
        }
        let sealed = self.store.kept_answer(scope, id).await?;
        let sealed = sealed.ok_or(LifeError::Used)?;
        Ok(kept::open(
            standing.scope,
            &standing.person,
            standing.inquiry,
            standing.question,
            &sealed,
        )?)
    }

    /// A holder found that the basis does not hold: gives what was kept if a repeat of this very inquiry came
    /// to its end meanwhile, or says how the basis stands now.
    async fn ended(&self, standing: &Standing<'_>) -> Result<Found, AskError> {
        let consent = self
            .store
            .consent(standing.scope, &standing.consent.id)
            .await?;
        let consent = consent.ok_or(Refusal::NoSuchBasis)?;
        let now = self.clock.now();
        match consent.life.answer(standing.inquiry, now) {
            Err(LifeError::Used) => self.again(standing).await,
            Err(error) => Err(error.into()),
            // By the clock there it is over: asked again, it is here too.
            Ok(_) => Err(AskError::Holder(InvokeError::TryAgain {
                code: "BasisDiffers".to_owned(),
            })),
        }
    }
}
