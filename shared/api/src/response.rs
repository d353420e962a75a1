use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::Serialize;

use crate::Problem;

/// What is answered. `Debug` shows the status and the kind of problem, nothing of the body.
pub struct Response {
    status: u16,
    headers: Vec<(&'static str, Cow<'static, str>)>,
    body: Bytes,
    problem: Option<Problem>,
}

/// On every answer: nothing of it is kept on the way, and it is what it says it is.
const ALWAYS: [(&str, &str); 2] = [
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
];

impl Response {
    /// An answer of status 200 with this JSON.
    #[must_use]
    pub fn json(value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::new(200, "application/json", body),
            Err(error) => Problem::internal(&error).into(),
        }
    }

    /// An answer of status 200 with a CSV file in UTF-8, to be saved under this name.
    #[must_use]
    pub fn csv(file_name: &'static str, body: Vec<u8>) -> Self {
        let mut response = Self::new(200, "text/csv; charset=utf-8", body);
        let disposition = format!("attachment; filename=\"{file_name}\"");
        response.add("content-disposition", disposition);
        response
    }

    /// The same with another status.
    #[must_use]
    pub const fn of_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same with the revision of what is answered, as `ETag`.
    #[must_use]
    pub fn of_revision(mut self, revision: u32) -> Self {
        self.add("etag", format!("\"{revision}\""));
        self
    }

    /// The same with the link under which a list goes on.
    #[must_use]
    pub fn followed_by(mut self, link: String) -> Self {
        self.add("link", link);
        self
    }

    fn add(&mut self, name: &'static str, value: impl Into<Cow<'static, str>>) {
        self.headers.push((name, value.into()));
    }

    fn new(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        let mut headers = vec![("content-type", Cow::Borrowed(content_type))];
        headers.extend(ALWAYS.map(|(name, value)| (name, Cow::Borrowed(value))));
        Self {
            status,
            headers,
            body: body.into(),
            problem: None,
        }
    }

    /// HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Header fields, names in small letters.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, &str)> {
        let headers = self.headers.iter();
        headers.map(|(name, value)| (*name, &**value)).collect()
    }

    /// UTF-8.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// Why the request was not done, for the log.
    #[must_use]
    pub const fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }
}

impl From<Problem> for Response {
    fn from(problem: Problem) -> Self {
        let body = problem.to_json().to_string().into_bytes();
        let status = problem.code().status();
        let mut response = Self::new(status, "application/problem+json", body);
        match status {
            401 => response.add("www-authenticate", "Bearer"),
            503 => response.add("retry-after", "2"),
            _ => {}
        }
        response.problem = Some(problem);
        response
    }
}

impl From<Result<Self, Problem>> for Response {
    fn from(result: Result<Self, Problem>) -> Self {
        result.unwrap_or_else(Self::from)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::Code;

    #[test]
    fn answers_are_json_and_not_cached() {
        let response = Response::json(&json!({"name": "山田"}));
        assert_eq!(response.status(), 200);
        assert_eq!(
            response.headers(),
            [
                ("content-type", "application/json"),
                ("cache-control", "no-store"),
                ("x-content-type-options", "nosniff"),
            ]
        );
        assert_eq!(response.body(), "{\"name\":\"山田\"}".as_bytes());
        assert!(!format!("{response:?}").contains("山田"));
    }

    #[test]
    fn every_problem_is_answered_as_problem_json_that_says_its_code() {
        for code in Code::ALL {
            let response = Response::from(Problem::new(code));
            assert_eq!(response.status(), code.status());
            assert!(
                response
                    .headers()
                    .contains(&("content-type", "application/problem+json"))
            );
            let body: Value = serde_json::from_slice(response.body()).unwrap();
            assert_eq!(body["code"], code.as_str());
            assert_eq!(body["status"], code.status());
            assert_eq!(body["title"], code.title_ja());
            assert_eq!(body["title_en"], code.title_en());
            assert_eq!(body["act"], code.act().as_str());
        }
    }

    #[test]
    fn what_is_not_found_looks_the_same_each_time() {
        let one = Response::from(Problem::not_found());
        let other = Response::from(Err(Problem::not_found()));
        assert_eq!((one.headers(), one.body()), (other.headers(), other.body()));
    }

    #[test]
    fn a_client_is_told_how_to_go_on() {
        let unknown = Response::from(Problem::new(Code::Unauthenticated));
        assert!(unknown.headers().contains(&("www-authenticate", "Bearer")));
        let later = Response::from(Problem::new(Code::TryAgain));
        assert!(later.headers().contains(&("retry-after", "2")));
    }
}
