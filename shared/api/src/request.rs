use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{Caller, Code, Fields, Page, PageLimits, Problem};

/// A request as a gateway hands it over, before anybody has asked who the caller is.
#[derive(Clone, Default)]
pub struct RawRequest {
    /// Method and path template, as the list of routes writes them: `GET /residents/{id}`.
    pub route: String,
    /// Values of the path template's parameters.
    pub path: BTreeMap<String, String>,
    /// Query parameters, decoded.
    pub query: BTreeMap<String, String>,
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
        self.no_query()?;
        Fields::parse(&self.raw.body)
    }

    /// Goes on only without query and without fields in the body.
    pub fn nothing_more(&self) -> Result<(), Problem> {
        self.fields()?.done()
    }

    /// The part of a list that is asked for, by the query parameters `limit` and `after`.
    pub fn page(&self, limits: PageLimits) -> Result<Page, Problem> {
        self.only_query(&["limit", "after"])?;
        let value = |name: &str| self.raw.query.get(name).map(String::as_str);
        Page::read(self.caller.scope(), value("limit"), value("after"), limits)
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

    const LIMITS: PageLimits = PageLimits {
        usual: 20,
        most: 100,
    };

    fn raw(query: &[(&str, &str)], body: &'static str) -> RawRequest {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        RawRequest {
            route: "GET /things/{id}".to_owned(),
            path: BTreeMap::from([("id".to_owned(), "x".to_owned())]),
            query: query.iter().map(own).collect(),
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

    #[test]
    fn a_request_does_not_print_what_it_says() {
        let request = request(&[("q", "secret")], r#"{"name":"secret"}"#);
        let printed = format!("{request:?} {:?}", request.raw);
        assert!(printed.contains("GET /things/{id}") && !printed.contains("secret"));
        assert_eq!((request.path("id"), request.path("other")), ("x", ""));
    }
}
