//! The Lambda Runtime API: what a function's binary asks for events and tells its answers.

use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, anyhow, bail};
use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request};
use tokio::sync::mpsc as events;

use crate::server::{Answer, Server, ready, response};

/// How long an invocation may take before the bench gives up.
const PATIENCE: Duration = Duration::from_mins(15);

/// How often the bench looks whether the function is still there.
const GLANCE: Duration = Duration::from_millis(200);

/// What the function did.
#[derive(Debug)]
enum Said {
    /// It asked for the next event: the former one, if any, is done.
    Polled,
    Answered(Bytes),
    Failed(Bytes),
}

/// What became of an event.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The function answered.
    Answered(Bytes),
    /// The function said that it failed, and how.
    Failed(Bytes),
    /// The time was over and nothing had come; Lambda would end the process now.
    TimedOut,
}

/// An event, and how long it may take.
#[derive(Debug)]
struct Event {
    body: String,
    within: Duration,
}

/// One function's Runtime API.
#[derive(Debug)]
pub struct RuntimeApi {
    server: Server,
    events: events::UnboundedSender<Event>,
    said: mpsc::Receiver<Said>,
}

impl RuntimeApi {
    /// Starts listening.
    pub fn start() -> Result<Self> {
        let (events, waiting) = events::unbounded_channel();
        let waiting = Arc::new(tokio::sync::Mutex::new(waiting));
        let (say, said) = mpsc::channel();
        let say = Arc::new(Mutex::new(say));
        let server = Server::start(
            "runtime-api",
            Arc::new(move |request| {
                answer(
                    &request,
                    &say.lock().unwrap_or_else(PoisonError::into_inner),
                    &waiting,
                )
            }),
        )?;
        Ok(Self {
            server,
            events,
            said,
        })
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    #[must_use]
    pub fn authority(&self) -> String {
        self.server.authority()
    }

    /// Waits until the function asks for an event; `alive` says whether it still can.
    pub fn wait_for_poll(&self, alive: impl FnMut() -> bool) -> Result<()> {
        match self.hear(PATIENCE, alive)? {
            Some(Said::Polled) => Ok(()),
            Some(Said::Answered(_)) => bail!("the function answered what was not asked"),
            Some(Said::Failed(why)) => bail!("the function failed: {}", why.escape_ascii()),
            None => bail!("the function is silent"),
        }
    }

    /// Hands over an event; returns the answer once the function has asked for the next one.
    pub fn invoke(&self, event: String, alive: impl FnMut() -> bool) -> Result<Bytes> {
        match self.offer(event, PATIENCE, alive)? {
            Outcome::Answered(answer) => Ok(answer),
            Outcome::Failed(why) => bail!("the function failed: {}", why.escape_ascii()),
            Outcome::TimedOut => bail!("the function is silent"),
        }
    }

    /// Hands over an event that has to be dealt with in this time. Unless the time was over, the function
    /// has asked for the next event.
    pub fn offer(
        &self,
        event: String,
        within: Duration,
        mut alive: impl FnMut() -> bool,
    ) -> Result<Outcome> {
        let event = Event {
            body: event,
            within,
        };
        self.events
            .send(event)
            .map_err(|_| anyhow!("the Runtime API has stopped"))?;
        let outcome = match self.hear(within, &mut alive)? {
            Some(Said::Answered(answer)) => Outcome::Answered(answer),
            Some(Said::Failed(why)) => Outcome::Failed(why),
            Some(Said::Polled) => bail!("the function asked for the next event without an answer"),
            None => return Ok(Outcome::TimedOut),
        };
        self.wait_for_poll(alive)?;
        Ok(outcome)
    }

    /// `None` when nothing was said in this time.
    fn hear(&self, within: Duration, mut alive: impl FnMut() -> bool) -> Result<Option<Said>> {
        let mut waited = Duration::ZERO;
        while waited < within {
            match self.said.recv_timeout(GLANCE) {
                Ok(said) => return Ok(Some(said)),
                Err(mpsc::RecvTimeoutError::Timeout) if alive() => waited += GLANCE,
                Err(_) => bail!("the function ended"),
            }
        }
        Ok(None)
    }
}

fn answer(
    request: &Request<Bytes>,
    say: &mpsc::Sender<Said>,
    waiting: &Arc<tokio::sync::Mutex<events::UnboundedReceiver<Event>>>,
) -> Answer {
    let path = request.uri().path();
    // A send fails only when the bench has given up on the function.
    if request.method() == Method::GET && path.ends_with("/invocation/next") {
        let _ = say.send(Said::Polled);
        let waiting = Arc::clone(waiting);
        return Box::pin(async move {
            match waiting.lock().await.recv().await {
                Some(event) => invocation(event),
                None => response(410, "text/plain", "no more events"),
            }
        });
    }
    let body = request.body().clone();
    let _ = if path.ends_with("/response") {
        say.send(Said::Answered(body))
    } else {
        say.send(Said::Failed(body))
    };
    ready(response(202, "application/json", r#"{"status":"OK"}"#))
}

fn invocation(event: Event) -> hyper::Response<http_body_util::Full<Bytes>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a deadline for a real process is real time"
    )]
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let deadline = (now + event.within).as_millis().to_string();
    let mut answer = response(200, "application/json", event.body);
    let headers = [
        (
            "lambda-runtime-aws-request-id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        ),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:ap-northeast-1:0:function:bench",
        ),
        ("lambda-runtime-deadline-ms", &deadline),
    ];
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::RuntimeApi;
    use std::io::{Read, Write};
    use std::net::TcpStream;

    fn ask(authority: &str, request: &str) -> String {
        let mut stream = TcpStream::connect(authority).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn a_function_that_asks_gets_the_event_and_its_answer_comes_back() {
        let api = RuntimeApi::start().unwrap();
        let authority = api.authority();
        let function = std::thread::spawn(move || {
            let next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            let event = ask(&authority, next);
            assert!(event.ends_with("{\"a\":1}"), "{event}");
            assert!(event.contains("lambda-runtime-deadline-ms"));
            ask(
                &authority,
                "POST /2018-06-01/runtime/invocation/1/response HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
            );
            let mut stream = TcpStream::connect(&authority).unwrap();
            stream.write_all(next.as_bytes()).unwrap();
            stream
        });
        api.wait_for_poll(|| true).unwrap();
        assert_eq!(api.invoke("{\"a\":1}".to_owned(), || true).unwrap(), "ok");
        drop(function.join().unwrap());
    }
}
