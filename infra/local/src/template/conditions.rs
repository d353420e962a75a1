//! The section `Conditions`: which resources there are, by the values of parameters.

use anyhow::{Context as _, Result, bail};
use serde_yaml_ng::Value;

use super::{document::text, resolve::Resolver};

impl Resolver<'_> {
    /// Whether a condition of the template holds: `!Equals`, `!Not`, `!And` and `!Condition`.
    pub(super) fn holds(&self, name: &str) -> Result<bool> {
        let condition = self.condition(name)?;
        self.is_true(condition)
            .with_context(|| format!("condition {name}"))
    }

    fn is_true(&self, condition: &Value) -> Result<bool> {
        let Value::Tagged(tagged) = condition else {
            bail!("is not !Equals, !Not, !And or !Condition");
        };
        let parts = || tagged.value.as_sequence().map(Vec::as_slice);
        match (tagged.tag.to_string().as_str(), parts()) {
            ("!Equals", Some([one, other])) => Ok(self.value(one)? == self.value(other)?),
            ("!Not", Some([condition])) => Ok(!self.is_true(condition)?),
            ("!And", Some(conditions)) => {
                for condition in conditions {
                    if !self.is_true(condition)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            ("!Condition", None) => self.holds(text(&tagged.value)?),
            (tag, _) => bail!("{tag} is not known to the local stack here"),
        }
    }

    /// `!If [condition, value, value]`
    pub(super) fn chosen<'v>(&self, choice: &'v Value) -> Result<&'v Value> {
        match choice.as_sequence().map(Vec::as_slice) {
            Some([condition, then, otherwise]) => {
                let holds = self.holds(text(condition)?)?;
                Ok(if holds { then } else { otherwise })
            }
            _ => bail!("!If takes a condition and two values"),
        }
    }
}
