//! The JSON of a body, read no deeper and no wider than any route looks.

use std::fmt;

use domain::Sensitive;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// Fields kept of an object; the rest is only checked for being JSON. A body with more has an unknown
/// field among the first.
const FIELDS_LIMIT: usize = 64;
/// Objects and lists are kept so deep below the body; what lies deeper is only checked for being JSON.
const DEPTH: u8 = 2;

/// A value as it was read.
pub(crate) enum Value {
    Text(Sensitive<String>),
    Number(u64),
    Flag(bool),
    Object(Object),
    List(Vec<Value>),
    Null,
    /// Another number, or what lies too deep: no route takes it.
    Other,
}

/// An object as it was read.
#[derive(Default)]
pub(crate) struct Object {
    pub(crate) fields: Vec<(String, Value)>,
    /// The first name in it that stands twice.
    pub(crate) doubled: Option<String>,
    /// Whether there was more than is kept.
    pub(crate) is_cut: bool,
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object, A::Error> {
        object(map, DEPTH)
    }
}

fn object<'de, A: MapAccess<'de>>(mut map: A, depth: u8) -> Result<Object, A::Error> {
    let mut read = Object::default();
    while let Some(name) = map.next_key::<String>()? {
        let value = map.next_value_seed(Within { depth })?;
        // The list stays short: beyond this, no route has so many fields.
        if read.fields.len() == FIELDS_LIMIT {
            read.is_cut = true;
        } else if read.fields.iter().any(|(known, _)| *known == name) {
            read.doubled.get_or_insert(name);
        } else {
            read.fields.push((name, value));
        }
    }
    Ok(read)
}

/// Reads a value below which this much is kept.
#[derive(Clone, Copy)]
struct Within {
    depth: u8,
}

impl<'de> DeserializeSeed<'de> for Within {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Within {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(Sensitive::new(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let Some(depth) = self.depth.checked_sub(1) else {
            // serde_json passes over nested values without recursion, so that no depth exhausts the stack.
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Value::Other);
        };
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Self { depth })? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Some(depth) = self.depth.checked_sub(1) else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Value::Other);
        };
        object(map, depth).map(Value::Object)
    }
}
