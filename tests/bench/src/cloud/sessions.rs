//! STS that gives a session to whoever asks, with a token as long as those of tagged sessions.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, Response};

use crate::server::response;

const TOKEN_LENGTH: usize = 800;

/// Whether a call that names no target is one of STS: a form, not an object.
pub(super) fn is_asked(request: &Request<Bytes>) -> bool {
    request.method() == Method::POST && request.body().starts_with(b"Action=AssumeRole&")
}

pub(super) fn answer() -> Response<Full<Bytes>> {
    let token = "T".repeat(TOKEN_LENGTH);
    let answer = format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
         <Credentials><AccessKeyId>ASIABENCH</AccessKeyId><SecretAccessKey>bench</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
         </AssumeRoleResult></AssumeRoleResponse>"
    );
    response(200, "text/xml", answer)
}
