//! STS in this process: sessions of roles, each with its tags.
//!
//! A session is known by its token, which every call made with its credentials carries. Whose rights
//! such a call has is then decided by the session's role and tags, and by nothing else. A role is taken
//! by another role, or with a token of the stack's own issuer, whose tags come out of the token.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::rand;
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use domain::Clock;
use http::{HeaderValue, Response, StatusCode, header};
use jiff::{SignedDuration, Timestamp};

use crate::{
    access::{Access, Caller},
    iam::{self, WebIdentity},
    oidc::Issuer,
    stack::ACCESS_KEY,
};

/// What an encoded body of STS is sent as.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

const XMLNS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
/// What one role hands to another never lasts longer.
const LONGEST: i64 = 3600;

/// The service. Clones share the sessions.
#[derive(Clone)]
pub(crate) struct LocalSts {
    access: Arc<Access>,
    issuer: Arc<Issuer>,
    clock: Arc<dyn Clock>,
    sessions: Arc<Mutex<HashMap<String, Session>>>,
}

#[derive(Clone)]
struct Session {
    caller: Arc<Caller>,
    until: Timestamp,
}

/// Why a call got no credentials.
struct Refused {
    code: &'static str,
    message: String,
}

impl LocalSts {
    /// No session yet. Sessions end with the process.
    pub(crate) fn new(access: Arc<Access>, issuer: Arc<Issuer>, clock: Arc<dyn Clock>) -> Self {
        Self {
            access,
            issuer,
            clock,
            sessions: Arc::default(),
        }
    }

    /// Who calls with this token; `None` when the session is over or never was.
    pub(crate) fn caller(&self, token: &str) -> Option<Arc<Caller>> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let session = sessions.get(token)?;
        (self.clock.now() < session.until).then(|| Arc::clone(&session.caller))
    }

    /// Answers one call of `caller`, or of the stack's owner.
    pub(crate) fn call(&self, caller: Option<&Caller>, body: &[u8]) -> Response<Bytes> {
        let form: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let action = field(&form, "Action").unwrap_or_default();
        let answered = match action {
            "AssumeRole" => self.assume_role(caller, &form),
            "AssumeRoleWithWebIdentity" => self.assume_role_with_token(&form),
            other => Err(Refused {
                code: "InvalidAction",
                message: format!("{other} is not known to the local stack"),
            }),
        };
        match answered {
            Ok(credentials) => xml(
                StatusCode::OK,
                &format!(
                    "<{action}Response xmlns=\"{XMLNS}\"><{action}Result>{credentials}\
                     </{action}Result></{action}Response>"
                ),
            ),
            Err(Refused { code, message }) => denied(code, &message),
        }
    }

    fn assume_role(
        &self,
        caller: Option<&Caller>,
        form: &[(String, String)],
    ) -> Result<String, Refused> {
        let role = field(form, "RoleArn").unwrap_or_default();
        let tags = tags(form);
        if let Some(caller) = caller {
            let checked = caller.check(&iam::of_assume_role(role, &tags));
            checked.map_err(|message| Refused {
                code: "AccessDenied",
                message,
            })?;
        }
        self.open(role, tags, form)
    }

    /// Nobody of the account calls: the token is all there is. That it is no good here is said in one
    /// way, whatever is wrong with it.
    fn assume_role_with_token(&self, form: &[(String, String)]) -> Result<String, Refused> {
        let now = self.clock.now();
        let token = field(form, "WebIdentityToken").unwrap_or_default();
        let claims = self.issuer.claims_for_anybody(token, now).ok();
        let identity = claims.and_then(|claims| WebIdentity::read(&claims));
        let known = |it: &WebIdentity| self.access.knows(&it.issuer, &it.audience);
        let identity = identity.filter(known).ok_or_else(|| Refused {
            code: "InvalidIdentityToken",
            message: "the token is of no issuer and audience that IAM knows, or its time is over"
                .to_owned(),
        })?;
        let role = field(form, "RoleArn").unwrap_or_default();
        if !self.access.may_take(&identity, role) {
            return Err(Refused {
                code: "AccessDenied",
                message: "Not authorized to perform sts:AssumeRoleWithWebIdentity".to_owned(),
            });
        }
        self.open(role, identity.tags, form)
    }

    fn open(
        &self,
        role: &str,
        tags: Vec<(String, String)>,
        form: &[(String, String)],
    ) -> Result<String, Refused> {
        let life = field(form, "DurationSeconds").and_then(|text| text.parse().ok());
        let life = life.unwrap_or(LONGEST);
        if !(900..=LONGEST).contains(&life) {
            return Err(Refused {
                code: "ValidationError",
                message: "DurationSeconds".to_owned(),
            });
        }
        let caller = Caller::in_role(role, tags, &self.access);
        let caller = caller.ok_or_else(|| Refused {
            code: "AccessDenied",
            message: "no such role".to_owned(),
        })?;
        let life = SignedDuration::from_secs(life);
        let mut token = [0; 24];
        rand::fill(&mut token).map_err(|_| Refused {
            code: "InternalFailure",
            message: "no randomness".to_owned(),
        })?;
        let token = BASE64URL_NOPAD.encode(&token);
        let now = self.clock.now();
        let until = now.saturating_add(life).unwrap_or(Timestamp::MAX);
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| now < session.until);
        let caller = Arc::new(caller);
        sessions.insert(token.clone(), Session { caller, until });
        Ok(format!(
            "<Credentials><AccessKeyId>{ACCESS_KEY}</AccessKeyId>\
             <SecretAccessKey>{ACCESS_KEY}</SecretAccessKey><SessionToken>{token}</SessionToken>\
             <Expiration>{until:.0}</Expiration></Credentials><AssumedRoleUser><Arn>{role}</Arn>\
             <AssumedRoleId>LOCAL:session</AssumedRoleId></AssumedRoleUser>"
        ))
    }
}

fn field<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = form.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

/// `Tags.member.1.Key` and `Tags.member.1.Value`, and so on.
fn tags(form: &[(String, String)]) -> Vec<(String, String)> {
    let of = |number: usize, part: &str| {
        let value = field(form, &format!("Tags.member.{number}.{part}"));
        value.map(str::to_owned)
    };
    (1..)
        .map_while(|number| Some((of(number, "Key")?, of(number, "Value")?)))
        .collect()
}

/// An error as STS words it.
pub(crate) fn denied(code: &str, message: &str) -> Response<Bytes> {
    let body = format!(
        "<ErrorResponse xmlns=\"{XMLNS}\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error></ErrorResponse>"
    );
    xml(StatusCode::FORBIDDEN, &body)
}

fn xml(status: StatusCode, text: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::copy_from_slice(text.as_bytes()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/xml");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
