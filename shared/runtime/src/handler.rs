use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use api::{Request, Response};
use jiff::Timestamp;

use crate::Retry;

/// A future of its own, on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a message was not dealt with; it will be delivered again, or go to the dead letters.
/// By the rules of the project, no error's text holds what a person is called or numbered.
pub type Failure = Box<dyn Error + Send + Sync>;

type OnMessage = dyn Fn(String, Timestamp) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync;
type IsPassing = dyn Fn(&(dyn Error + 'static)) -> bool + Send + Sync;
type OnCall = dyn Fn(Vec<u8>) -> BoxFuture<'static, Result<Vec<u8>, Failure>> + Send + Sync;
type OnStream = dyn Fn(Vec<String>) -> BoxFuture<'static, Result<(), FailedRecord>> + Send + Sync;
type OnRequest = dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync;

/// What a function does with what triggers it.
pub enum Handler {
    /// Messages of a queue.
    Queue(OnQueue),
    /// A request of the HTTP API.
    Http(Box<OnRequest>),
    /// Records of a table's stream, in their order.
    Stream(Box<OnStream>),
    /// Another function that waits for the answer.
    Call(OnCalled),
}

/// The first record of a batch that was not dealt with: it and all behind it come again.
#[derive(Debug)]
pub struct FailedRecord {
    /// Its place in the batch.
    pub index: usize,
    /// Why.
    pub failure: Failure,
}

/// What a function does with a call, and what its caller learns of one that failed.
pub struct OnCalled {
    pub(crate) on_call: Box<OnCall>,
    /// Whether a failure passes by itself; if nobody says so, each may.
    pub(crate) is_passing: Option<Box<IsPassing>>,
}

/// What a function does with a message, and what becomes of one that failed.
pub struct OnQueue {
    /// Takes its body, and the instant at which the invocation is ended by force.
    pub(crate) on_message: Box<OnMessage>,
    /// Whether a failure passes by itself; if nobody says so, none does.
    pub(crate) is_passing: Option<Box<IsPassing>>,
    /// How a message that failed is made to come back soon.
    pub(crate) retry: Option<Retry>,
}

impl Handler {
    /// A function behind a queue, and what it does with the body of a message until the deadline.
    pub fn queue<F, H, E>(function: F, handle: H) -> Self
    where
        F: Send + Sync + 'static,
        H: for<'a> Fn(&'a F, &'a str, Timestamp) -> BoxFuture<'a, Result<(), E>>
            + Send
            + Sync
            + 'static,
        E: Into<Failure> + 'static,
    {
        let shared = Arc::new((function, handle));
        let on_message = move |body: String, deadline| -> BoxFuture<'static, _> {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (function, handle) = &*shared;
                let handled = handle(function, &body, deadline).await;
                handled.map_err(Into::into)
            })
        };
        Self::Queue(OnQueue {
            on_message: Box::new(on_message),
            is_passing: None,
            retry: None,
        })
    }

    /// Tells failures that pass by themselves from those that somebody must look at. Of messages, the former
    /// are logged as warnings and counted apart, and come again like all others. Of calls, the latter are told
    /// to the caller as such.
    #[must_use]
    pub fn passing<E: Error + 'static>(self, is_passing: fn(&E) -> bool) -> Self {
        let judge = move |failure: &(dyn Error + 'static)| {
            failure.downcast_ref::<E>().is_some_and(is_passing)
        };
        // A panic does not mean that the next call fails as well.
        let judge_call = move |failure: &(dyn Error + 'static)| {
            failure.downcast_ref::<E>().is_none_or(is_passing)
        };
        match self {
            Self::Queue(queue) => Self::Queue(OnQueue {
                is_passing: Some(Box::new(judge)),
                ..queue
            }),
            Self::Call(call) => Self::Call(OnCalled {
                is_passing: Some(Box::new(judge_call)),
                ..call
            }),
            other => other,
        }
    }

    /// Makes messages that failed come back after seconds, not after the queue's visibility time.
    #[must_use]
    pub fn retried_by(self, retry: Retry) -> Self {
        match self {
            Self::Queue(queue) => Self::Queue(OnQueue {
                retry: Some(retry),
                ..queue
            }),
            other => other,
        }
    }

    /// A function behind a table's stream. It is given the records as JSON, and says which was the
    /// first that failed.
    pub fn stream<F, H, E>(function: F, handle: H) -> Self
    where
        F: Send + Sync + 'static,
        H: for<'a> Fn(&'a F, Vec<String>) -> BoxFuture<'a, Result<(), E>> + Send + Sync + 'static,
        E: Into<FailedRecord> + 'static,
    {
        let shared = Arc::new((function, handle));
        Self::Stream(Box::new(move |records| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (function, handle) = &*shared;
                let handled = handle(function, records).await;
                handled.map_err(Into::into)
            })
        }))
    }

    /// A function that another one calls and waits for.
    pub fn call<F, H, E>(function: F, handle: H) -> Self
    where
        F: Send + Sync + 'static,
        H: for<'a> Fn(&'a F, Vec<u8>) -> BoxFuture<'a, Result<Vec<u8>, E>> + Send + Sync + 'static,
        E: Into<Failure> + 'static,
    {
        let shared = Arc::new((function, handle));
        let on_call = move |event| -> BoxFuture<'static, _> {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (function, handle) = &*shared;
                handle(function, event).await.map_err(Into::into)
            })
        };
        Self::Call(OnCalled {
            on_call: Box::new(on_call),
            is_passing: None,
        })
    }

    /// A function behind the HTTP API.
    pub fn http<F, H>(function: F, handle: H) -> Self
    where
        F: Send + Sync + 'static,
        H: for<'a> Fn(&'a F, Request) -> BoxFuture<'a, Response> + Send + Sync + 'static,
    {
        let shared = Arc::new((function, handle));
        Self::Http(Box::new(move |request| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (function, handle) = &*shared;
                handle(function, request).await
            })
        }))
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Queue(..) => "Handler::Queue",
            Self::Http(_) => "Handler::Http",
            Self::Stream(_) => "Handler::Stream",
            Self::Call(_) => "Handler::Call",
        })
    }
}
