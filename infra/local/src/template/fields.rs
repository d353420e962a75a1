//! Reading the properties of a resource so that nothing in them is passed over in silence.

use std::fmt::Display;

use anyhow::{Context as _, Error, Result, anyhow};
use serde_json::{Map, Value};

use super::resolve::plain_text;
use crate::iam::Policy;

/// Properties still to be read. What is left at [`Fields::finish`] is an error.
#[derive(Debug)]
pub(super) struct Fields {
    /// `DropBucket (AWS::S3::Bucket)`
    resource: String,
    /// `LifecycleConfiguration.Rules[0].`, empty at the top.
    path: String,
    left: Map<String, Value>,
}

impl Fields {
    pub(super) fn new(id: &str, kind: &str, properties: Map<String, Value>) -> Self {
        Self {
            resource: format!("{id} ({kind})"),
            path: String::new(),
            left: properties,
        }
    }

    /// An error about one property.
    pub(super) fn refuse(&self, property: &str, what: impl Display) -> Error {
        anyhow!(
            "resource {}: property {}{property} {what}",
            self.resource,
            self.path
        )
    }

    pub(super) fn optional_text(&mut self, property: &str) -> Result<Option<String>> {
        let Some(value) = self.left.remove(property) else {
            return Ok(None);
        };
        plain_text(&value)
            .map(Some)
            .ok_or_else(|| self.refuse(property, "is not text"))
    }

    pub(super) fn text(&mut self, property: &str) -> Result<String> {
        self.optional_text(property)?
            .ok_or_else(|| self.refuse(property, "is missing"))
    }

    /// A whole number, or `default` where the template says nothing.
    pub(super) fn number(&mut self, property: &str, default: u64) -> Result<u64> {
        let Some(text) = self.optional_text(property)? else {
            return Ok(default);
        };
        text.parse()
            .map_err(|_| self.refuse(property, "is not a whole number"))
    }

    pub(super) fn flag(&mut self, property: &str, default: bool) -> Result<bool> {
        let Some(text) = self.optional_text(property)? else {
            return Ok(default);
        };
        text.parse()
            .map_err(|_| self.refuse(property, "is not true or false"))
    }

    /// A property that must have the one value for which the local stack behaves alike.
    pub(super) fn only(&mut self, property: &str, value: &str) -> Result<()> {
        match self.optional_text(property)? {
            Some(found) if found == value => Ok(()),
            Some(found) => Err(self.refuse(
                property,
                format!("is {found}; the local stack knows {value} only"),
            )),
            None => Err(self.refuse(property, format!("is missing (should be {value})"))),
        }
    }

    pub(super) fn optional_value(&mut self, property: &str) -> Option<Value> {
        self.left.remove(property)
    }

    /// A policy document, as a mapping or as the text of one.
    pub(super) fn policy(&mut self, property: &str) -> Result<Policy> {
        let document = self.left.remove(property);
        let mut document = document.ok_or_else(|| self.refuse(property, "is missing"))?;
        if let Value::String(text) = &document {
            document = serde_json::from_str(text)
                .map_err(|error| self.refuse(property, format!("is no JSON ({error})")))?;
        }
        Policy::read(&document).map_err(|error| self.refuse(property, format!("{error:#}")))
    }

    /// A mapping, to be read with the same care.
    pub(super) fn optional_group(&mut self, property: &str) -> Result<Option<Self>> {
        match self.left.remove(property) {
            None => Ok(None),
            Some(Value::Object(left)) => Ok(Some(self.below(property, left))),
            Some(_) => Err(self.refuse(property, "is not a mapping")),
        }
    }

    pub(super) fn group(&mut self, property: &str) -> Result<Self> {
        self.optional_group(property)?
            .ok_or_else(|| self.refuse(property, "is missing"))
    }

    /// A list of mappings; empty where the template says nothing.
    pub(super) fn groups(&mut self, property: &str) -> Result<Vec<Self>> {
        let items = self.list(property)?;
        items
            .into_iter()
            .enumerate()
            .map(|(number, item)| match item {
                Value::Object(left) => Ok(self.below(&format!("{property}[{number}]"), left)),
                _ => Err(self.refuse(property, "is not a list of mappings")),
            })
            .collect()
    }

    /// A list of texts; one text stands for a list of one.
    pub(super) fn texts(&mut self, property: &str) -> Result<Vec<String>> {
        let items = match self.left.remove(property) {
            Some(Value::String(one)) => return Ok(vec![one]),
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.refuse(property, "is not a list")),
        };
        items
            .iter()
            .map(|item| {
                plain_text(item).ok_or_else(|| self.refuse(property, "is not a list of texts"))
            })
            .collect()
    }

    /// All properties left, each a text by name.
    pub(super) fn rest_as_texts(mut self) -> Result<Vec<(String, String)>> {
        let names: Vec<String> = self.left.keys().cloned().collect();
        names
            .into_iter()
            .map(|name| {
                self.text(&name)
                    .map(|text| (name.clone(), text))
                    .context(name)
            })
            .collect()
    }

    /// Properties that are known and change nothing on one machine, each with the reason.
    pub(super) fn without_effect(&mut self, properties: &[(&str, &str)]) {
        for (property, reason) in properties {
            if self.left.remove(*property).is_some() {
                tracing::trace!(resource = self.resource, property, reason, "no effect here");
            }
        }
    }

    /// Refuses what was not read.
    pub(super) fn finish(self) -> Result<()> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(property) => Err(self.refuse(property, "is not known to the local stack")),
        }
    }

    fn list(&mut self, property: &str) -> Result<Vec<Value>> {
        match self.left.remove(property) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.refuse(property, "is not a list")),
        }
    }

    fn below(&self, property: &str, left: Map<String, Value>) -> Self {
        Self {
            resource: self.resource.clone(),
            path: format!("{}{property}.", self.path),
            left,
        }
    }
}
