use api::{Code, Fault, Problem, Request, Response, Role};
use asking::{AskError, Named, Question, Refusal};
use domain::InquiryId;

use crate::answer::Answer;
use crate::wanted::Wanted;
use crate::{Inquiries, of_life, of_store, staff};

impl Inquiries {
    pub(crate) async fn ask(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Inquire)?;
        let wanted = Wanted::read(request.fields()?)?;
        let scope = request.caller().scope();
        let settings = self.enrolled(scope).await?;
        let consent = self.store.consent(scope, &wanted.consent).await;
        let consent = consent.map_err(|error| of_store(&error))?;
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
            by: staff(request),
        };
        let asked = self.asking.ask(scope, &settings, &question).await;
        let (inquiry, found) = asked.map_err(|error| problem(&error, id))?;
        Ok(Response::json(&Answer::of(inquiry, wanted.consent, &found)))
    }
}

fn problem(error: &AskError, id: Named) -> Problem {
    let (Named::Fresh(id) | Named::Given(id)) = id;
    match error {
        AskError::Refused(refusal) => match *refusal {
            Refusal::NoSuchBasis => Problem::not_found(),
            Refusal::IdInUse => Problem::invalid("inquiry", Fault::Id),
            Refusal::Basis(error) => of_life(error),
            Refusal::OtherPerson => Problem::new(Code::PersonMismatch),
            Refusal::BudgetSpent => Problem::new(Code::BudgetSpent),
        },
        // The basis may be claimed: only under this id does the inquiry go on.
        error if error.is_passing() => Problem::try_again(error).with("inquiry", id.to_string()),
        error => Problem::internal(error).with("inquiry", id.to_string()),
    }
}
