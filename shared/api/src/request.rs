use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::fields::BODY_LIMIT;
use crate::{Caller, Code, Fault, Fields, Page, PageLimits, Problem};

/// The headers that routes look at; a gateway hands over these and no others.
pub const HEADERS: [&str; 3] = ["accept", "idempotency-key", "if-match"];

/// Longest key that a caller may give a request.
const KEY_LIMIT: usize = 100;

/// A request as a gateway hands it over, before anybody has asked who the caller is.
#[derive(Clone, Default)]
pub struct RawRequest {
    /// Method and path template, as the list of routes writes them: `GET /residents/{id}`.
    pub route: String,
    /// Values of the path template's parameters.
    pub path: BTreeMap<String, String>,
    /// Query parameters, decoded.
    pub query: BTreeMap<String, String>,
    /// Headers by name in small letters, as far as routes look at them (see [`HEADERS`]).
    pub headers: BTreeMap<String, String>,
    /// The body's bytes.
    pub body: Bytes,
    /// Claims of the verified token; `None` when the gateway has verified none.
    pub claims: Option<Map<String, Value>>,
}

impl fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}

/// What a known caller asks for. `Debug` shows the route and nothing else of it.
pub struct Request {
    raw: RawRequest,
    caller: Caller,
}

impl Request {
    /// Asks who the caller is.
    ///
    /// Fails with [`Code::Unauthenticated`] without claims, else as [`Caller::from_claims`] does.
    pub fn new(raw: RawRequest) -> Result<Self, Problem> {
        let claims = raw.claims.as_ref();
        let claims = claims.ok_or(Problem::new(Code::Unauthenticated))?;
        let caller = Caller::from_claims(claims)?;
        Ok(Self { raw, caller })
    }

