//! Every call of a function, held against the policies of the template.

use std::sync::Arc;

use crate::{
    iam::{Ask, Policies, Principal, decide},
    template::{Place, Role},
};

/// A function that makes calls.
#[derive(Debug)]
pub(crate) struct Caller {
    /// For the error text.
    function: String,
    principal: Principal,
    resources: Arc<Policies>,
    pub(crate) place: Place,
}

impl Caller {
    /// The function under its role, before the policies of what it calls.
    pub(crate) fn new(function: &str, role: &Role, resources: Arc<Policies>, place: Place) -> Self {
        let principal = Principal {
            arn: role.arn.clone(),
            policies: role.policies.clone(),
            ..Principal::default()
        };
        Self {
            function: function.to_owned(),
            principal,
            resources,
            place,
        }
    }

    /// `Err` says which right is missing; it names the action, never an object.
    pub(crate) fn check(&self, asks: &[Ask]) -> Result<(), String> {
        for ask in asks {
            if !decide(&self.principal, ask, &self.resources).is_allowed() {
                let (function, action) = (&self.function, &ask.action);
                return Err(format!(
                    "the role of {function} does not allow {action} here"
                ));
            }
        }
        Ok(())
    }
}
