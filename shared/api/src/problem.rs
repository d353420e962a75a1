use std::error::Error;
use std::fmt;

use domain::Passing;
use serde_json::{Map, Value};

use crate::{Code, Fault};

/// Why a request is not done. Holds nothing of the request but the name of a field.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    field: Option<String>,
    fault: Option<Fault>,
    more: Vec<(&'static str, Value)>,
    cause: Option<String>,
}

/// As much of a field's name as is repeated: names come from the caller.
const NAME_SHOWN: usize = 40;

impl Problem {
    /// A problem that needs no more words.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            field: None,
            fault: None,
            more: Vec::new(),
            cause: None,
        }
    }

    /// There is no such thing in the caller's area: it never existed, or it is another tenant's. Says
    /// nothing that would tell these apart.
    #[must_use]
    pub const fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// A problem with a field or a query parameter, by its name.
    #[must_use]
    pub fn at(code: Code, field: &str) -> Self {
        let shown = field.chars().filter(|c| !c.is_control()).take(NAME_SHOWN);
        Self {
            field: Some(shown.collect()),
            ..Self::new(code)
        }
    }

    /// A field whose value breaks a rule.
    #[must_use]
    pub fn invalid(field: &str, fault: Fault) -> Self {
        Self {
            fault: Some(fault),
            ..Self::at(Code::FieldInvalid, field)
        }
    }

    /// A query parameter whose value breaks a rule.
    #[must_use]
    pub fn invalid_query(name: &str, fault: Fault) -> Self {
        Self {
            fault: Some(fault),
            ..Self::at(Code::QueryInvalid, name)
        }
    }

    /// A header whose value breaks a rule.
    #[must_use]
    pub(crate) fn invalid_header(name: &str, fault: Fault) -> Self {
        Self {
            fault: Some(fault),
            ..Self::at(Code::HeaderInvalid, name)
        }
    }

    /// Passing trouble, to be tried again by the caller. `cause` is logged, never answered.
    #[must_use]
    pub fn try_again(cause: &dyn Error) -> Self {
        Self {
            cause: Some(chain(cause)),
            ..Self::new(Code::TryAgain)
        }
    }

    /// Our own fault. `cause` is logged, never answered.
    #[must_use]
    pub fn internal(cause: &dyn Error) -> Self {
        Self {
            cause: Some(chain(cause)),
            ..Self::new(Code::Internal)
        }
    }

    /// What a call of ours that failed is to the caller: passing trouble, or our own fault.
    #[must_use]
    pub fn failed(cause: &dyn Error, is_passing: bool) -> Self {
        if is_passing {
            Self::try_again(cause)
        } else {
            Self::internal(cause)
        }
    }

    /// The same with a member that says more: a name, a list of rules. Nothing that a person is called or
    /// numbered, and nothing that came with the request.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    /// What kind of problem.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The field or query parameter, as much of its name as is repeated.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The rule that a value breaks.
    #[must_use]
    pub const fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// What went wrong inside, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The members of the answer.
    pub(crate) fn to_json(&self) -> Value {
        let mut members = Map::new();
        let mut say = |name: &str, value: Value| members.insert(name.to_owned(), value);
        let code = self.code;
        say(
            "type",
            format!("urn:open-vrs:problem:{}", code.as_str()).into(),
        );
        say("title", code.title_ja().into());
        say("title_en", code.title_en().into());
        say("status", code.status().into());
        say("code", code.as_str().into());
        say("act", code.act().as_str().into());
        if let Some(field) = &self.field {
            say("field", field.as_str().into());
        }
        if let Some(fault) = self.fault {
            say("reason", fault.as_str().into());
            say("detail", fault.detail_ja().into());
            say("detail_en", fault.detail_en().into());
        }
        for (name, value) in &self.more {
            say(name, value.clone());
        }
        Value::Object(members)
    }
}

/// An error and its sources on one line, for a log.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(deeper) = source {
        text.push_str(": ");
        text.push_str(&deeper.to_string());
        source = deeper.source();
    }
    text
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.title_en())
    }
}

impl Error for Problem {}

/// A call of ours that failed needs no more than `?`.
impl<E: Passing> From<E> for Problem {
    fn from(cause: E) -> Self {
        Self::failed(&cause, cause.is_passing())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_names_the_field_and_the_rule() {
        let json = Problem::invalid("birth_date", Fault::Date).to_json();
        assert_eq!(json["type"], "urn:open-vrs:problem:FIELD_INVALID");
        assert_eq!(json["status"], 400);
        assert_eq!(json["act"], "municipality");
        assert_eq!(json["field"], "birth_date");
        assert_eq!(json["reason"], "DATE");
    }

    #[test]
    fn a_name_from_the_caller_is_cut_and_holds_no_control_characters() {
        let problem = Problem::at(Code::FieldUnknown, &format!("a\r\n\u{7}{}", "x".repeat(99)));
        assert_eq!(problem.field().unwrap(), format!("a{}", "x".repeat(39)));
    }

    #[derive(Debug)]
    struct Call {
        is_passing: bool,
    }

    impl fmt::Display for Call {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the call failed")
        }
    }

    impl Error for Call {}

    impl Passing for Call {
        fn is_passing(&self) -> bool {
            self.is_passing
        }
    }

    #[test]
    fn a_call_that_failed_is_passing_trouble_or_our_own_fault() {
        for (is_passing, code) in [(true, Code::TryAgain), (false, Code::Internal)] {
            let problem = Problem::from(Call { is_passing });
            assert_eq!(problem.code(), code);
            assert_eq!(problem.cause(), Some("the call failed"));
        }
    }

    #[test]
    fn the_cause_is_kept_for_the_log_and_never_answered() {
        let io = std::io::Error::other("the disk is gone");
        let problem = Problem::internal(&io);
        assert_eq!(problem.cause(), Some("the disk is gone"));
        assert!(!problem.to_json().to_string().contains("disk"));
    }
}
