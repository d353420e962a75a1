use std::fmt;

use domain::Sensitive;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::{Code, Fault, Problem};

/// Largest body in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;

/// What the body of a request says: one flat JSON object, each field of which is taken once by
/// name. What is left over at the end is refused.
///
/// Everything in it counts as what a person is called or numbered: it does not print itself and is
/// handed out as [`Sensitive`].
#[derive(Default)]
pub struct Fields(Vec<(String, Scalar)>);

enum Scalar {
    Text(Sensitive<String>),
    Null,
    /// A number, a truth value, a list or an object: no route takes one.
    Other,
}

impl Fields {
    /// Reads a body. An empty one has no fields.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Problem> {
        if body.len() > BODY_LIMIT {
            return Err(Problem::new(Code::BodyTooLarge));
        }
        if body.is_empty() {
            return Ok(Self::default());
        }
        // What serde_json says of a mistake may repeat what stood there, so it goes no further.
        let Read { fields, doubled } =
            serde_json::from_slice(body).map_err(|_| Problem::new(Code::BodyMalformed))?;
        match doubled {
            Some(name) => Err(Problem::at(Code::FieldDoubled, &name)),
            None => Ok(Self(fields)),
        }
    }

    /// Takes a text that must be there, of 1 to `limit` characters.
    pub fn text(&mut self, name: &str, limit: usize) -> Result<Sensitive<String>, Problem> {
        self.optional_text(name, limit)?
            .ok_or_else(|| Problem::at(Code::FieldMissing, name))
    }

    /// Takes a text of 1 to `limit` characters without control characters; `None` if it is absent
    /// or `null`.
    pub fn optional_text(
        &mut self,
        name: &str,
        limit: usize,
    ) -> Result<Option<Sensitive<String>>, Problem> {
        let Some(at) = self.0.iter().position(|(known, _)| known == name) else {
            return Ok(None);
        };
        let text = match self.0.swap_remove(at).1 {
            Scalar::Null => return Ok(None),
            Scalar::Other => return Err(Problem::invalid(name, Fault::NotText)),
            Scalar::Text(text) => text,
        };
        let fault = if text.expose().is_empty() {
            Fault::Empty
        } else if text.expose().chars().count() > limit {
            Fault::TooLong
        } else if text.expose().chars().any(char::is_control) {
            Fault::ControlCharacter
        } else {
            return Ok(Some(text));
        };
        Err(Problem::invalid(name, fault))
    }

    /// Ends the reading: a field that was not taken is one that the route does not know.
    pub fn done(self) -> Result<(), Problem> {
        match self.0.first() {
            Some((name, _)) => Err(Problem::at(Code::FieldUnknown, name)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fields")
    }
}

/// An object as it was read, and the first name in it that stands twice.
struct Read {
    fields: Vec<(String, Scalar)>,
    doubled: Option<String>,
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ReadVisitor)
    }
}

struct ReadVisitor;

impl<'de> Visitor<'de> for ReadVisitor {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
        let mut read = Read {
            fields: Vec::new(),
            doubled: None,
        };
        while let Some((name, value)) = map.next_entry::<String, Scalar>()? {
            // The list stays short: beyond this, no route has so many fields.
            if read.fields.len() < FIELDS_LIMIT {
                if read.fields.iter().any(|(known, _)| *known == name) {
                    read.doubled.get_or_insert(name);
                } else {
                    read.fields.push((name, value));
                }
            }
        }
        Ok(read)
    }
}

