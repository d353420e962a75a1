//! Stops the calls of functions where a test wants them stopped.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use local::Intercept;
use serde_json::{Value, json};
use tokio::{sync::watch, task::Id};

/// A call that is about to be made.
#[derive(Debug)]
pub struct Call<'a> {
    /// By which function, as its package is named.
    pub function: &'a str,
    /// By which of its invocations, counted from 1.
    pub invocation: usize,
    /// `PutItem`; of S3 the method.
    pub operation: &'a str,
    /// Path and query; of S3 they name the object.
    pub path: &'a str,
    /// As far as it is at hand: of DynamoDB always.
    pub body: &'a str,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is made.
    Go,
    /// It is made, and others go on before its answer is heard.
    Linger,
    /// It is not made: a transaction is at the same items.
    Conflict,
    /// It is made once the gate is opened.
    Wait,
    /// It is not made, and the table says that there are too many.
    Throttle,
    /// It is not made: a transaction is cancelled for this reason.
    Cancel(&'static str),
    /// It is made, and its answer is never heard: whoever made it gives it up.
    Mute,
    /// It is not made, and its invocation never makes another.
    Die,
    /// It is made, and its invocation never hears of it.
    DieAfter,
}

/// Decides about every call of the functions.
type Decide = dyn FnMut(&Call<'_>) -> Step + Send;

/// A gate between functions and services.
pub struct Gate {
    state: Mutex<State>,
    open: watch::Sender<bool>,
    stopped: watch::Sender<usize>,
}

struct State {
    decide: Box<Decide>,
    invocations: HashMap<String, HashMap<Option<Id>, usize>>,
    dead: HashSet<Option<Id>>,
}

impl Gate {
    /// A gate that `decide` keeps.
    #[must_use]
    pub fn new(decide: impl FnMut(&Call<'_>) -> Step + Send + 'static) -> Arc<Self> {
        let state = State {
            decide: Box::new(decide),
            invocations: HashMap::new(),
            dead: HashSet::new(),
        };
        Arc::new(Self {
            state: Mutex::new(state),
            open: watch::Sender::new(false),
            stopped: watch::Sender::new(0),
        })
    }

    /// A gate that does this once, to the first call of which `is_meant` is true.
    #[must_use]
    pub fn once(
        step: Step,
        mut is_meant: impl FnMut(&Call<'_>) -> bool + Send + 'static,
    ) -> Arc<Self> {
        let mut done = false;
        Self::new(move |call| {
            if done || !is_meant(call) {
                return Step::Go;
            }
            done = true;
            step
        })
    }

    /// For the options of a stack.
    #[must_use]
    pub fn intercept(self: &Arc<Self>) -> Intercept {
        let gate = Arc::clone(self);
        Arc::new(move |function: &str, client| gate.before(function, client))
    }

    /// Before the client of one function.
    #[must_use]
    pub fn before(self: &Arc<Self>, function: &str, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Gated {
            gate: Arc::clone(self),
            function: function.to_owned(),
            inner: client,
        })
    }

    /// Waits until a call was stopped.
    pub async fn reached(&self) {
        let mut stopped = self.stopped.subscribe();
        let reached = stopped.wait_for(|stopped| *stopped > 0);
        reached.await.expect("the gate stands");
    }

    /// How many calls were stopped.
    #[must_use]
    pub fn stopped(&self) -> usize {
        *self.stopped.borrow()
    }

    /// Lets those who wait go on, now and later.
    pub fn open(&self) {
        self.open.send_replace(true);
    }

    fn decide(&self, function: &str, request: &HttpRequest) -> Step {
        // To take a role is no step of an invocation's work: those of one process take it together.
        let kind = request.headers().get("content-type");
        if kind == Some("application/x-www-form-urlencoded") {
            return Step::Go;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Invocations run in tasks of their own.
        let task = tokio::task::try_id();
        if state.dead.contains(&task) {
            return Step::Die;
        }
        let known = state.invocations.entry(function.to_owned()).or_default();
        let next = known.len() + 1;
        let invocation = *known.entry(task).or_insert(next);
        let target = request.headers().get("x-amz-target");
        let operation = target.map_or(request.method(), |target| {
            target.rsplit('.').next().unwrap_or_default()
        });
        let body = request.body().bytes().unwrap_or_default();
        let step = (state.decide)(&Call {
            function,
            invocation,
            operation,
            path: request.uri(),
            body: std::str::from_utf8(body).unwrap_or_default(),
        });
        if matches!(step, Step::Die | Step::DieAfter) {
            state.dead.insert(task);
        }
        drop(state);
        if !matches!(step, Step::Go | Step::Linger) {
            self.stopped.send_modify(|stopped| *stopped += 1);
        }
        step
    }
}

#[derive(Clone)]
struct Gated {
    gate: Arc<Gate>,
    function: String,
    inner: SharedHttpClient,
}

impl fmt::Debug for Gated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gated")
    }
}

impl HttpClient for Gated {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(GatedConnector {
            gate: Arc::clone(&self.gate),
            function: self.function.clone(),
            inner: self.inner.http_connector(settings, components),
        })
    }
}

struct GatedConnector {
    gate: Arc<Gate>,
    function: String,
    inner: SharedHttpConnector,
}

impl fmt::Debug for GatedConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GatedConnector")
    }
}

impl HttpConnector for GatedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (gate, inner) = (Arc::clone(&self.gate), self.inner.clone());
        let function = self.function.clone();
        HttpConnectorFuture::new(async move {
            match gate.decide(&function, &request) {
                Step::Go => {}
                Step::Linger => {
                    let answer = inner.call(request).await;
                    tokio::task::yield_now().await;
                    return answer;
                }
                Step::Wait => {
                    let mut open = gate.open.subscribe();
                    // The sender is the gate, which is held here.
                    let _ = open.wait_for(|open| *open).await;
                }
                Step::Throttle => return Ok(throttled()),
                Step::Conflict => return Ok(conflict(&request)),
                Step::Cancel(reason) => return Ok(cancelled(&request, reason)),
                Step::Die => return std::future::pending().await,
                Step::Mute | Step::DieAfter => {
                    inner.call(request).await?;
                    return std::future::pending().await;
                }
            }
            inner.call(request).await
        })
    }
}

fn throttled() -> HttpResponse {
    let body = r#"{"__type":"ThrottlingException","message":"by the gate"}"#;
    let status = 400_u16.try_into().expect("a status");
    HttpResponse::new(status, SdkBody::from(body))
}

/// What `DynamoDB` says of a transaction, or of a plain write, while another transaction is at an item of it.
fn conflict(request: &HttpRequest) -> HttpResponse {
    cancelled(request, "TransactionConflict")
}

fn cancelled(request: &HttpRequest, reason: &str) -> HttpResponse {
    let body = request.body().bytes().unwrap_or_default();
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let name = |it: &str| format!("com.amazonaws.dynamodb.v20120810#{it}");
    let said = match asked["TransactItems"].as_array() {
        Some(items) => {
            let mut reasons = vec![json!({ "Code": "None" }); items.len()];
            reasons[0]["Code"] = reason.into();
            json!({ "__type": name("TransactionCanceledException"), "CancellationReasons": reasons })
        }
        None => json!({ "__type": name("TransactionConflictException") }),
    };
    let status = 400.try_into().expect("a status");
    HttpResponse::new(status, SdkBody::from(said.to_string()))
}
