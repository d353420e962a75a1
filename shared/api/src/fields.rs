use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use domain::Sensitive;

use crate::body::{Object, Value};
use crate::{Code, Fault, Problem};

/// Largest body in bytes.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;
/// Largest body in bytes of a route that takes a piece of a file.
pub const LARGE_BODY_LIMIT: usize = 400 * 1024;
/// Room for any word of ours, in characters.
const WORD_LIMIT: usize = 20;

/// A list of texts.
type Texts = Vec<Sensitive<String>>;

/// What the body of a request says: a JSON object, each field of which is taken once by name. What is
/// left over at the end is refused.
///
/// Everything in it counts as what a person is called or numbered: it does not print itself and is
/// handed out as [`Sensitive`].
#[derive(Default)]
pub struct Fields(Object);

impl Fields {
    /// Reads a body. An empty one has no fields.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Problem> {
        Self::parse_up_to(body, BODY_LIMIT)
    }

    /// The same of at most `limit` bytes.
    pub(crate) fn parse_up_to(body: &[u8], limit: usize) -> Result<Self, Problem> {
        if body.len() > limit {
            let problem = Problem::new(Code::BodyTooLarge);
            return Err(problem.with("limit_bytes", limit));
        }
        if body.is_empty() {
            return Ok(Self::default());
        }
        // What serde_json says of a mistake may repeat what stood there, so it goes no further.
        let object: Object =
            serde_json::from_slice(body).map_err(|_| Problem::new(Code::BodyMalformed))?;
        Self::of(object)
    }

    fn of(mut object: Object) -> Result<Self, Problem> {
        match object.doubled.take() {
            Some(name) => Err(Problem::at(Code::FieldDoubled, &name)),
            None => Ok(Self(object)),
        }
    }

    /// Takes a field by its name; `None` if it is absent or `null`.
    fn take(&mut self, name: &str) -> Option<Value> {
        let fields = &mut self.0.fields;
        let at = fields.iter().position(|(known, _)| known == name)?;
        match fields.swap_remove(at).1 {
            Value::Null => None,
            value => Some(value),
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
        match self.take(name) {
            None => Ok(None),
            Some(value) => text(name, value, limit).map(Some),
        }
    }

    /// Takes one of the words that a type reads; `None` if it is absent or `null`. Another word breaks the rule
    /// `fault`.
    pub fn optional_word<W: FromStr>(
        &mut self,
        name: &str,
        fault: Fault,
    ) -> Result<Option<W>, Problem> {
        let word = self.optional_text(name, WORD_LIMIT)?;
        let word = word.map(|word| word.expose().parse()).transpose();
        word.map_err(|_| Problem::invalid(name, fault))
    }

    /// Takes a whole number within limits; `None` if it is absent or `null`.
    pub fn optional_number(
        &mut self,
        name: &str,
        limits: RangeInclusive<u64>,
    ) -> Result<Option<u64>, Problem> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Number(number)) if limits.contains(&number) => Ok(Some(number)),
            Some(_) => Err(Problem::invalid(name, Fault::Number)),
        }
    }

    /// Takes `true` or `false`; `None` if it is absent or `null`.
    pub fn optional_flag(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Flag(flag)) => Ok(Some(flag)),
            Some(_) => Err(Problem::invalid(name, Fault::NotFlag)),
        }
    }

    /// Takes an object; `None` if it is absent or `null`.
    pub fn optional_object(&mut self, name: &str) -> Result<Option<Self>, Problem> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Self::of(object).map(Some),
            Some(_) => Err(Problem::invalid(name, Fault::NotObject)),
        }
    }

    /// Takes all fields of an object whose names are the caller's own: each a text of 1 to `limit`
    /// characters. `called` is what the object itself is called.
    pub fn into_texts(
        mut self,
        called: &str,
        limit: usize,
    ) -> Result<Vec<(String, Sensitive<String>)>, Problem> {
        self.all(called)?
            .into_iter()
            .map(|(name, value)| {
                let value = text(&name, value, limit)?;
                Ok((name, value))
            })
            .collect()
    }

    /// The same where each field is a list of texts.
    pub fn into_lists(
        mut self,
        called: &str,
        limit: usize,
    ) -> Result<Vec<(String, Texts)>, Problem> {
        self.all(called)?
            .into_iter()
            .map(|(name, value)| {
                let Value::List(values) = value else {
                    return Err(Problem::invalid(&name, Fault::NotList));
                };
                let texts = values.into_iter().map(|value| text(&name, value, limit));
                let texts = texts.collect::<Result<_, _>>()?;
                Ok((name, texts))
            })
            .collect()
    }

    fn all(&mut self, called: &str) -> Result<Vec<(String, Value)>, Problem> {
        if self.0.is_cut {
            return Err(Problem::invalid(called, Fault::TooLong));
        }
        Ok(std::mem::take(&mut self.0.fields))
    }

    /// Ends the reading: a field that was not taken is one that the route does not know.
    pub fn done(self) -> Result<(), Problem> {
        match self.0.fields.first() {
            Some((name, _)) => Err(Problem::at(Code::FieldUnknown, name)),
            None => Ok(()),
        }
    }
}

