use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::{
    config::{Credentials, SharedCredentialsProvider},
    primitives::ByteStream,
};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use local::{ACCESS_KEY, Listeners, LocalStack, Options, Urls};
use tokio::{sync::oneshot, task::JoinSet};

struct Served {
    stack: Arc<LocalStack>,
    urls: Urls,
    stop: oneshot::Sender<()>,
    serving: JoinSet<()>,
}

async fn served() -> Served {
    let free = || "127.0.0.1:0".parse().unwrap();
    let listeners = Listeners::bind(free(), free(), free()).await.unwrap();
    let urls = listeners.urls().unwrap();
    let options = Options {
        urls: urls.clone(),
        ..Options::default()
    };
    let stack = Arc::new(LocalStack::start(options).unwrap());
    let (stop, stopped) = oneshot::channel();
    let mut serving = JoinSet::new();
    let served = Arc::clone(&stack);
    serving.spawn(async move {
        served
            .serve(listeners, async { drop(stopped.await) })
            .await
            .unwrap();
    });
    Served {
        stack,
        urls,
        stop,
        serving,
    }
}

/// As a program outside would be configured.
fn over_tcp(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new(ACCESS_KEY, ACCESS_KEY, None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("ap-northeast-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .build()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ordinary_clients_work_over_the_ports() {
    let served = served().await;
    let config = over_tcp(&served.urls.dynamodb);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    let put = dynamodb
        .put_item()
        .table_name("records")
        .item("pk", text("a"));
    put.item("sk", text("b")).send().await.unwrap();
    let urls = aws_sdk_sqs::Client::new(&config)
        .list_queues()
        .send()
        .await
        .unwrap();
    assert_eq!(urls.queue_urls().len(), 11);
    let key = aws_sdk_kms::Client::new(&config).generate_data_key_without_plaintext();
    key.key_id("records")
        .number_of_bytes(32)
        .send()
        .await
        .unwrap();

    let s3 = aws_sdk_s3::Client::new(&over_tcp(&served.urls.s3));
    let put = s3
        .put_object()
        .bucket("work")
        .key("a/b")
        .body(ByteStream::from_static(b"x"));
    put.send().await.unwrap();

    // The same services in process.
    let inside = crate::world::dynamodb(&served.stack);
    let item = inside
        .get_item()
        .table_name("records")
        .key("pk", text("a"))
        .key("sk", text("b"));
    assert!(item.send().await.unwrap().item().is_some());
    let inside = crate::world::s3(&served.stack);
    assert!(
        inside
            .head_object()
            .bucket("work")
            .key("a/b")
            .send()
            .await
            .is_ok()
    );
}

/// A browser asks before it sends a file to a link, and what it asks with is nobody's right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_may_ask_whether_it_may_send_to_a_link_that_a_session_signed() {
    let served = served().await;
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<bytes::Bytes>>();
    let link = format!(
        "{}/drop/inbox/131016/residents/a.csv?X-Amz-Security-Token=token",
        served.urls.s3
    );
    let asked = http::Request::options(&link)
        .header("origin", &served.urls.api)
        .header("access-control-request-method", "PUT")
        .body(Full::default());
    let answer = client.request(asked.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
    let let_in = answer.headers().get("access-control-allow-origin");
    assert_eq!(let_in.unwrap(), served.urls.api.as_str());
    // The sending itself is held to the session, which is none.
    let sent = http::Request::put(&link).body(Full::default());
    assert_eq!(client.request(sent.unwrap()).await.unwrap().status(), 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_asked_for_and_used_over_the_port_and_stopping_ends_it() {
    let mut served = served().await;
    crate::world::add_tenant(&served.stack, "131016").await;
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<bytes::Bytes>>();
    let asked = http::Request::post(format!("{}/local/token", served.urls.api))
        .header("content-type", "application/json")
        .body(Full::from(r#"{"tenant":"131016","roles":["read"]}"#));
    let answer = client.request(asked.unwrap()).await.unwrap();
    let answer = answer.into_body().collect().await.unwrap().to_bytes();
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    let token = answer["token"].as_str().unwrap();

    let list = http::Request::get(format!("{}/uploads", served.urls.api))
        .header("authorization", format!("Bearer {token}"))
        .body(Full::default());
    assert_eq!(client.request(list.unwrap()).await.unwrap().status(), 200);

    served.stop.send(()).unwrap();
    served.serving.join_next().await.unwrap().unwrap();
    Arc::into_inner(served.stack).unwrap().stop().await;
    let again = http::Request::get(format!("{}/jwks.json", served.urls.api)).body(Full::default());
    assert!(client.request(again.unwrap()).await.is_err());
}

#[tokio::test]
async fn other_machines_are_not_listened_to() {
    let free = || "127.0.0.1:0".parse().unwrap();
    let open = "0.0.0.0:0".parse().unwrap();
    let Err(error) = Listeners::bind(free(), open, free()).await else {
        panic!("listens")
    };
    assert!(error.to_string().contains("loopback"), "{error}");
}
