use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use local::{
    host::{FunctionHost, InvokeError},
    sqs::{Depth, LocalSqs},
    template::{Function, Mapping, Place, TEMPLATE, Template},
};
use runtime::Handler;
use serde_json::json;
use tokio::task::JoinSet;

use crate::world;

/// load-chunk's queue and time, with another function in its place.
struct Fed {
    sqs: LocalSqs,
    host: Arc<FunctionHost>,
    _feeding: JoinSet<()>,
}

fn template() -> Template {
    let issuer = ("JwtIssuer".to_owned(), "http://127.0.0.1".to_owned());
    Template::parse(TEMPLATE, &[issuer].into(), &Place::default()).unwrap()
}

fn fed(batch_size: u32, handler: impl Fn() -> Handler) -> Fed {
    let template = template();
    let clock = Arc::new(world::clock());
    let sqs = LocalSqs::open(None, &template.queues, clock.clone(), 1.0).unwrap();
    let load_chunk: Vec<Function> = template
        .functions
        .into_iter()
        .filter(|it| it.package == "load-chunk")
        .collect();
    let host = FunctionHost::new(&load_chunk, clock, 1.0, |_| Ok(handler())).unwrap();
    let host = Arc::new(host);
    let mapping = template
        .mappings
        .into_iter()
        .find(|it| it.queue.ends_with(":loads"))
        .unwrap();
    let mapping = Mapping {
        batch_size,
        ..mapping
    };
    let mut feeding = JoinSet::new();
    let feed = Arc::clone(&host).feed(sqs.clone(), mapping);
    feeding.spawn(async move { feed.await.unwrap() });
    Fed {
        sqs,
        host,
        _feeding: feeding,
    }
}

impl Fed {
    async fn send(&self, body: &str) {
        let call = json!({ "QueueUrl": "loads", "MessageBody": body }).to_string();
        assert!(
            self.sqs
                .call("SendMessage", call.into())
                .await
                .status()
                .is_success()
        );
    }

    fn left(&self) -> (Depth, Depth) {
        (
            self.sqs.depth("loads").unwrap(),
            self.sqs.depth("loads-dead-letters").unwrap(),
        )
    }
}

const NONE: Depth = Depth {
    visible: 0,
    hidden: 0,
};

#[tokio::test(start_paused = true)]
async fn a_message_is_dealt_with_once_and_gone() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let fed = fed(1, || {
        Handler::queue(Arc::clone(&seen), |seen, body, _| {
            seen.lock().unwrap().push(body.to_owned());
            Box::pin(async { Ok::<_, std::io::Error>(()) })
        })
    });
    for body in ["a", "b", "c"] {
        fed.send(body).await;
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    assert_eq!(seen, ["a", "b", "c"]);
    assert_eq!(fed.left(), (NONE, NONE));
}

#[tokio::test(start_paused = true)]
async fn what_fails_comes_back_until_it_is_given_up() {
    let tries = Arc::new(AtomicU32::new(0));
    let fed = fed(1, || {
        Handler::queue(Arc::clone(&tries), |tries, _, _| {
            tries.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Err(std::io::Error::other("no")) })
        })
    });
    fed.send("a").await;
    tokio::time::sleep(Duration::from_secs(1080 * 9 + 60)).await;
    assert_eq!(tries.load(Ordering::Relaxed), 10);
    assert_eq!(
        fed.left(),
        (
            Depth {
                visible: 0,
                hidden: 1
            },
            NONE
        )
    );
    tokio::time::sleep(Duration::from_secs(1080)).await;
    assert_eq!(tries.load(Ordering::Relaxed), 10);
    assert_eq!(
        fed.left(),
        (
            NONE,
            Depth {
                visible: 1,
                hidden: 0
            }
        )
    );
}

#[tokio::test(start_paused = true)]
async fn of_a_batch_only_what_failed_comes_back() {
    let fed = fed(10, || {
        Handler::queue((), |(), body, _| {
            Box::pin(async move {
                if body == "bad" {
                    Err(std::io::Error::other("no"))
                } else {
                    Ok(())
                }
            })
        })
    });
    for body in ["a", "bad", "b"] {
        fed.send(body).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        fed.left(),
        (
            Depth {
                visible: 0,
                hidden: 1
            },
            NONE
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_fails_the_message_and_not_the_host() {
    let fed = fed(1, || {
        Handler::queue((), |(), body, _| {
            Box::pin(async move {
                assert_ne!(body, "bad", "deliberate");
                Ok::<_, std::io::Error>(())
            })
        })
    });
    fed.send("bad").await;
    fed.send("good").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        fed.left(),
        (
            Depth {
                visible: 0,
                hidden: 1
            },
            NONE
        )
    );
}

#[tokio::test(start_paused = true)]
async fn an_invocation_knows_its_deadline_and_is_ended_there() {
    let reached = Arc::new(Mutex::new(None::<Timestamp>));
    let ended = Arc::new(AtomicU32::new(0));
    let fed = fed(1, || {
        let shared = (Arc::clone(&reached), Arc::clone(&ended));
        Handler::queue(shared, |(reached, ended), _, deadline| {
            *reached.lock().unwrap() = Some(deadline);
            Box::pin(async move {
                tokio::time::sleep(Duration::from_secs(181)).await;
                ended.fetch_add(1, Ordering::Relaxed);
                Ok::<_, std::io::Error>(())
            })
        })
    });
    fed.send("a").await;
    tokio::time::sleep(Duration::from_secs(179)).await;
    assert_eq!(*fed.host.running().borrow(), 1);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(*fed.host.running().borrow(), 0);
    assert_eq!(ended.load(Ordering::Relaxed), 0);
    let deadline = reached.lock().unwrap().unwrap();
    assert_eq!(deadline, "2021-04-12T00:03:00Z".parse().unwrap());
    assert_eq!(
        fed.left(),
        (
            Depth {
                visible: 0,
                hidden: 1
            },
            NONE
        )
    );
}

#[tokio::test(start_paused = true)]
async fn few_invocations_run_at_the_same_time() {
    let now = Arc::new(AtomicU32::new(0));
    let most = Arc::new(AtomicU32::new(0));
    let fed = fed(1, || {
        let shared = (Arc::clone(&now), Arc::clone(&most));
        Handler::queue(shared, |(now, most), _, _| {
            Box::pin(async move {
                most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_secs(1)).await;
                now.fetch_sub(1, Ordering::Relaxed);
                Ok::<_, std::io::Error>(())
            })
        })
    });
    for _ in 0..20 {
        fed.send("a").await;
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(most.load(Ordering::Relaxed), 4);
    assert_eq!(fed.left(), (NONE, NONE));
}

#[tokio::test]
async fn a_function_that_is_not_there_is_not_invoked() {
    let fed = fed(1, || {
        Handler::queue((), |(), _, _| {
            Box::pin(async { Ok::<_, std::io::Error>(()) })
        })
    });
    assert_eq!(
        fed.host.invoke_arn("arn:none", Vec::new()).await,
        Err(InvokeError::Unknown)
    );
}