/// A text of 1 to `limit` characters without control characters.
fn text(name: &str, value: Value, limit: usize) -> Result<Sensitive<String>, Problem> {
    let Value::Text(text) = value else {
        return Err(Problem::invalid(name, Fault::NotText));
    };
    let fault = if text.expose().is_empty() {
        Fault::Empty
    } else if text.expose().chars().count() > limit {
        Fault::TooLong
    } else if text.expose().chars().any(char::is_control) {
        Fault::ControlCharacter
    } else {
        return Ok(text);
    };
    Err(Problem::invalid(name, fault))
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fields")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &[u8]) -> Result<Fields, Problem> {
        parse_up_to(body, BODY_LIMIT)
    }

    fn parse_up_to(body: &[u8], limit: usize) -> Result<Fields, Problem> {
        Fields::parse_up_to(body, limit)
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
    fn a_word_is_one_that_its_type_reads() {
        let mut fields = parse(br#"{"a":"true","b":null,"c":"no"}"#).unwrap();
        let mut word = |name| fields.optional_word::<bool>(name, Fault::Encoding);
        assert_eq!(word("a").unwrap(), Some(true));
        assert_eq!(word("b").unwrap(), None);
        assert_eq!(word("other").unwrap(), None);
        let problem = word("c").unwrap_err();
        let said = (problem.field(), problem.fault());
        assert_eq!(said, (Some("c"), Some(Fault::Encoding)));
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
    fn numbers_flags_and_objects_are_taken_by_name() {
        let body = r#"{"most":7,"on":true,"map":{"住民番号":"個別宛名番号"},"lots":{"A":["1","2"]},"no":null}"#;
        let mut fields = parse(body.as_bytes()).unwrap();
        assert_eq!(fields.optional_number("most", 0..=7).unwrap(), Some(7));
        assert_eq!(fields.optional_flag("on").unwrap(), Some(true));
        let map = fields.optional_object("map").unwrap().unwrap();
        let map = map.into_texts("map", 10).unwrap();
        assert_eq!(
            (map[0].0.as_str(), map[0].1.expose().as_str()),
            ("住民番号", "個別宛名番号")
        );
        let lots = fields.optional_object("lots").unwrap().unwrap();
        let lots = lots.into_lists("lots", 1).unwrap();
        assert_eq!((lots[0].0.as_str(), lots[0].1.len()), ("A", 2));
        assert_eq!(fields.optional_number("no", 0..=7).unwrap(), None);
        assert!(fields.optional_object("absent").unwrap().is_none());
        fields.done().unwrap();
    }

    #[test]
    fn what_is_no_number_flag_or_object_says_so() {
        for (value, fault) in [
            ("8", Fault::Number),
            ("-1", Fault::Number),
            ("1.5", Fault::Number),
            ("\"1\"", Fault::Number),
            ("{}", Fault::Number),
        ] {
            let mut fields = parse(format!("{{\"n\":{value}}}").as_bytes()).unwrap();
            let problem = fields.optional_number("n", 0..=7).unwrap_err();
            assert_eq!(problem.fault(), Some(fault), "{value}");
        }
        let mut fields = parse(b"{\"n\":1,\"o\":[]}").unwrap();
        assert_eq!(
            fields.optional_flag("n").unwrap_err().fault(),
            Some(Fault::NotFlag)
        );
        assert_eq!(
            fields.optional_object("o").unwrap_err().fault(),
            Some(Fault::NotObject)
        );
        let object = |body: &[u8]| parse(body).unwrap().optional_object("o");
        let doubled = object(b"{\"o\":{\"a\":\"1\",\"a\":\"2\"}}").unwrap_err();
        assert_eq!(
            (doubled.code(), doubled.field()),
            (Code::FieldDoubled, Some("a"))
        );
        let no_text = object(b"{\"o\":{\"a\":{\"b\":\"c\"}}}").unwrap().unwrap();
        assert_eq!(
            no_text.into_texts("o", 9).unwrap_err().fault(),
            Some(Fault::NotText)
        );
        let no_list = object(b"{\"o\":{\"a\":\"1\"}}").unwrap().unwrap();
        assert_eq!(
            no_list.into_lists("o", 9).unwrap_err().fault(),
            Some(Fault::NotList)
        );
    }

    #[test]
    fn an_object_of_more_fields_than_are_kept_is_too_long() {
        for (many, expected) in [
            (64, Ok(64)),
            (65, Err(Some(Fault::TooLong))),
            (6_000, Err(Some(Fault::TooLong))),
        ] {
            let fields: Vec<_> = (0..many).map(|i| format!("\"f{i}\":\"x\"")).collect();
            let body = format!("{{\"o\":{{{}}}}}", fields.join(","));
            let mut body = parse_up_to(body.as_bytes(), LARGE_BODY_LIMIT).unwrap();
            let object = body.optional_object("o").unwrap().unwrap();
            let texts = object.into_texts("o", 9).map(|texts| texts.len());
            assert_eq!(texts.map_err(|problem| problem.fault()), expected, "{many}");
        }
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
