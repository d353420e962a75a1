//! Who may call what: the part of IAM that our template uses.
//!
//! Policies are read from the template ([`Policy::read`]); a call of a service is read into what it
//! asks for (`asks`); [`decide`] says whether it is allowed. What this module does not know is a
//! denial: an operator or an element that it cannot read is an error when the stack starts, a call
//! that it cannot read asks for a right that nobody has, and a context key that a call does not
//! carry fails every condition but `Null` and `StringNotEquals`, of which it holds on AWS too.
//!
//! How decisions are made, as AWS documents it for one account: an explicit denial in any policy
//! wins; else an allowing statement of the caller's own policies is needed. A key of KMS must
//! besides be opened to the account by its key policy, and a role is assumed only if its trust
//! policy names the caller. Policies of organisations, boundaries and sessions are not used by the
//! template and not known here.

mod asks;
mod condition;
mod decide;
mod leading;
mod pattern;
mod policy;
mod web_identity;

pub use self::{
    asks::{of_assume_role, of_invoke, of_json, of_listing, of_s3},
    condition::Condition,
    decide::{Decision, Policies, Principal, decide},
    pattern::Pattern,
    policy::{Effect, Policy, Statement},
    web_identity::WebIdentity,
};

use std::collections::BTreeMap;

/// One right that a call asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// `dynamodb:GetItem`
    pub action: String,
    /// ARN of what is touched.
    pub resource: String,
    /// Context keys in lower case, each with its values. What is not here is absent.
    pub context: BTreeMap<String, Vec<String>>,
}

impl Ask {
    /// An ask without context.
    #[must_use]
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
            context: BTreeMap::new(),
        }
    }

    /// The same with one more context key.
    #[must_use]
    pub fn with(mut self, key: &str, values: Vec<String>) -> Self {
        self.context.insert(key.to_ascii_lowercase(), values);
        self
    }
}
