//! Conditions of a statement: exactly the operators that the template uses.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::pattern::Pattern;

/// One condition: an operator, a context key, and the values it is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    operator: Operator,
    every: bool,
    key: String,
    values: Vec<Pattern>,
    texts: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    StringEquals,
    StringNotEquals,
    StringLike,
    NumericLessThan,
    Bool,
    Null,
}

impl Condition {
    /// All conditions of a statement's `Condition` element.
    pub fn read_all(element: &Value) -> Result<Vec<Self>> {
        let operators = element.as_object().context("Condition is not a mapping")?;
        let mut conditions = Vec::new();
        for (operator, keys) in operators {
            let keys = keys.as_object().context("an operator holds no mapping")?;
            for (key, values) in keys {
                conditions.push(Self::read(operator, key, values)?);
            }
        }
        Ok(conditions)
    }

    fn read(operator: &str, key: &str, values: &Value) -> Result<Self> {
        let (every, plain) = match operator.strip_prefix("ForAllValues:") {
            Some(plain) => (true, plain),
            None => (false, operator),
        };
        let known = match plain {
            "StringEquals" => Operator::StringEquals,
            "StringNotEquals" if !every => Operator::StringNotEquals,
            "StringLike" => Operator::StringLike,
            "NumericLessThan" if !every => Operator::NumericLessThan,
            "Bool" if !every => Operator::Bool,
            "Null" if !every => Operator::Null,
            _ => bail!("operator {operator} is not known to the local stack"),
        };
        let texts = super::policy::texts(values).context("a condition's value is not text")?;
        let values = texts.iter().map(|text| Pattern::parse(text));
        let values = values.collect::<Result<Vec<_>>>()?;
        if values.is_empty() {
            bail!("a condition on {key} without a value");
        }
        Ok(Self {
            operator: known,
            every,
            key: key.to_ascii_lowercase(),
            values,
            texts,
        })
    }

    /// Whether it holds for a call with this context.
    #[must_use]
    pub fn holds(&self, context: &BTreeMap<String, Vec<String>>) -> bool {
        // A key without values is as good as absent.
        let found = context.get(&self.key).filter(|values| !values.is_empty());
        if self.operator == Operator::Null {
            let absent = if found.is_none() { "true" } else { "false" };
            return self.texts.iter().any(|text| text == absent);
        }
        if self.operator == Operator::StringNotEquals {
            // What a call does not say is equal to nothing, so this holds of it, as on AWS.
            let equals = |value: &String| self.values.iter().any(|it| it.equals(value, context));
            return !found.is_some_and(|found| found.len() == 1 && found.iter().all(equals));
        }
        match found {
            // "For all values" is true of no values at all. That is why our template never uses it
            // without `Null` beside it.
            None => self.every,
            Some(found) if self.every => found.iter().all(|value| self.fits(value, context)),
            Some(found) => found.len() == 1 && found.iter().all(|value| self.fits(value, context)),
        }
    }

    fn fits(&self, value: &str, context: &BTreeMap<String, Vec<String>>) -> bool {
        match self.operator {
            Operator::StringEquals => self.values.iter().any(|it| it.equals(value, context)),
            Operator::StringLike => self.values.iter().any(|it| it.matches(value, context)),
            Operator::Bool => self.texts.iter().any(|text| text == value),
            Operator::NumericLessThan => self.texts.iter().any(|limit| {
                let number = |text: &str| text.parse::<f64>().ok();
                matches!((number(value), number(limit)), (Some(value), Some(limit)) if value < limit)
            }),
            Operator::StringNotEquals | Operator::Null => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn context(entries: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        entries
            .iter()
            .map(|(key, values)| {
                let values = values.iter().map(|&value| value.to_owned()).collect();
                (key.to_ascii_lowercase(), values)
            })
            .collect()
    }

    fn holds(condition: &Value, entries: &[(&str, &[&str])]) -> bool {
        let conditions = Condition::read_all(condition).unwrap();
        let context = context(entries);
        conditions.iter().all(|condition| condition.holds(&context))
    }

    #[test]
    fn for_all_values_alone_lets_a_call_without_keys_through_and_null_stops_it() {
        let tenant = ("aws:PrincipalTag/tenant", &["131016"][..]);
        let own = (
            "dynamodb:LeadingKeys",
            &["T#131016#CURRENT", "T#131016#R#x"][..],
        );
        let mixed = (
            "dynamodb:LeadingKeys",
            &["T#131016#CURRENT", "T#011002#R#x"][..],
        );
        let keys = json!({"dynamodb:LeadingKeys": "T#${aws:PrincipalTag/tenant}#*"});
        let open = json!({"ForAllValues:StringLike": keys});
        let closed =
            json!({"ForAllValues:StringLike": keys, "Null": {"dynamodb:LeadingKeys": "false"}});
        for (condition, no_keys) in [(&open, true), (&closed, false)] {
            assert!(holds(condition, &[tenant, own]));
            assert!(!holds(condition, &[tenant, mixed]));
            assert!(!holds(condition, &[own]));
            assert_eq!(holds(condition, &[tenant]), no_keys);
        }
    }

    #[test]
    fn other_operators_need_the_key() {
        for (condition, value, fits) in [
            (json!({"StringEquals": {"a:k": ["x", "y"]}}), "y", true),
            (json!({"StringEquals": {"a:k": "x*"}}), "xy", false),
            (json!({"StringLike": {"a:k": "x*"}}), "xy", true),
            (json!({"Bool": {"a:k": "false"}}), "false", true),
            (json!({"Bool": {"a:k": false}}), "true", false),
            (json!({"NumericLessThan": {"a:k": "1.2"}}), "1.1", true),
            (json!({"NumericLessThan": {"a:k": 1.2}}), "1.2", false),
        ] {
            assert_eq!(
                holds(&condition, &[("a:K", &[value])]),
                fits,
                "{condition} {value}"
            );
            assert!(!holds(&condition, &[]), "{condition}");
        }
    }

    #[test]
    fn not_equals_holds_of_a_key_that_is_absent_and_null_beside_it_lets_that_through() {
        let other = json!({"StringNotEquals": {"a:k": ["x", "y"]}});
        let named = json!({"StringNotEquals": {"a:k": ["x", "y"]}, "Null": {"a:k": "false"}});
        for (condition, absent) in [(&other, true), (&named, false)] {
            assert!(holds(condition, &[("a:K", &["z"])]));
            assert!(holds(condition, &[("a:K", &["x", "y"])]));
            assert!(!holds(condition, &[("a:K", &["y"])]));
            assert_eq!(holds(condition, &[]), absent, "{condition}");
        }
    }

    #[test]
    fn an_unknown_operator_is_an_error() {
        for operator in [
            "StringNotEqualsIfExists",
            "ForAllValues:StringNotEquals",
            "ForAnyValue:StringLike",
            "ArnLike",
            "StringLikeIfExists",
        ] {
            assert!(
                Condition::read_all(&json!({operator: {"a:k": "x"}})).is_err(),
                "{operator}"
            );
        }
    }
}
