//! Every call of a function, held against the policies of the template.

use std::sync::Arc;

use crate::{
    iam::{Ask, Policies, Principal, WebIdentity, decide},
    template::{IdentityProvider, Place, Role, Template},
};

/// The roles of a stack, and the policies of what is called.
#[derive(Debug)]
pub(crate) struct Access {
    roles: Vec<Role>,
    providers: Vec<IdentityProvider>,
    resources: Policies,
    pub(crate) place: Place,
}

impl Access {
    pub(crate) fn of(template: &Template, place: &Place) -> Self {
        Self {
            roles: template.roles.clone(),
            providers: template.identity_providers.clone(),
            resources: template.resource_policies(place),
            place: place.clone(),
        }
    }

    /// Whether IAM knows the issuer, and the audience as one of it.
    pub(crate) fn knows(&self, issuer: &str, audience: &str) -> bool {
        self.providers.iter().any(|provider| {
            provider.issuer == issuer && provider.audiences.iter().any(|it| it == audience)
        })
    }

    /// Whether the holder of a token may take the role with it.
    pub(crate) fn may_take(&self, identity: &WebIdentity, role: &str) -> bool {
        let principal = identity.principal(&self.place.account);
        let asks = identity.asks(role);
        let mut asks = asks.iter();
        asks.all(|ask| decide(&principal, ask, &self.resources).is_allowed())
    }
}

/// Who makes calls: a function under its role, or whoever took a role.
#[derive(Debug)]
pub(crate) struct Caller {
    principal: Principal,
    pub(crate) access: Arc<Access>,
}

impl Caller {
    /// Whoever has this role, with tags of the session. `None` if the template has no such role.
    pub(crate) fn in_role(
        arn: &str,
        tags: Vec<(String, String)>,
        access: &Arc<Access>,
    ) -> Option<Self> {
        let role = access.roles.iter().find(|role| role.arn == arn)?;
        let principal = Principal {
            arn: role.arn.clone(),
            tags: tags.into_iter().collect(),
            policies: role.policies.clone(),
        };
        Some(Self {
            principal,
            access: Arc::clone(access),
        })
    }

    /// Whether all that a call asks for is allowed.
    pub(crate) fn may(&self, asks: &[Ask]) -> bool {
        self.check(asks).is_ok()
    }

    /// `Err` says which right is missing; it names the action, never an object.
    pub(crate) fn check(&self, asks: &[Ask]) -> Result<(), String> {
        for ask in asks {
            if !decide(&self.principal, ask, &self.access.resources).is_allowed() {
                let role = self.principal.arn.rsplit('/').next().unwrap_or_default();
                let action = &ask.action;
                return Err(format!("the role {role} does not allow {action} here"));
            }
        }
        Ok(())
    }
}
