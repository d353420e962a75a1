//! Intrinsic functions: `!Ref`, `!GetAtt`, `!Sub` and `!If`, and nothing else.

use std::{cell::RefCell, collections::BTreeMap};

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value as Json};
use serde_yaml_ng::{Mapping, Value};

use super::{
    Place,
    document::{Document, RawResource, text},
    names,
};

/// Turns what is written into plain JSON, given parameters and a place to stand.
pub(super) struct Resolver<'a> {
    document: &'a Document,
    parameters: &'a BTreeMap<String, String>,
    pub(super) place: &'a Place,
    /// Resources whose own names are being worked out, to see a circle.
    open: RefCell<Vec<String>>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        document: &'a Document,
        parameters: &'a BTreeMap<String, String>,
        place: &'a Place,
    ) -> Result<Self> {
        for name in parameters.keys() {
            if !document.parameters.contains_key(name) {
                bail!("the template has no parameter {name}");
            }
        }
        Ok(Self {
            document,
            parameters,
            place,
            open: RefCell::new(Vec::new()),
        })
    }

    pub(super) fn condition(&self, name: &str) -> Result<&'a Value> {
        let conditions = &self.document.conditions;
        conditions
            .get(name)
            .with_context(|| format!("the template has no condition {name}"))
    }

    /// Properties of a resource in plain form.
    pub(super) fn properties(&self, properties: &Mapping) -> Result<Map<String, Json>> {
        let mut plain = Map::new();
        for (name, value) in properties {
            let name = text(name)?;
            let value = self
                .value(value)
                .with_context(|| format!("property {name}"))?;
            plain.insert(name.to_owned(), value);
        }
        Ok(plain)
    }

    pub(super) fn value(&self, value: &Value) -> Result<Json> {
        Ok(match value {
            Value::Null => Json::Null,
            Value::Bool(flag) => Json::Bool(*flag),
            Value::Number(number) => serde_json::to_value(number)?,
            Value::String(text) => Json::String(text.clone()),
            Value::Sequence(items) => Json::Array(
                items
                    .iter()
                    .map(|item| self.value(item))
                    .collect::<Result<_>>()?,
            ),
            Value::Mapping(mapping) => {
                if let Some(name) = mapping
                    .keys()
                    .filter_map(Value::as_str)
                    .find(|key| (*key == "Ref" || key.starts_with("Fn::")) && mapping.len() == 1)
                {
                    bail!("write {name} in its short form (!Ref, !GetAtt, !Sub)");
                }
                Json::Object(self.properties(mapping)?)
            }
            Value::Tagged(tagged) if tagged.tag == "!If" => {
                self.value(self.chosen(&tagged.value)?)?
            }
            Value::Tagged(tagged) => Json::String(match tagged.tag.to_string().as_str() {
                "!Ref" => self.reference(text(&tagged.value)?)?,
                "!GetAtt" => self.attribute(text(&tagged.value)?)?,
                "!Sub" => self.substitute(text(&tagged.value)?)?,
                other => bail!("{other} is not known to the local stack"),
            }),
        })
    }

    fn reference(&self, name: &str) -> Result<String> {
        if let Some(pseudo) = name.strip_prefix("AWS::") {
            return Ok(match pseudo {
                "AccountId" => self.place.account.clone(),
                "Partition" => "aws".to_owned(),
                "Region" => self.place.region.clone(),
                "StackName" => self.place.stack.clone(),
                "URLSuffix" => "amazonaws.com".to_owned(),
                _ => bail!("!Ref {name} is not known to the local stack"),
            });
        }
        if let Some(default) = self.document.parameters.get(name) {
            return self
                .parameters
                .get(name)
                .or(default.as_ref())
                .cloned()
                .with_context(|| format!("parameter {name} has no value"));
        }
        let resource = self.resource(name)?;
        names::reference(
            name,
            &resource.kind,
            &self.own_name(name, resource)?,
            self.place,
        )
    }

    fn attribute(&self, path: &str) -> Result<String> {
        let (name, attribute) = path
            .split_once('.')
            .with_context(|| format!("!GetAtt {path} names no attribute"))?;
        let resource = self.resource(name)?;
        let own = self.own_name(name, resource)?;
        names::attribute(name, &resource.kind, &own, attribute, self.place)
    }

    fn substitute(&self, pattern: &str) -> Result<String> {
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').context("!Sub: a ${ is not closed")?;
            out.push_str(before);
            if let Some(literal) = name.strip_prefix('!') {
                out.push_str("${");
                out.push_str(literal);
                out.push('}');
            } else if !name.starts_with("AWS::") && name.contains('.') {
                out.push_str(&self.attribute(name)?);
            } else {
                out.push_str(&self.reference(name)?);
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    fn resource(&self, name: &str) -> Result<&'a RawResource> {
        self.document
            .resources
            .get(name)
            .with_context(|| format!("the template has no parameter or resource {name}"))
    }

    /// The name of a resource in this stack: the one it asks for, else one made from its id.
    pub(super) fn own_name(&self, id: &str, resource: &RawResource) -> Result<String> {
        let Some(written) = names::name_property(&resource.kind)
            .and_then(|property| resource.properties.get(property))
        else {
            return Ok(names::from_id(id, &resource.kind));
        };
        if self.open.borrow().iter().any(|open| open == id) {
            bail!("the name of {id} depends on itself");
        }
        self.open.borrow_mut().push(id.to_owned());
        let name = self.value(written);
        self.open.borrow_mut().pop();
        match name.with_context(|| format!("name of {id}"))? {
            Json::String(name) => Ok(name),
            _ => bail!("the name of {id} is not text"),
        }
    }
}

/// A plain value as text, as `CloudFormation` passes it on.
pub(super) fn plain_text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}
