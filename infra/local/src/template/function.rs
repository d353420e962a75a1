//! Functions, the roles that say what they may do, and whose tokens buy such roles.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;

use super::fields::Fields;
use crate::iam::Policy;

pub(super) const KIND: &str = "AWS::Serverless::Function";

/// A Lambda function.
#[derive(Debug, Clone)]
pub struct Function {
    /// What `!Ref` of it gives.
    pub name: String,
    /// What `!GetAtt` of its `Arn` gives.
    pub arn: String,
    /// The package it is built from: the last folder of `CodeUri`.
    pub package: String,
    /// When an invocation is given up.
    pub timeout: Duration,
    /// Its settings.
    pub environment: BTreeMap<String, String>,
    /// ARN of its role.
    pub role: String,
}

/// A role: who may take it, and what it allows.
#[derive(Debug, Clone)]
pub struct Role {
    /// What `!GetAtt` of its `Arn` gives.
    pub arn: String,
    /// Its trust policy.
    pub trust: Policy,
    /// What it allows.
    pub policies: Vec<Policy>,
}

pub(super) fn function(name: String, arn: String, mut fields: Fields) -> Result<Function> {
    fields.without_effect(&[
        ("FunctionName", "taken already"),
        ("Description", "for people"),
        ("Architectures", "built for this machine"),
        (
            "MemorySize",
            "the process has one memory; the benches measure it",
        ),
        ("LoggingConfig", "logs go to the terminal"),
        ("Tracing", "one process is looked into without it"),
        (
            "ReservedConcurrentExecutions",
            "one machine has as many processors as it has",
        ),
        ("RecursiveLoop", "nothing looks for loops"),
    ]);
    fields.only("Runtime", "provided.al2023")?;
    fields.only("Handler", "bootstrap")?;
    let code = fields.text("CodeUri")?;
    let package = code
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    if package.is_empty() {
        return Err(fields.refuse("CodeUri", "does not end in the folder of a package"));
    }
    let timeout = Duration::from_secs(fields.number("Timeout", 3)?);
    let role = fields.text("Role")?;
    let mut environment = BTreeMap::new();
    if let Some(mut group) = fields.optional_group("Environment")? {
        if let Some(variables) = group.optional_group("Variables")? {
            environment.extend(variables.rest_as_texts()?);
        }
        group.finish()?;
    }
    fields.finish()?;
    Ok(Function {
        name,
        arn,
        package,
        timeout,
        environment,
        role,
    })
}

/// An issuer that IAM knows, and for whom its tokens must be.
#[derive(Debug, Clone)]
pub struct IdentityProvider {
    /// The issuer without scheme; also the end of the provider's ARN.
    pub issuer: String,
    /// Audiences, one of which a token must name.
    pub audiences: Vec<String>,
}

pub(super) fn identity_provider(mut fields: Fields) -> Result<IdentityProvider> {
    let url = fields.text("Url")?;
    let Some(issuer) = url.strip_prefix("https://") else {
        return Err(fields.refuse("Url", "does not begin with https://"));
    };
    let audiences = fields.texts("ClientIdList")?;
    fields.finish()?;
    Ok(IdentityProvider {
        issuer: issuer.to_owned(),
        audiences,
    })
}

pub(super) fn role(arn: String, mut fields: Fields) -> Result<Role> {
    let trust = fields.policy("AssumeRolePolicyDocument")?;
    let mut policies = Vec::new();
    for mut policy in fields.groups("Policies")? {
        policy.text("PolicyName")?;
        policies.push(policy.policy("PolicyDocument")?);
        policy.finish()?;
    }
    fields.finish()?;
    Ok(Role {
        arn,
        trust,
        policies,
    })
}
