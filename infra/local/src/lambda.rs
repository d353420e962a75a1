//! Lambda Invoke in this process: one function calls another and waits.

use std::sync::{Arc, OnceLock, Weak};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use crate::{
    answer::{Refusal, answer, body},
    host::{FunctionHost, InvokeError},
};

/// The service. Clones share the functions, which are there once the stack is built.
#[derive(Clone, Default)]
pub struct LocalLambda {
    host: Arc<OnceLock<Weak<FunctionHost>>>,
}

impl LocalLambda {
    /// Says where the functions are. They hold clients of this service, so it must not hold them.
    pub(crate) fn serve(&self, host: &Arc<FunctionHost>) {
        let _served = self.host.set(Arc::downgrade(host));
    }

    /// Invokes a function by name or ARN. One that fails answers 200 and says so in a header, as the
    /// real service does; why it failed is said to nobody.
    pub async fn invoke(&self, function: &str, event: &[u8]) -> Response<Bytes> {
        let Some(host) = self.host.get().and_then(Weak::upgrade) else {
            return answer(Err(Refusal::internal("the stack is not there")));
        };
        let failed = |kind: &str, what: &str| {
            let told = json!({ "errorType": kind, "errorMessage": what });
            let mut response = body(StatusCode::OK, told.to_string());
            let unhandled = HeaderValue::from_static("Unhandled");
            response
                .headers_mut()
                .insert("x-amz-function-error", unhandled);
            response
        };
        // On the heap: a function that calls another is a future within a future.
        match Box::pin(host.invoke_named(function, event)).await {
            Ok(answer) => {
                let mut response = Response::new(Bytes::from(answer));
                *response.status_mut() = StatusCode::OK;
                response
            }
            Err(InvokeError::Unknown) => {
                let what = "there is no such function";
                answer(Err(Refusal::new("ResourceNotFoundException", what)))
            }
            Err(InvokeError::TimedOut) => failed("Sandbox.Timedout", "timed out"),
            Err(InvokeError::Failed { kind, text }) => failed(kind, &text),
        }
    }
}

/// The function that a path invokes: `/2015-03-31/functions/<name>/invocations`.
pub(crate) fn invoked(path: &str) -> Option<String> {
    let rest = path.strip_prefix("/2015-03-31/functions/")?;
    let name = rest.strip_suffix("/invocations")?;
    Some(name.replace("%3A", ":"))
}
