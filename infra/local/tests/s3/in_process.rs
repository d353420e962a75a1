//! Without a port: requests as the SDK would send them to AWS, handed over directly.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::{Client, Config};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use local::s3::{Body, LocalS3, Storage};

use crate::world::{ACCESS_KEY, DROP, REGION, SECRET_KEY, open};

/// A client that believes it speaks to AWS, so it puts the bucket into the host.
fn client() -> Client {
    let credentials = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test");
    Client::from_conf(
        Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(credentials)
            .build(),
    )
}

fn for_a_minute() -> PresigningConfig {
    #[expect(
        clippy::disallowed_methods,
        reason = "s3s judges links by the machine's clock"
    )]
    let now = SystemTime::now();
    let config = PresigningConfig::builder().start_time(now);
    config.expires_in(Duration::from_mins(1)).build().unwrap()
}

async fn call(s3: &LocalS3, link: PresignedRequest, body: &'static [u8]) -> (u16, Bytes) {
    let request = link.make_http_1x_request(Body::from(Bytes::from_static(body)));
    let answer = s3.call(request).await;
    let status = answer.status().as_u16();
    (
        status,
        answer.into_body().collect().await.unwrap().to_bytes(),
    )
}

#[tokio::test]
async fn the_host_may_name_the_bucket() {
    let s3 = open(Storage::Memory, &Arc::default());
    let client = client();
    let put = client.put_object().bucket(DROP).key("a b");
    let put = put.presigned(for_a_minute()).await.unwrap();
    assert!(
        put.uri()
            .starts_with("https://vrs-drop.s3.ap-northeast-1.amazonaws.com/a%20b?")
    );
    assert_eq!(call(&s3, put, b"x").await.0, 200);
    let get = client.get_object().bucket(DROP).key("a b");
    let get = get.presigned(for_a_minute()).await.unwrap();
    assert_eq!(call(&s3, get, b"").await, (200, Bytes::from_static(b"x")));
    let missing = client.get_object().bucket("no-such-bucket").key("a");
    let missing = missing.presigned(for_a_minute()).await.unwrap();
    assert_eq!(call(&s3, missing, b"").await.0, 404);
}

#[tokio::test]
async fn the_answer_to_head_has_no_body_though_no_wire_takes_it_away() {
    let s3 = open(Storage::Memory, &Arc::default());
    let head = client().head_object().bucket(DROP).key("a");
    let head = head.presigned(for_a_minute()).await.unwrap();
    assert_eq!(call(&s3, head, b"").await, (404, Bytes::new()));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn an_objects_name_is_in_no_log_line_of_any_level() {
    let s3 = open(Storage::Memory, &Arc::default());
    let (client, key) = (client(), "inbox/131016/residents/yamada-taro.csv");
    let put = client.put_object().bucket(DROP).key(key);
    let put = put.presigned(for_a_minute()).await.unwrap();
    let missing = client.get_object().bucket(DROP).key("yamada-hanako");
    let missing = missing.presigned(for_a_minute()).await.unwrap();

    let log = Log::default();
    let lines = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || lines.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    assert_eq!(call(&s3, put, b"x").await.0, 200);
    assert_eq!(call(&s3, missing, b"").await.0, 404);
    tracing::info!("the log works");
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the log works"));
    assert!(!log.contains("yamada"), "{log}");
}
