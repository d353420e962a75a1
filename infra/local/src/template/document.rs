//! The page as it is written: parameters, defaults for functions, resources.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde_yaml_ng::{Mapping, Value};

/// A resource before its intrinsics are resolved.
#[derive(Debug)]
pub(super) struct RawResource {
    pub(super) kind: String,
    /// The resource is there only if this condition holds.
    pub(super) condition: Option<String>,
    pub(super) properties: Mapping,
}

/// The sections of a template that have a meaning here.
#[derive(Debug)]
pub(super) struct Document {
    /// Default of each parameter, `None` where the template gives none.
    pub(super) parameters: BTreeMap<String, Option<String>>,
    /// `Globals.Function`: what every function has unless it says otherwise.
    pub(super) function_defaults: Mapping,
    pub(super) conditions: Mapping,
    pub(super) resources: BTreeMap<String, RawResource>,
}

/// Says something to `CloudFormation` about the life of a resource, nothing about what it does.
const RESOURCE_ATTRIBUTES: [&str; 6] = [
    "Type",
    "Condition",
    "Properties",
    "DependsOn",
    "DeletionPolicy",
    "UpdateReplacePolicy",
];

impl Document {
    pub(super) fn parse(yaml: &str) -> Result<Self> {
        let page: Mapping = serde_yaml_ng::from_str(yaml).context("the template is not YAML")?;
        let mut document = Self {
            parameters: BTreeMap::new(),
            function_defaults: Mapping::new(),
            conditions: Mapping::new(),
            resources: BTreeMap::new(),
        };
        for (section, value) in &page {
            match text(section)? {
                "AWSTemplateFormatVersion" | "Transform" | "Description" | "Outputs" => {}
                "Parameters" => document.parameters = parameters(mapping(value, "Parameters")?)?,
                "Conditions" => document.conditions = mapping(value, "Conditions")?.clone(),
                "Globals" => document.function_defaults = globals(mapping(value, "Globals")?)?,
                "Resources" => document.resources = resources(mapping(value, "Resources")?)?,
                other => bail!("section {other} of the template is not known to the local stack"),
            }
        }
        Ok(document)
    }

    /// What a resource says, over what `Globals` says of its type.
    pub(super) fn properties_of(&self, resource: &RawResource) -> Mapping {
        if resource.kind != super::function::KIND {
            return resource.properties.clone();
        }
        let mut merged = self.function_defaults.clone();
        for (name, value) in &resource.properties {
            merged.insert(name.clone(), value.clone());
        }
        merged
    }
}

fn parameters(section: &Mapping) -> Result<BTreeMap<String, Option<String>>> {
    let mut found = BTreeMap::new();
    for (name, definition) in section {
        let name = text(name)?;
        let default = match mapping(definition, name)?.get("Default") {
            None => None,
            Some(value) => Some(scalar(value).with_context(|| format!("default of {name}"))?),
        };
        found.insert(name.to_owned(), default);
    }
    Ok(found)
}

fn globals(section: &Mapping) -> Result<Mapping> {
    let mut defaults = Mapping::new();
    for (kind, properties) in section {
        match text(kind)? {
            "Function" => defaults = mapping(properties, "Globals.Function")?.clone(),
            other => bail!("Globals.{other} is not known to the local stack"),
        }
    }
    Ok(defaults)
}

fn resources(section: &Mapping) -> Result<BTreeMap<String, RawResource>> {
    let mut found = BTreeMap::new();
    for (id, definition) in section {
        let id = text(id)?;
        let definition = mapping(definition, id)?;
        for attribute in definition.keys() {
            let attribute = text(attribute)?;
            if !RESOURCE_ATTRIBUTES.contains(&attribute) {
                bail!("resource {id}: attribute {attribute} is not known to the local stack");
            }
        }
        let kind = definition
            .get("Type")
            .and_then(Value::as_str)
            .with_context(|| format!("resource {id} has no Type"))?;
        let properties = match definition.get("Properties") {
            None => Mapping::new(),
            Some(properties) => mapping(properties, id)?.clone(),
        };
        found.insert(
            id.to_owned(),
            RawResource {
                kind: kind.to_owned(),
                condition: definition
                    .get("Condition")
                    .map(|name| text(name).map(str::to_owned))
                    .transpose()?,
                properties,
            },
        );
    }
    Ok(found)
}

/// A scalar as `CloudFormation` would pass it on: as text.
pub(super) fn scalar(value: &Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => {
            bail!("is not a plain value")
        }
    }
}

pub(super) fn text(value: &Value) -> Result<&str> {
    value.as_str().context("a key of the template is not text")
}

fn mapping<'a>(value: &'a Value, of: &str) -> Result<&'a Mapping> {
    match value {
        Value::Mapping(mapping) => Ok(mapping),
        _ => bail!("{of} is not a mapping"),
    }
}
