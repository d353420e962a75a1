use api::{Code, Fault, Problem, Request, Response, Role, enrolled};
use asking::{AskError, Named, Question, Refusal};
use crypto::staff_tag;
use domain::{InquiryId, LifeError, Stage, TenantScope};

use crate::Inquiries;
use crate::answer::Answer;
use crate::wanted::Wanted;

impl Inquiries {
    pub(crate) async fn ask(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Inquire)?;
        let wanted = Wanted::read(request.fields()?)?;
        let scope = request.caller().scope();
        let settings = enrolled(self.store.tenant(scope).await)?.settings;
        let consent = self.store.consent(scope, &wanted.consent).await?;
        let consent = consent.ok_or(Problem::not_found())?;
        wanted.is_within(&consent)?;
        wanted.is_of_its_time(&consent, self.clock.now())?;
        let fresh = || Named::Fresh(InquiryId::new(self.clock.now(), (self.random)()));
        let id = wanted.inquiry.map_or_else(fresh, Named::Given);
        let question = Question {
            id,
            consent,
            my_number: wanted.my_number,
            birth_date: wanted.birth_date,
            person: None,
            by: staff_tag(scope.code(), request.caller().subject()),
            dropped_by: None,
            outlives_basis: false,
        };
        match self.asking.ask(scope, &settings, &question).await {
            Ok((inquiry, found)) => {
                Ok(Response::json(&Answer::of(inquiry, wanted.consent, &found)))
            }
            Err(AskError::Refused(Refusal::Basis(LifeError::Used))) => {
                Err(self.used(scope, &question).await?)
            }
            Err(error) => Err(problem(&error, id)),
        }
    }

    /// The basis is another inquiry's: which one, if it was made by the same person, who may have lost its answer
    /// and gets it under its id.
    async fn used(&self, scope: &TenantScope, question: &Question) -> Result<Problem, Problem> {
        let problem = Problem::new(Code::ConsentUsed);
        let consent = self.store.consent(scope, &question.consent.id).await?;
        let stage = consent.map(|consent| consent.life.stage());
        let Some(Stage::Claimed(of) | Stage::Answered(of)) = stage else {
            return Ok(problem);
        };
        let inquiry = self.store.inquiry(scope, &of).await?;
        let is_own = inquiry.is_some_and(|inquiry| inquiry.by == question.by);
        Ok(if is_own && question.id != Named::Given(of) {
            problem.with("inquiry", of.to_string())
        } else {
            problem
        })
    }
}

fn problem(error: &AskError, id: Named) -> Problem {
    let (Named::Fresh(id) | Named::Given(id)) = id;
    match error {
        AskError::Refused(refusal) => match *refusal {
            Refusal::NoSuchBasis => Problem::not_found(),
            Refusal::IdInUse => Problem::invalid("inquiry", Fault::Id),
            Refusal::Basis(error) => Problem::new(error.into()),
            Refusal::OtherPerson => Problem::new(Code::PersonMismatch),
            Refusal::BudgetSpent => Problem::new(Code::BudgetSpent),
        },
        // The basis may be claimed: only under this id does the inquiry go on.
        error if error.is_passing() => Problem::try_again(error).with("inquiry", id.to_string()),
        error => Problem::internal(error).with("inquiry", id.to_string()),
    }
}
