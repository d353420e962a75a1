use std::collections::BTreeSet;
use std::fmt;

use domain::{TenantCode, TenantScope, words};
use serde_json::{Map, Value};

use crate::{Code, Problem};

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Search and read residents.
    Read,
    /// Drop files of residents, confirm and discard them.
    Register,
    /// Record doses.
    Doses,
    /// Ask other municipalities.
    Inquire,
    /// Approve what needs a second person.
    Approve,
}

words!(Role {
    Read = "read",
    Register = "register",
    Doses = "doses",
    Inquire = "inquire",
    Approve = "approve",
});

/// Who asks: one person of one municipality. `Debug` does not show the person.
#[derive(Clone)]
pub struct Caller {
    scope: TenantScope,
    roles: BTreeSet<Role>,
    subject: String,
}

/// Longer subjects are no identifiers.
const SUBJECT_LIMIT: usize = 255;

impl Caller {
    /// Reads the claims of a token whose signature, issuer, audience and time were verified.
    ///
    /// `tenant` must be one code of a municipality, `sub` a text. `roles` may be a list or, as API
    /// Gateway writes lists, `[read register]`; roles that mean nothing here are passed over.
    ///
    /// Fails with [`Code::Unauthenticated`] without a subject and with [`Code::TenantClaim`] when
    /// the token is not of exactly one municipality.
    pub fn from_claims(claims: &Map<String, Value>) -> Result<Self, Problem> {
        let subject = claims
            .get("sub")
            .and_then(Value::as_str)
            .filter(|sub| !sub.is_empty() && sub.len() <= SUBJECT_LIMIT)
            .ok_or(Problem::new(Code::Unauthenticated))?;
        let tenant = claims
            .get("tenant")
            .and_then(Value::as_str)
            .and_then(|code| TenantCode::parse(code).ok())
            .ok_or(Problem::new(Code::TenantClaim))?;
        let words = claims.get("roles").map(role_words).unwrap_or_default();
        Ok(Self {
            scope: TenantScope::from_verified_claim(tenant),
            roles: Role::ALL
                .into_iter()
                .filter(|role| words.contains(&role.as_str()))
                .collect(),
            subject: subject.to_owned(),
        })
    }

    /// The area in which everything this caller asks for is done.
    #[must_use]
    pub const fn scope(&self) -> &TenantScope {
        &self.scope
    }

    /// The person, as the issuer of the token calls them. For records of who did what, not for logs.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Whether the caller has the role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Goes on only if the caller has the role.
    pub fn require(&self, role: Role) -> Result<(), Problem> {
        self.require_any(&[role])
    }

    /// Goes on only if the caller has one of the roles.
    pub fn require_any(&self, roles: &[Role]) -> Result<(), Problem> {
        if roles.iter().any(|role| self.has(*role)) {
            Ok(())
        } else {
            Err(Problem::new(Code::RoleMissing))
        }
    }
}

/// The words of the claim; an entry of a list is one word, whatever it holds.
fn role_words(claim: &Value) -> Vec<&str> {
    match claim {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        Value::String(text) => text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(text)
            .split(' ')
            .collect(),
        _ => Vec::new(),
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("tenant", &self.scope.code())
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn caller(claims: &Value) -> Result<Caller, Code> {
        Caller::from_claims(claims.as_object().unwrap()).map_err(|problem| problem.code())
    }

    #[test]
    fn a_verified_token_of_one_municipality_is_a_caller() {
        let caller = caller(&json!({"sub": "u-1", "tenant": "131016", "roles": ["read"]})).unwrap();
        assert_eq!(caller.scope().code().as_str(), "131016");
        assert_eq!(caller.subject(), "u-1");
        assert!(caller.require(Role::Read).is_ok());
        assert_eq!(
            caller.require(Role::Register).unwrap_err().code(),
            Code::RoleMissing
        );
        assert!(caller.require_any(&[Role::Register, Role::Read]).is_ok());
        assert!(!format!("{caller:?}").contains("u-1"));
    }

    #[test]
    fn a_token_that_is_not_of_exactly_one_municipality_is_nobodys() {
        let tenants = [
            json!(null),
            json!(""),
            json!("131017"),
            json!("13101"),
            json!(" 131016"),
            json!("131016,011002"),
            json!("131016 011002"),
            json!("131016#"),
            json!("１３１０１６"),
            json!("130001"),
            json!(131_016),
            json!(["131016"]),
            json!(["131016", "011002"]),
            json!({"code": "131016"}),
        ];
        for tenant in tenants {
            let claims = json!({"sub": "u", "tenant": tenant, "roles": ["read"]});
            assert_eq!(caller(&claims).unwrap_err(), Code::TenantClaim, "{tenant}");
        }
        assert_eq!(caller(&json!({"sub": "u"})).unwrap_err(), Code::TenantClaim);
        let elsewhere = json!({"sub": "u", "Tenant": "131016", "tenant_id": "131016"});
        assert_eq!(caller(&elsewhere).unwrap_err(), Code::TenantClaim);
    }

    #[test]
    fn a_token_without_a_subject_is_nobodys() {
        for sub in [json!(null), json!(""), json!(1), json!("x".repeat(256))] {
            let claims = json!({"sub": sub, "tenant": "131016"});
            assert_eq!(caller(&claims).unwrap_err(), Code::Unauthenticated, "{sub}");
        }
    }

    #[test]
    fn the_longest_subject_is_somebodys() {
        let longest = "x".repeat(255);
        let caller = caller(&json!({"sub": longest, "tenant": "131016"})).unwrap();
        assert_eq!(caller.subject(), longest);
    }

    #[test]
    fn roles_come_as_a_list_or_as_api_gateway_writes_lists() {
        let cases = [
            (
                json!(["read", "register"]),
                vec![Role::Read, Role::Register],
            ),
            (json!("[read register]"), vec![Role::Read, Role::Register]),
            (json!("approve"), vec![Role::Approve]),
            (json!("read  doses"), vec![Role::Read, Role::Doses]),
            (json!(["admin", "inquire"]), vec![Role::Inquire]),
            (json!(["read register"]), vec![]),
            (json!("READ"), vec![]),
            (json!("reader"), vec![]),
            (json!({"read": true}), vec![]),
            (json!(null), vec![]),
        ];
        for (roles, expected) in cases {
            let claims = json!({"sub": "u", "tenant": "131016", "roles": roles});
            let caller = caller(&claims).unwrap();
            let has: Vec<_> = Role::ALL
                .into_iter()
                .filter(|role| caller.has(*role))
                .collect();
            assert_eq!(has, expected, "{roles}");
        }
    }
}
