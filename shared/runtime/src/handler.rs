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
type IsPassing = dyn Fn(&(dyn Error + 'static)) -> bool + Send + Sync;
type OnCall = dyn Fn(Vec<u8>) -> BoxFuture<Result<Vec<u8>, Failure>> + Send + Sync;
type OnStream = dyn Fn(Vec<String>, Timestamp) -> BoxFuture<Result<(), FailedRecord>> + Send + Sync;
type OnRequest = dyn Fn(Request) -> BoxFuture<Response> + Send + Sync;

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
        // A panic is nobody's word that the next call fails as well.
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
    pub fn stream<F, R, E>(handle: F) -> Self
    where
        F: Fn(Vec<String>, Timestamp) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), (usize, E)>> + Send + 'static,
        E: Into<Failure> + 'static,
    {
        Self::Stream(Box::new(move |records, deadline| {
            let handled = handle(records, deadline);
            Box::pin(async move {
                handled.await.map_err(|(index, error)| FailedRecord {
                    index,
                    failure: error.into(),
                })
            })
        }))
    }

    /// A function that another one calls and waits for.
    pub fn call<F, R, E>(handle: F) -> Self
    where
        F: Fn(Vec<u8>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Vec<u8>, E>> + Send + 'static,
        E: Into<Failure> + 'static,
    {
        let on_call = move |event| -> BoxFuture<Result<Vec<u8>, Failure>> {
            let handled = handle(event);
            Box::pin(async move { handled.await.map_err(Into::into) })
        };
        Self::Call(OnCalled {
            on_call: Box::new(on_call),
            is_passing: None,
        })
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
            Self::Stream(_) => "Handler::Stream",
            Self::Call(_) => "Handler::Call",
        })
    }
}