    /// Method and path template: `GET /residents/{id}`.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.raw.route
    }

    /// Who asks.
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The value of a parameter of the path template, empty if it has no such parameter.
    #[must_use]
    pub fn path(&self, name: &str) -> &str {
        self.raw.path.get(name).map_or("", String::as_str)
    }

    /// The body's fields. A query is refused beside a body: it would end in access logs.
    pub fn fields(&self) -> Result<Fields, Problem> {
        self.fields_up_to(BODY_LIMIT)
    }

    /// The same of a body of at most so many bytes.
    pub fn fields_up_to(&self, limit: usize) -> Result<Fields, Problem> {
        self.no_query()?;
        Fields::parse_up_to(&self.raw.body, limit)
    }

    /// Goes on only without query and without fields in the body.
    pub fn nothing_more(&self) -> Result<(), Problem> {
        self.fields()?.done()
    }

    /// The body as it came, for the memory of a request that is done once.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.raw.body
    }

    /// The key that the caller gave the request, so that it is done once.
    pub fn idempotency_key(&self) -> Result<&str, Problem> {
        let key = self.header("idempotency-key");
        let key = key.ok_or(Problem::new(Code::IdempotencyKeyMissing))?;
        let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_visible || key.is_empty() || key.len() > KEY_LIMIT {
            return Err(Problem::invalid_header("idempotency-key", Fault::Key));
        }
        Ok(key)
    }

    /// The revision that the caller saw, from the header `If-Match`; `None` without one.
    pub fn revision_seen(&self) -> Result<Option<u32>, Problem> {
        let Some(text) = self.header("if-match") else {
            return Ok(None);
        };
        let quoted = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        // Digits only: `parse` would also take a sign.
        let digits = quoted.filter(|it| it.bytes().all(|byte| byte.is_ascii_digit()));
        let revision = digits.and_then(|it| it.parse().ok());
        let invalid = || Problem::invalid_header("if-match", Fault::Revision);
        revision.ok_or_else(invalid).map(Some)
    }

    /// Whether the caller would rather have a CSV file.
    #[must_use]
    pub fn wants_csv(&self) -> bool {
        let accept = self.header("accept").unwrap_or_default();
        let mut kinds = accept.split([',', ';']).map(str::trim);
        kinds.any(|kind| kind.eq_ignore_ascii_case("text/csv"))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.raw.headers.get(name).map(String::as_str)
    }

    /// The part of a list that is asked for, by the query parameters `limit` and `after`.
    pub fn page(&self, limits: PageLimits) -> Result<Page, Problem> {
        self.page_of(&[], limits)
    }

    /// The same for a list that takes other parameters as well.
    pub fn page_of(&self, others: &[&str], limits: PageLimits) -> Result<Page, Problem> {
        self.only_query(&[others, &["limit", "after"]].concat())?;
        Fields::parse(&self.raw.body)?.done()?;
        let value = |name| self.query(name);
        Page::read(self.caller.scope(), value("limit"), value("after"), limits)
    }

    /// A query parameter, decoded. What a person is called or numbered is never in one.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.raw.query.get(name).map(String::as_str)
    }

    /// The cursor with which this caller can ask for what follows `position`.
    #[must_use]
    pub fn cursor(&self, position: &str) -> String {
        crate::cursor::write(self.caller.scope(), position)
    }

    fn no_query(&self) -> Result<(), Problem> {
        self.only_query(&[])
    }

    fn only_query(&self, known: &[&str]) -> Result<(), Problem> {
        let mut names = self.raw.query.keys();
        match names.find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Problem::at(Code::QueryUnknown, name)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LIMITS: PageLimits = PageLimits::USUAL;

    fn raw(query: &[(&str, &str)], body: &'static str) -> RawRequest {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        RawRequest {
            route: "GET /things/{id}".to_owned(),
            path: BTreeMap::from([("id".to_owned(), "x".to_owned())]),
            query: query.iter().map(own).collect(),
            headers: BTreeMap::new(),
            body: Bytes::from_static(body.as_bytes()),
            claims: json!({"sub": "u", "tenant": "131016"}).as_object().cloned(),
        }
    }

    fn request(query: &[(&str, &str)], body: &'static str) -> Request {
        Request::new(raw(query, body)).unwrap()
    }

    #[test]
    fn there_is_no_request_without_a_caller() {
        let nobody = RawRequest {
            claims: None,
            ..raw(&[], "")
        };
        assert_eq!(
            Request::new(nobody).unwrap_err().code(),
            Code::Unauthenticated
        );
        let empty = RawRequest {
            claims: Some(Map::new()),
            ..raw(&[], "")
        };
        assert_eq!(
            Request::new(empty).unwrap_err().code(),
            Code::Unauthenticated
        );
    }

    #[test]
    fn what_no_route_takes_is_refused_by_name() {
        let problem = request(&[("name", "山田")], "{}")
            .nothing_more()
            .unwrap_err();
        assert_eq!(
            (problem.code(), problem.field()),
            (Code::QueryUnknown, Some("name"))
        );
        let problem = request(&[], r#"{"tenant":"011002"}"#)
            .nothing_more()
            .unwrap_err();
        assert_eq!(
            (problem.code(), problem.field()),
            (Code::FieldUnknown, Some("tenant"))
        );
        let problem = request(&[("offset", "1")], "").page(LIMITS).unwrap_err();
        assert_eq!(
            (problem.code(), problem.field()),
            (Code::QueryUnknown, Some("offset"))
        );
        assert!(request(&[], "").nothing_more().is_ok());
        assert!(request(&[], "{}").nothing_more().is_ok());
    }

    #[test]
    fn a_list_goes_on_where_the_page_before_ended() {
        let cursor = request(&[], "").cursor("a#b");
        let page = request(&[("limit", "5"), ("after", &cursor)], "")
            .page(LIMITS)
            .unwrap();
        assert_eq!(
            page,
            Page {
                limit: 5,
                after: Some("a#b".to_owned())
            }
        );
    }

    fn with_header(name: &str, value: &str) -> Request {
        let headers = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        Request::new(RawRequest {
            headers,
            ..raw(&[], "")
        })
        .unwrap()
    }

    #[test]
    fn a_revision_is_a_number_in_quotes() {
        let seen = |text| with_header("if-match", text).revision_seen();
        assert_eq!(seen("\"12\"").unwrap(), Some(12));
        assert_eq!(request(&[], "").revision_seen().unwrap(), None);
        for text in [
            "",
            "*",
            "12",
            "\"\"",
            "\"+1\"",
            "W/\"1\"",
            "\"1\", \"2\"",
            "\"99999999999\"",
        ] {
            let problem = seen(text).unwrap_err();
            let said = (problem.code(), problem.fault());
            assert_eq!(said, (Code::HeaderInvalid, Some(Fault::Revision)), "{text}");
        }
    }

    #[test]
    fn a_key_is_of_visible_characters() {
        let longest = "k".repeat(100);
        let request = with_header("idempotency-key", &longest);
        assert_eq!(request.idempotency_key().unwrap(), longest);
        let missing = with_header("accept", "")
            .idempotency_key()
            .unwrap_err()
            .code();
        assert_eq!(missing, Code::IdempotencyKeyMissing);
        for text in ["", "a b", "あ", "a\n", &"k".repeat(101)] {
            let request = with_header("idempotency-key", text);
            let code = request.idempotency_key().unwrap_err().code();
            assert_eq!(code, Code::HeaderInvalid, "{text}");
        }
    }

    #[test]
    fn csv_is_answered_to_who_asks_for_it() {
        for (accept, wants) in [
            ("text/csv", true),
            ("application/json, text/csv;q=0.5", true),
            ("*/*", false),
            ("text/csvx", false),
        ] {
            assert_eq!(with_header("accept", accept).wants_csv(), wants, "{accept}");
        }
    }

    #[test]
    fn a_request_does_not_print_what_it_says() {
        let request = request(&[("q", "secret")], r#"{"name":"secret"}"#);
        let printed = format!("{request:?} {:?}", request.raw);
        assert!(printed.contains("GET /things/{id}") && !printed.contains("secret"));
        assert_eq!((request.path("id"), request.path("other")), ("x", ""));
    }
}
