use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::world::{DROP, World};

/// Follows a link as a browser or `curl` would: without any knowledge of S3.
pub(crate) async fn follow(
    method: &str,
    url: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> (u16, Bytes) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::from(body.to_vec())).unwrap();
    let answer = client.request(request).await.unwrap();
    let status = answer.status().as_u16();
    (
        status,
        answer.into_body().collect().await.unwrap().to_bytes(),
    )
}

fn valid(start: SystemTime, seconds: u64) -> PresigningConfig {
    let config = PresigningConfig::builder().start_time(start);
    config
        .expires_in(Duration::from_secs(seconds))
        .build()
        .unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "s3s judges links by the machine's clock"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

async fn put_link(world: &World, start: SystemTime) -> PresignedRequest {
    let put = world.client.put_object().bucket(DROP).key("a b.csv");
    put.presigned(valid(start, 60)).await.unwrap()
}

#[tokio::test]
async fn a_presigned_link_lets_through_what_it_was_made_for() {
    let world = World::in_memory().await;
    let link = put_link(&world, now()).await;
    assert_eq!(follow("PUT", link.uri(), &[], b"x,y").await.0, 200);
    assert_eq!(world.get(DROP, "a b.csv").await, b"x,y");

    let read = world.client.get_object().bucket(DROP).key("a b.csv");
    let read = read
        .response_content_type("text/plain")
        .presigned(valid(now(), 60))
        .await
        .unwrap();
    assert_eq!(
        follow("GET", read.uri(), &[], b"").await,
        (200, Bytes::from_static(b"x,y"))
    );
    assert_eq!(follow("PUT", read.uri(), &[], b"").await.0, 403);
    let other = link.uri().replace("a%20b.csv", "other.csv");
    assert_ne!(other, link.uri());
    assert_eq!(follow("PUT", &other, &[], b"x").await.0, 403);
}

#[tokio::test]
async fn a_link_expires() {
    let world = World::in_memory().await;
    let link = put_link(&world, now() - Duration::from_secs(61)).await;
    assert_eq!(follow("PUT", link.uri(), &[], b"x").await.0, 403);
    assert!(world.created().is_empty());
}
