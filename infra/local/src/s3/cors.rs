//! Which pages may call a bucket: the browser asks before a PUT, and is told with every answer.

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};

/// One rule of a bucket. Every header is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorsRule {
    /// `https://console.example.jp`, as browsers name where a page comes from.
    pub origins: Vec<String>,
    /// `GET`, `PUT`.
    pub methods: Vec<String>,
    /// Headers of an answer that the page may read.
    pub exposed: Vec<String>,
    /// For how many seconds a browser need not ask again.
    pub max_age: u64,
}

/// A page that may see the answer to its call.
pub(super) struct LetIn {
    origin: HeaderValue,
    exposed: HeaderValue,
}

impl LetIn {
    /// Tells the browser.
    pub(super) fn mark<B>(self, response: &mut Response<B>) {
        mark(response, self.origin);
        let name = header::ACCESS_CONTROL_EXPOSE_HEADERS;
        response.headers_mut().insert(name, self.exposed);
    }
}

/// The rules of all buckets.
#[derive(Debug, Default)]
pub(super) struct Cors {
    rules: Vec<(String, CorsRule)>,
}

impl Cors {
    pub(super) const fn new(rules: Vec<(String, CorsRule)>) -> Self {
        Self { rules }
    }

    /// The answer to the question that a browser asks before the call; `None` if this is none.
    pub(super) fn preflight<B>(&self, request: &Request<B>) -> Option<Response<()>> {
        if request.method() != Method::OPTIONS {
            return None;
        }
        let headers = request.headers();
        let origin = headers.get(header::ORIGIN)?;
        let method = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
        let mut answer = Response::new(());
        let Some(rule) = self.rule(request, origin, method.to_str().ok()?) else {
            *answer.status_mut() = StatusCode::FORBIDDEN;
            return Some(answer);
        };
        mark(&mut answer, origin.clone());
        let mut say = |name, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                answer.headers_mut().insert(name, value);
            }
        };
        say(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            &rule.methods.join(", "),
        );
        say(header::ACCESS_CONTROL_MAX_AGE, &rule.max_age.to_string());
        if let Some(asked) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            let asked = asked.clone();
            let told = answer.headers_mut();
            told.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
        }
        Some(answer)
    }

    /// The request's origin, if a page of it may see the answer, and the headers that it may read.
    pub(super) fn let_in<B>(&self, request: &Request<B>) -> Option<LetIn> {
        let origin = request.headers().get(header::ORIGIN)?;
        let rule = self.rule(request, origin, request.method().as_str())?;
        Some(LetIn {
            origin: origin.clone(),
            exposed: HeaderValue::from_str(&rule.exposed.join(", ")).ok()?,
        })
    }

    fn rule<B>(
        &self,
        request: &Request<B>,
        origin: &HeaderValue,
        method: &str,
    ) -> Option<&CorsRule> {
        let origin = origin.to_str().ok()?;
        let bucket = bucket(request.headers(), request.uri().path());
        let (_, rule) = self.rules.iter().find(|(of, rule)| {
            bucket(of)
                && rule.origins.iter().any(|it| it == origin)
                && rule.methods.iter().any(|it| it == method)
        })?;
        Some(rule)
    }
}

/// Whether a name is the bucket of the request, which stands in the host or first in the path.
fn bucket(headers: &HeaderMap, path: &str) -> impl Fn(&str) -> bool {
    let host = headers.get(header::HOST).and_then(|it| it.to_str().ok());
    let host = host.map(str::to_owned);
    let first = path.split('/').nth(1).map(str::to_owned);
    move |name| {
        let in_host = host.as_ref().and_then(|host| host.split_once('.'));
        in_host.is_some_and(|(bucket, _)| bucket == name) || first.as_deref() == Some(name)
    }
}

/// Tells the browser that a page of this origin may see the answer.
fn mark<B>(response: &mut Response<B>, origin: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONSOLE: &str = "http://127.0.0.1:8080";

    fn cors() -> Cors {
        let rule = CorsRule {
            origins: vec![CONSOLE.to_owned()],
            methods: vec!["GET".to_owned(), "PUT".to_owned()],
            exposed: vec!["x-amz-version-id".to_owned()],
            max_age: 600,
        };
        Cors::new(vec![("drop".to_owned(), rule)])
    }

    fn asked(method: &str, path: &str, origin: &str, wish: &str) -> Request<()> {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::ORIGIN, origin);
        let request = request.header(header::ACCESS_CONTROL_REQUEST_METHOD, wish);
        request.body(()).unwrap()
    }

    #[test]
    fn a_page_of_the_console_may_put_into_the_drop_bucket_and_no_other_page_and_no_other_bucket() {
        let cors = cors();
        let put = cors.preflight(&asked("OPTIONS", "/drop/a", CONSOLE, "PUT"));
        let put = put.unwrap();
        assert_eq!(put.status(), StatusCode::OK);
        assert_eq!(put.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], CONSOLE);
        assert_eq!(put.headers()[header::ACCESS_CONTROL_MAX_AGE], "600");
        for (path, origin, wish) in [
            ("/drop/a", "http://127.0.0.1:8081", "PUT"),
            ("/drop/a", "null", "PUT"),
            ("/drop/a", CONSOLE, "DELETE"),
            ("/work/a", CONSOLE, "PUT"),
            ("/work/drop", CONSOLE, "PUT"),
        ] {
            let refused = cors.preflight(&asked("OPTIONS", path, origin, wish));
            let refused = refused.unwrap();
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path} {origin}");
            assert!(refused.headers().is_empty());
        }
    }

    #[test]
    fn an_answer_is_marked_for_the_origin_that_may_see_it() {
        let cors = cors();
        let get = asked("GET", "/drop/a", CONSOLE, "GET");
        let mut answer = Response::new(());
        cors.let_in(&get).unwrap().mark(&mut answer);
        let headers = answer.headers();
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], CONSOLE);
        let exposed = &headers[header::ACCESS_CONTROL_EXPOSE_HEADERS];
        assert_eq!(exposed, "x-amz-version-id");
        let foreign = asked("GET", "/drop/a", "http://evil.example", "GET");
        assert!(cors.let_in(&foreign).is_none());
        assert!(cors.preflight(&get).is_none());
    }
}
