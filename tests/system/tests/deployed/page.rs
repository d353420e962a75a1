//! The template as it is written, tags of YAML and all.

use std::collections::BTreeSet;

use serde_yaml_ng::{Mapping, Value};

/// A resource.
pub(crate) struct Resource {
    pub(crate) id: String,
    pub(crate) kind: String,
    whole: Value,
}

/// All that the template says.
pub(crate) struct Page {
    whole: Value,
    pub(crate) resources: Vec<Resource>,
}

impl Page {
    /// `None` when it is no template.
    pub(crate) fn read(yaml: &str) -> Option<Self> {
        let whole: Value = serde_yaml_ng::from_str(yaml).ok()?;
        let resource = |(id, whole): (&Value, &Value)| {
            Some(Resource {
                id: id.as_str()?.to_owned(),
                kind: whole["Type"].as_str()?.to_owned(),
                whole: whole.clone(),
            })
        };
        let resources = whole["Resources"].as_mapping()?.iter().map(resource);
        Some(Self {
            resources: resources.collect::<Option<_>>()?,
            whole: whole.clone(),
        })
    }

    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |it| it.kind == kind)
    }

    /// Whether a property leads to a key of this template.
    pub(crate) fn leads_to_key(&self, resource: &Resource, path: &str) -> bool {
        let found = resource.leads_to(path);
        self.of_kind("AWS::KMS::Key")
            .any(|key| found.contains(&key.id))
    }

    /// What every function has unless it says otherwise.
    pub(crate) fn function_default(&self, name: &str) -> &Value {
        &self.whole["Globals"]["Function"][name]
    }

    pub(crate) fn parameters(&self) -> &Mapping {
        self.whole["Parameters"].as_mapping().unwrap()
    }
}

impl Resource {
    /// A property, by a path such as `SSESpecification.SSEEnabled`; null where there is none.
    pub(crate) fn property(&self, path: &str) -> &Value {
        let properties = &self.whole["Properties"];
        path.split('.').fold(properties, |value, name| &value[name])
    }

    /// Something that is said about the resource beside its properties.
    pub(crate) fn attribute(&self, name: &str) -> &Value {
        &self.whole[name]
    }

    pub(crate) fn is(&self, path: &str, value: impl Into<Value>) -> bool {
        *self.property(path) == value.into()
    }

    /// The resources that a property leads to.
    pub(crate) fn leads_to(&self, path: &str) -> BTreeSet<String> {
        led_to(self.property(path))
    }

    /// The statements of the policy documents in a property, wherever they stand. A document may be
    /// the text of one, with the names of parameters in it.
    pub(crate) fn statements(&self, path: &str) -> Vec<Value> {
        let mut found = Vec::new();
        statements(self.property(path), &mut found);
        found
    }
}

fn statements(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Sequence(items) => items.iter().for_each(|item| statements(item, found)),
        Value::Mapping(mapping) => {
            if mapping.contains_key("Effect") {
                found.push(value.clone());
            } else {
                mapping.values().for_each(|item| statements(item, found));
            }
        }
        Value::Tagged(tagged) => {
            let text = tagged.value.as_str().unwrap_or_default();
            if text.starts_with('{') {
                statements(&serde_yaml_ng::from_str(text).unwrap_or_default(), found);
            }
        }
        _ => {}
    }
}

/// The resources that a value leads to.
pub(crate) fn led_to(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    led(value, &mut found);
    found
}

/// `!Ref x`, `!GetAtt x.Arn`, `!Sub "${x.Arn}/*"`.
fn led(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Sequence(items) => items.iter().for_each(|item| led(item, found)),
        Value::Mapping(mapping) => mapping.values().for_each(|item| led(item, found)),
        Value::Tagged(tagged) => {
            let text = tagged.value.as_str().unwrap_or_default();
            if tagged.tag == "!Sub" {
                for part in text.split("${").skip(1) {
                    let name = part.split(['}', '.']).next().unwrap_or_default();
                    found.insert(name.to_owned());
                }
            } else {
                found.insert(text.split('.').next().unwrap_or_default().to_owned());
            }
        }
        _ => {}
    }
}

/// One text or a list of them.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Sequence(items) => items.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    }
}
