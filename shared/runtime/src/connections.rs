//! Connections that are open before the first event comes.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::body::SdkBody;
use tokio::task::JoinSet;

/// A start waits no longer: the first event opens what is not open by then.
const PATIENCE: Duration = Duration::from_millis(500);

/// Services that the first event will ask.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Services {
    pub(crate) dynamodb: bool,
    pub(crate) kms: bool,
    pub(crate) sts: bool,
}

/// Looks at the front page of each of these services, which needs no rights and does nothing, and leaves the
/// connections where the clients over this `config` find them. What fails, or panics, is left to the first event.
pub(crate) async fn open(config: SdkConfig, services: Services) {
    let mut apart = JoinSet::new();
    apart.spawn(look_at(config, services));
    let looked = tokio::time::timeout(PATIENCE, apart.join_next()).await;
    if !matches!(looked, Ok(Some(Ok(())))) {
        tracing::debug!("connections are not open yet");
    }
}

async fn look_at(config: SdkConfig, services: Services) {
    let config = &config;
    tokio::join!(
        async {
            if services.dynamodb {
                dynamodb(config).await;
            }
        },
        async {
            if services.kms {
                kms(config).await;
            }
        },
        async {
            if services.sts {
                sts(config).await;
            }
        }
    );
}

/// Turns a call into a look at the front page.
fn look(request: &mut HttpRequest) {
    *request.body_mut() = SdkBody::empty();
    for header in ["content-type", "content-length", "x-amz-target"] {
        request.headers_mut().remove(header);
    }
    // Fails for what is no method.
    let _ = request.set_method("GET");
}

async fn dynamodb(config: &SdkConfig) {
    let call = aws_sdk_dynamodb::Client::new(config).get_item();
    let call = call
        .table_name("none")
        .key("pk", AttributeValue::Null(true));
    let once = aws_sdk_dynamodb::config::Builder::new().retry_config(RetryConfig::disabled());
    let call = call.customize().config_override(once).mutate_request(look);
    // The front page is no answer to the call.
    let _ = call.send().await;
}

async fn kms(config: &SdkConfig) {
    let call = aws_sdk_kms::Client::new(config).decrypt();
    let call = call.ciphertext_blob(Blob::new([]));
    let once = aws_sdk_kms::config::Builder::new().retry_config(RetryConfig::disabled());
    let call = call.customize().config_override(once).mutate_request(look);
    let _ = call.send().await;
}

async fn sts(config: &SdkConfig) {
    let call = aws_sdk_sts::Client::new(config).get_caller_identity();
    let once = aws_sdk_sts::config::Builder::new().retry_config(RetryConfig::disabled());
    let call = call.customize().config_override(once).mutate_request(look);
    let _ = call.send().await;
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::sync::{Arc, Mutex};

    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::Credentials;
    use aws_sdk_dynamodb::config::SharedCredentialsProvider;

    use super::*;

    /// First lines of requests, by connection.
    type Seen = Arc<Mutex<Vec<Vec<String>>>>;

    /// Answers each request with an error, and keeps connections open.
    fn serve(listener: &TcpListener, seen: &Seen) {
        for (number, stream) in listener.incoming().enumerate() {
            seen.lock().unwrap().push(Vec::new());
            let seen = Arc::clone(seen);
            std::thread::spawn(move || talk(stream.unwrap(), number, &seen));
        }
    }

    fn talk(mut stream: TcpStream, number: usize, seen: &Seen) {
        let mut bytes = Vec::new();
        let mut some = [0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut some) {
            bytes.extend_from_slice(&some[..read]);
            let text = String::from_utf8(bytes.clone()).unwrap();
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let head = head.to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() < length.map_or(0, |length| length.parse().unwrap()) {
                continue;
            }
            let first = head.lines().next().unwrap().to_owned();
            seen.lock().unwrap()[number].push(first);
            bytes.clear();
            let answer = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}";
            stream.write_all(answer).unwrap();
        }
    }

    #[tokio::test]
    async fn the_first_call_finds_its_connection_open() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let seen = Seen::default();
        let server = Arc::clone(&seen);
        std::thread::spawn(move || serve(&listener, &server));
        let credentials = Credentials::new("key", "secret", None, None, "test");
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(crate::adapters::https())
            .endpoint_url(endpoint)
            .load()
            .await;
        let services = Services {
            dynamodb: true,
            ..Services::default()
        };
        open(config.clone(), services).await;
        let call = aws_sdk_dynamodb::Client::new(&config).list_tables();
        assert!(call.send().await.is_err());
        let seen = seen.lock().unwrap().clone();
        assert_eq!(seen, [["get / http/1.1", "post / http/1.1"]]);
    }
}
