use std::error::Error;
use std::fmt;
use std::pin::Pin;

use api::{Request, Response};
use jiff::Timestamp;

use crate::Retry;

/// A future of its own, on the heap.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Why a message was not dealt with; it will be delivered again, or go to the dead letters.
/// By the rules of the project, no error's text holds what a person is called or numbered.
pub type Failure = Box<dyn Error + Send + Sync>;

type OnMessage = dyn Fn(String, Timestamp) -> BoxFuture<Result<(), Failure>> + Send + Sync;
type OnRequest = dyn Fn(Request) -> BoxFuture<Response> + Send + Sync;

/// What a function does with what triggers it.
pub enum Handler {
    /// A message of a queue: its body, and the instant at which the invocation is ended by force;
    /// and how a message that failed is made to come back soon.
    Queue(Box<OnMessage>, Option<Retry>),
    /// A request of the HTTP API.
    Http(Box<OnRequest>),
}

impl Handler {
    /// A function behind a queue.
    pub fn queue<F, R, E>(handle: F) -> Self
    where
        F: Fn(String, Timestamp) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Failure> + 'static,
    {
        let on_message = move |body, deadline| -> BoxFuture<Result<(), Failure>> {
            let handled = handle(body, deadline);
            Box::pin(async move { handled.await.map_err(Into::into) })
        };
        Self::Queue(Box::new(on_message), None)
    }

    /// Makes messages that failed come back after seconds, not after the queue's visibility time.
    #[must_use]
    pub fn retried_by(self, retry: Retry) -> Self {
        match self {
            Self::Queue(handle, _) => Self::Queue(handle, Some(retry)),
            Self::Http(_) => self,
        }
    }

    /// A function behind the HTTP API.
    pub fn http<F, R>(handle: F) -> Self
    where
        F: Fn(Request) -> R + Send + Sync + 'static,
        R: Future<Output = Response> + Send + 'static,
    {
        Self::Http(Box::new(move |request| Box::pin(handle(request))))
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Queue(..) => "Handler::Queue",
            Self::Http(_) => "Handler::Http",
        })
    }
}
