//! Policies as they are written in the template.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, Value};

use super::{condition::Condition, pattern::Pattern};

/// A policy document: of a role, of a key, of a resource, or the trust of a role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Its statements.
    pub statements: Vec<Statement>,
    /// As it was read, for a second opinion.
    pub document: Value,
}

/// What a statement does when it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Lets the call through, unless another statement denies it.
    Allow,
    /// Refuses the call, whatever else is written.
    Deny,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its name, for what is printed.
    pub sid: String,
    /// What it does.
    pub effect: Effect,
    /// Who it is about, in a policy of a resource: ARNs, services, or `*`.
    pub principals: Vec<String>,
    /// Actions, with wildcards.
    pub actions: Vec<Pattern>,
    /// ARNs, with wildcards and variables; empty in a trust policy, which is about its own role.
    pub resources: Vec<Pattern>,
    /// All of them must hold.
    pub conditions: Vec<Condition>,
}

impl Policy {
    /// Reads a document whose intrinsic functions are resolved. Elements that this module does not
    /// know (`NotAction`, `NotResource`, `NotPrincipal` among them) are errors.
    pub fn read(document: &Value) -> Result<Self> {
        let written = document;
        let mut document = object(document).context("a policy is not a mapping")?;
        let version = document.remove("Version").unwrap_or_default();
        ensure!(
            version == "2012-10-17",
            "a policy of another version than 2012-10-17"
        );
        let statements = match document.remove("Statement") {
            Some(Value::Array(statements)) => statements,
            Some(one @ Value::Object(_)) => vec![one],
            _ => bail!("a policy without statements"),
        };
        nothing_left(&document)?;
        let statements = statements.iter().map(Statement::read);
        Ok(Self {
            statements: statements.collect::<Result<_>>()?,
            document: written.clone(),
        })
    }
}

impl Statement {
    fn read(statement: &Value) -> Result<Self> {
        let mut left = object(statement).context("a statement is not a mapping")?;
        let sid = left.remove("Sid").unwrap_or_default();
        let effect = match left.remove("Effect").as_ref().and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            _ => bail!("a statement whose Effect is neither Allow nor Deny"),
        };
        let principals = match left.remove("Principal") {
            None => Vec::new(),
            Some(Value::String(all)) => vec![all],
            Some(Value::Object(kinds)) => {
                let mut principals = Vec::new();
                for named in kinds.values() {
                    principals.extend(texts(named).context("a principal is not text")?);
                }
                principals
            }
            Some(_) => bail!("a principal that is neither text nor a mapping"),
        };
        let mut patterns = |element: &str| -> Result<Vec<Pattern>> {
            let Some(value) = left.remove(element) else {
                return Ok(Vec::new());
            };
            let texts = texts(&value).with_context(|| format!("{element} is not text"))?;
            texts.iter().map(|text| Pattern::parse(text)).collect()
        };
        let actions = patterns("Action")?;
        let resources = patterns("Resource")?;
        let conditions = match left.remove("Condition") {
            None => Vec::new(),
            Some(element) => Condition::read_all(&element)?,
        };
        nothing_left(&left)?;
        ensure!(!actions.is_empty(), "a statement without an action");
        Ok(Self {
            sid: sid.as_str().unwrap_or_default().to_owned(),
            effect,
            principals,
            actions,
            resources,
            conditions,
        })
    }
}

fn object(value: &Value) -> Option<Map<String, Value>> {
    value.as_object().cloned()
}

fn nothing_left(left: &Map<String, Value>) -> Result<()> {
    match left.keys().next() {
        None => Ok(()),
        Some(element) => bail!("element {element} is not known to the local stack"),
    }
}

/// One text or a list of them; numbers and truth values as they are written.
pub(super) fn texts(value: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    match value {
        Value::Array(list) => list.iter().map(one).collect(),
        other => one(other).map(|text| vec![text]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(extra: &Value) -> Result<Policy> {
        let mut statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
        let fields = statement.as_object_mut().unwrap();
        fields.extend(extra.as_object().unwrap().clone());
        Policy::read(&json!({"Version": "2012-10-17", "Statement": [statement]}))
    }

    #[test]
    fn a_statement_is_read_whole() {
        let policy = with(&json!({"Sid": "S", "Principal": {"AWS": ["a", "b"]}})).unwrap();
        assert_eq!(policy.statements[0].principals, ["a", "b"]);
        assert_eq!(policy.statements[0].sid, "S");
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for extra in [
            json!({"NotAction": "s3:*"}),
            json!({"NotResource": "*"}),
            json!({"NotPrincipal": "*"}),
            json!({"Effect": "allow"}),
            json!({"Action": []}),
            json!({"Condition": {"DateLessThan": {"aws:CurrentTime": "x"}}}),
        ] {
            assert!(with(&extra).is_err(), "{extra}");
        }
        assert!(Policy::read(&json!({"Version": "2008-10-17", "Statement": []})).is_err());
    }
}
