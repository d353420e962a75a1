use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use local::{LocalStack, Options, functions::PACKAGES};

use crate::{code_of, world};

/// A stack, and the way of each function to its services.
fn stack() -> (LocalStack, BTreeMap<String, SharedHttpClient>) {
    let seen = Arc::new(Mutex::new(BTreeMap::new()));
    let keep = Arc::clone(&seen);
    let options = Options {
        clock: Arc::new(world::clock()),
        intercept: Some(Arc::new(move |function, client: SharedHttpClient| {
            keep.lock()
                .unwrap()
                .insert(function.to_owned(), client.clone());
            client
        })),
        ..Options::default()
    };
    let stack = LocalStack::start(options).unwrap();
    let clients = seen.lock().unwrap().clone();
    (stack, clients)
}

#[test]
fn template_folders_and_registry_name_the_same_functions() {
    let registry: BTreeSet<String> = PACKAGES.iter().map(|&name| name.to_owned()).collect();
    let folders = concat!(env!("CARGO_MANIFEST_DIR"), "/../../functions");
    let folders: BTreeSet<String> = std::fs::read_dir(folders)
        .unwrap()
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(registry, folders);
}

#[tokio::test]
async fn every_function_of_the_template_is_built() {
    let (stack, clients) = stack();
    let template: BTreeSet<&str> = stack
        .template()
        .functions
        .iter()
        .map(|it| it.package.as_str())
        .collect();
    assert_eq!(template, PACKAGES.into_iter().collect());
    assert_eq!(clients.len(), PACKAGES.len());
}

#[tokio::test]
async fn a_function_may_do_what_its_role_says_and_nothing_else() {
    let (stack, clients) = stack();
    let config = |function: &str| {
        stack
            .sdk_config()
            .into_builder()
            .http_client(clients[function].clone())
            .build()
    };
    let text = |text: &str| AttributeValue::S(text.to_owned());

    for (function, reads, writes) in [
        ("residents", true, false),
        ("uploads", true, true),
        ("receive-upload", true, true),
        ("load-chunk", true, true),
    ] {
        let client = aws_sdk_dynamodb::Client::new(&config(function));
        let key = client
            .get_item()
            .table_name("records")
            .key("pk", text("a"))
            .key("sk", text("b"));
        assert_eq!(key.send().await.is_ok(), reads, "{function}");
        let put = client
            .put_item()
            .table_name("records")
            .item("pk", text("a"))
            .item("sk", text("b"));
        assert_eq!(put.send().await.is_ok(), writes, "{function}");
        #[expect(clippy::disallowed_methods, reason = "the call that nobody may make")]
        let scan = client.scan().table_name("records");
        assert_eq!(
            code_of!(scan, aws_sdk_dynamodb),
            "AccessDeniedException",
            "{function}"
        );
    }

    for (function, key, written) in [
        ("uploads", "inbox/131016/residents/a.csv", true),
        ("uploads", "unassigned/a.json", false),
        ("receive-upload", "outbox/131016/a.json", true),
        ("receive-upload", "inbox/131016/residents/a.csv", false),
        ("load-chunk", "inbox/131016/residents/a.csv", false),
        ("residents", "outbox/131016/a.json", false),
    ] {
        let client = aws_sdk_s3::Client::new(&config(function));
        let put = client
            .put_object()
            .bucket("drop")
            .key(key)
            .body(ByteStream::from_static(b"x"));
        assert_eq!(put.send().await.is_ok(), written, "{function} {key}");
    }

    let client = aws_sdk_kms::Client::new(&config("residents"));
    let new_key = client
        .generate_data_key_without_plaintext()
        .key_id("records")
        .number_of_bytes(32);
    assert_eq!(code_of!(new_key, aws_sdk_kms), "AccessDeniedException");
}
