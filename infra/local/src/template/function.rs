//! Functions and the roles that say what they may do.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::fields::Fields;

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

/// A role and its statements.
#[derive(Debug, Clone)]
pub struct Role {
    /// What `!GetAtt` of its `Arn` gives.
    pub arn: String,
    /// What it allows.
    pub statements: Vec<Statement>,
}

/// One statement of a role's policies. All of ours allow.
#[derive(Debug, Clone)]
pub struct Statement {
    /// `service:Operation`
    pub actions: Vec<String>,
    /// ARNs, which may hold `*`.
    pub resources: Vec<String>,
    /// Names of encryption context that must be present.
    pub context: Vec<String>,
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

pub(super) fn role(arn: String, mut fields: Fields) -> Result<Role> {
    let trust = fields
        .optional_value("AssumeRolePolicyDocument")
        .unwrap_or_default();
    let service = trust
        .pointer("/Statement/0/Principal/Service")
        .and_then(Value::as_str);
    if service != Some("lambda.amazonaws.com") {
        return Err(fields.refuse("AssumeRolePolicyDocument", "does not trust Lambda"));
    }
    let mut statements = Vec::new();
    for mut policy in fields.groups("Policies")? {
        policy.text("PolicyName")?;
        let mut document = policy.group("PolicyDocument")?;
        policy.finish()?;
        document.only("Version", "2012-10-17")?;
        for entry in document.groups("Statement")? {
            statements.push(statement(entry)?);
        }
        document.finish()?;
    }
    fields.finish()?;
    Ok(Role { arn, statements })
}

fn statement(mut entry: Fields) -> Result<Statement> {
    entry.optional_text("Sid")?;
    entry.only("Effect", "Allow")?;
    let actions = entry.texts("Action")?;
    let resources = entry.texts("Resource")?;
    let context = match entry.optional_value("Condition") {
        None => Vec::new(),
        Some(condition) => {
            required_context(&condition).map_err(|what| entry.refuse("Condition", what))?
        }
    };
    entry.finish()?;
    Ok(Statement {
        actions,
        resources,
        context,
    })
}

/// The one condition that our roles use: `Null: {kms:EncryptionContext:<name>: "false"}`.
fn required_context(condition: &Value) -> Result<Vec<String>> {
    let known = "is not known to the local stack; it knows Null of kms:EncryptionContext";
    let operators = condition.as_object().context(known)?;
    let mut names = Vec::new();
    for (operator, keys) in operators {
        ensure!(operator == "Null", known);
        for (key, value) in keys.as_object().context(known)? {
            ensure!(value == "false", known);
            names.push(
                key.strip_prefix("kms:EncryptionContext:")
                    .context(known)?
                    .to_owned(),
            );
        }
    }
    Ok(names)
}