/// Fields kept of a body; the rest is only checked for being JSON. A body with more has an unknown
/// field among the first.
const FIELDS_LIMIT: usize = 64;

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(Sensitive::new(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
        // serde_json passes over nested values without recursion, so that no depth exhausts the stack.
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &[u8]) -> Result<Fields, Problem> {
        Fields::parse(body)
    }

    #[test]
    fn texts_are_taken_by_name() {
        let mut fields = parse(br#" {"name":"\u5c71","kana":null} "#).unwrap();
        assert_eq!(fields.text("name", 10).unwrap().expose(), "山");
        assert!(fields.optional_text("kana", 10).unwrap().is_none());
        assert!(fields.optional_text("other", 10).unwrap().is_none());
        fields.done().unwrap();
    }

    #[test]
    fn an_empty_body_has_no_fields() {
        let mut fields = parse(b"").unwrap();
        assert_eq!(
            fields.text("name", 10).unwrap_err().code(),
            Code::FieldMissing
        );
        fields.done().unwrap();
    }

    #[test]
    fn hostile_bodies_are_refused_whole() {
        let deep_list = [b"{\"a\":".to_vec(), b"[".repeat(50_000)].concat();
        let long = [
            b"{\"a\":\"".to_vec(),
            b"x".repeat(BODY_LIMIT),
            b"\"}".to_vec(),
        ]
        .concat();
        let cases: [(&str, &[u8], Code); 21] = [
            ("blank", b"  ", Code::BodyMalformed),
            ("a list", b"[]", Code::BodyMalformed),
            ("a text", b"\"a\"", Code::BodyMalformed),
            ("null", b"null", Code::BodyMalformed),
            ("a number", b"1", Code::BodyMalformed),
            ("not closed", b"{\"a\":\"b\"", Code::BodyMalformed),
            ("more behind it", b"{} {}", Code::BodyMalformed),
            ("a NUL behind it", b"{}\0", Code::BodyMalformed),
            ("a comma too many", b"{\"a\":\"b\",}", Code::BodyMalformed),
            ("a comment", b"{/**/}", Code::BodyMalformed),
            ("single quotes", b"{'a':'b'}", Code::BodyMalformed),
            ("a raw line end", b"{\"a\":\"\n\"}", Code::BodyMalformed),
            (
                "half a surrogate",
                br#"{"a":"\ud800"}"#,
                Code::BodyMalformed,
            ),
            ("no number", b"{\"a\":NaN}", Code::BodyMalformed),
            ("too large a number", b"{\"a\":1e999}", Code::BodyMalformed),
            ("cp932", b"{\"a\":\"\x8ER\"}", Code::BodyMalformed),
            ("utf-16", b"\xFF\xFE{\0}\0", Code::BodyMalformed),
            ("a byte order mark", b"\xEF\xBB\xBF{}", Code::BodyMalformed),
            ("gzip", b"\x1F\x8B\x08\0\0\0\0\0", Code::BodyMalformed),
            ("deep lists", &deep_list, Code::BodyMalformed),
            ("too long", &long, Code::BodyTooLarge),
        ];
        for (what, body, code) in cases {
            assert_eq!(parse(body).unwrap_err().code(), code, "{what}");
        }
    }

    #[test]
    fn a_body_of_exactly_the_limit_is_read() {
        let mut body = b"{\"a\":\"".to_vec();
        body.resize(BODY_LIMIT - 2, b'x');
        body.extend(b"\"}");
        assert!(parse(&body).is_ok());
        body.push(b' ');
        assert_eq!(parse(&body).unwrap_err().code(), Code::BodyTooLarge);
    }

    #[test]
    fn doubled_fields_are_refused_by_name_however_they_are_spelled() {
        for body in [
            &br#"{"coupon":"1","coupon":"2"}"#[..],
            br#"{"coupon":"1","c\u006fupon":"1"}"#,
            br#"{"coupon":null,"coupon":null}"#,
            br#"{"a":"","coupon":{},"b":"","coupon":[]}"#,
        ] {
            let problem = parse(body).unwrap_err();
            assert_eq!(
                (problem.code(), problem.field()),
                (Code::FieldDoubled, Some("coupon"))
            );
        }
    }

    #[test]
    fn unknown_fields_are_refused_by_name_and_without_their_value() {
        let mut fields = parse(r#"{"name":"a","tenant":"秘密"}"#.as_bytes()).unwrap();
        fields.text("name", 10).unwrap();
        let problem = fields.done().unwrap_err();
        assert_eq!(
            (problem.code(), problem.field()),
            (Code::FieldUnknown, Some("tenant"))
        );
        assert!(!format!("{problem:?}{}", problem.to_json()).contains("秘密"));
    }

    #[test]
    fn thousands_of_fields_cost_no_more_than_reading_them() {
        let many: Vec<_> = (0..6000).map(|i| format!("\"f{i}\":0")).collect();
        let body = format!("{{{}}}", many.join(","));
        let problem = parse(body.as_bytes()).unwrap().done().unwrap_err();
        assert_eq!(
            (problem.code(), problem.field()),
            (Code::FieldUnknown, Some("f0"))
        );
    }

    #[test]
    fn values_that_break_a_rule_say_which() {
        let cases = [
            ("1", Fault::NotText),
            ("-1", Fault::NotText),
            ("1.5", Fault::NotText),
            ("true", Fault::NotText),
            ("[\"x\"]", Fault::NotText),
            ("{\"$ne\":\"\"}", Fault::NotText),
            ("{\"a\":1,\"a\":2}", Fault::NotText),
            ("\"\"", Fault::Empty),
            ("\"四文字だ\"", Fault::TooLong),
            ("\"a\\u0000\"", Fault::ControlCharacter),
            ("\"a\\n\"", Fault::ControlCharacter),
            ("\"\\u0085\"", Fault::ControlCharacter),
        ];
        for (value, fault) in cases {
            let mut fields = parse(format!("{{\"name\":{value}}}").as_bytes()).unwrap();
            let problem = fields.text("name", 3).unwrap_err();
            assert_eq!(problem.code(), Code::FieldInvalid, "{value}");
            assert_eq!(
                (problem.field(), problem.fault()),
                (Some("name"), Some(fault)),
                "{value}"
            );
        }
    }

    #[test]
    fn a_deep_body_is_a_field_that_is_no_text() {
        let deep = [b"{\"a\":".repeat(9000), b"1".to_vec(), b"}".repeat(9000)].concat();
        let mut fields = parse(&deep).unwrap();
        assert_eq!(
            fields.text("a", 9).unwrap_err().fault(),
            Some(Fault::NotText)
        );
        let problem = parse(&deep).unwrap().done().unwrap_err();
        assert_eq!(problem.code(), Code::FieldUnknown);
    }

    #[test]
    fn length_is_counted_in_characters() {
        let mut fields = parse(r#"{"name":"髙𠮷葛"}"#.as_bytes()).unwrap();
        assert!(fields.text("name", 3).is_ok());
    }

    #[test]
    fn fields_do_not_print_themselves() {
        let fields = parse(br#"{"name":"secret"}"#).unwrap();
        assert_eq!(format!("{fields:?}"), "Fields");
    }
}
