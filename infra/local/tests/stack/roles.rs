use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::{
    config::{Credentials, SharedCredentialsProvider},
    primitives::ByteStream,
};
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use local::{LocalStack, Options, functions::FUNCTIONS};

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
    let registry: BTreeSet<String> = FUNCTIONS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
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
    assert_eq!(template, FUNCTIONS.iter().map(|(name, _)| *name).collect());
    assert_eq!(clients.len(), FUNCTIONS.len());
}

/// What a function holds once it has taken its role for one municipality.
async fn for_tenant(stack: &LocalStack, own: &SdkConfig, package: &str, code: &str) -> SdkConfig {
    let functions = &stack.template().functions;
    let function = functions.iter().find(|it| it.package == package).unwrap();
    let role = &function.environment["TENANT_ROLE_ARN"];
    let credentials = assume(own, role, &[("tenant", code)]).await.unwrap();
    own.to_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// `Err` is the code that STS gives.
async fn assume(
    config: &SdkConfig,
    role: &str,
    tags: &[(&str, &str)],
) -> Result<Credentials, String> {
    let mut call = aws_sdk_sts::Client::new(config)
        .assume_role()
        .role_arn(role)
        .role_session_name("test");
    for (key, value) in tags {
        let tag = aws_sdk_sts::types::Tag::builder().key(*key).value(*value);
        call = call.tags(tag.build().unwrap());
    }
    let sent = call.send().await;
    let given = sent.map_err(|error| error.code().unwrap_or_default().to_owned())?;
    let given = given.credentials.unwrap();
    Ok(Credentials::new(
        given.access_key_id,
        given.secret_access_key,
        Some(given.session_token),
        None,
        "test",
    ))
}

fn own_config(
    stack: &LocalStack,
    clients: &BTreeMap<String, SharedHttpClient>,
    function: &str,
) -> SdkConfig {
    let owner = stack.sdk_config().into_builder();
    owner.http_client(clients[function].clone()).build()
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

#[tokio::test]
async fn a_function_reads_and_writes_one_municipality_s_items_and_only_under_its_role_for_it() {
    let (stack, clients) = stack();
    for (function, reads, writes) in [
        ("residents", true, false),
        ("doses", true, true),
        ("uploads", true, true),
        ("receive-upload", true, true),
        ("load-chunk", true, true),
    ] {
        let own = own_config(&stack, &clients, function);
        let tenant = for_tenant(&stack, &own, function, "131016").await;
        for (config, pk, reads, writes) in [
            (&own, "T#131016#x", false, false),
            (&tenant, "T#131016#x", reads, writes),
            (&tenant, "T#011002#x", false, false),
            (&tenant, "T#1310167#x", false, false),
        ] {
            let client = aws_sdk_dynamodb::Client::new(config);
            let key = client
                .get_item()
                .table_name("records")
                .key("pk", text(pk))
                .key("sk", text("b"));
            assert_eq!(key.send().await.is_ok(), reads, "{function} {pk}");
            let put = client
                .put_item()
                .table_name("records")
                .item("pk", text(pk))
                .item("sk", text("b"));
            assert_eq!(put.send().await.is_ok(), writes, "{function} {pk}");
            #[expect(clippy::disallowed_methods, reason = "the call that nobody may make")]
            let scan = client.scan().table_name("records");
            let refused = code_of!(scan, aws_sdk_dynamodb);
            assert_eq!(refused, "AccessDeniedException", "{function}");
        }
    }
}

#[tokio::test]
async fn a_function_touches_one_municipality_s_folders_and_unwraps_its_keys_only() {
    let (stack, clients) = stack();
    for (function, key, written) in [
        ("uploads", "inbox/131016/residents/a.csv", true),
        ("uploads", "inbox/011002/residents/a.csv", false),
        ("uploads", "unassigned/a.json", false),
        ("receive-upload", "outbox/131016/a.json", true),
        ("receive-upload", "outbox/011002/a.json", false),
        ("receive-upload", "inbox/131016/residents/a.csv", false),
        ("load-chunk", "inbox/131016/residents/a.csv", false),
        ("residents", "outbox/131016/a.json", false),
        ("doses", "outbox/131016/a.json", false),
    ] {
        let own = own_config(&stack, &clients, function);
        let tenant = for_tenant(&stack, &own, function, "131016").await;
        for (config, written) in [(&own, false), (&tenant, written)] {
            let client = aws_sdk_s3::Client::new(config);
            let put = client.put_object().bucket("drop").key(key);
            let put = put.body(ByteStream::from_static(b"x")).send().await;
            assert_eq!(put.is_ok(), written, "{function} {key}");
        }
    }

    let owner = aws_sdk_kms::Client::new(&stack.sdk_config());
    let wrapped = owner
        .generate_data_key_without_plaintext()
        .key_id("records")
        .number_of_bytes(32)
        .encryption_context("tenant", "131016");
    let wrapped = wrapped.send().await.unwrap().ciphertext_blob.unwrap();
    let own = own_config(&stack, &clients, "residents");
    for (code, opened) in [("131016", true), ("011002", false)] {
        let config = for_tenant(&stack, &own, "residents", code).await;
        let client = aws_sdk_kms::Client::new(&config);
        let open = client
            .decrypt()
            .ciphertext_blob(wrapped.clone())
            .encryption_context("tenant", "131016");
        assert_eq!(open.send().await.is_ok(), opened, "{code}");
        let new_key = client
            .generate_data_key_without_plaintext()
            .key_id("records")
            .number_of_bytes(32)
            .encryption_context("tenant", code);
        assert_eq!(code_of!(new_key, aws_sdk_kms), "AccessDeniedException");
    }
}

#[tokio::test]
async fn an_object_is_written_under_the_key_of_its_bucket_or_not_at_all() {
    let (stack, clients) = stack();
    let own = own_config(&stack, &clients, "receive-upload");
    let tenant = for_tenant(&stack, &own, "receive-upload", "131016").await;
    let client = aws_sdk_s3::Client::new(&tenant);
    let files = "arn:aws:kms:ap-northeast-1:000000000000:key/files";
    let storage = "arn:aws:kms:ap-northeast-1:000000000000:key/storage";
    for (kind, key, denied) in [
        (None, None, false),
        (Some("aws:kms"), Some(files), false),
        (Some("AES256"), None, true),
        (Some("aws:kms"), None, true),
        (Some("aws:kms"), Some(storage), true),
        (Some("aws:kms:dsse"), Some(files), true),
    ] {
        let put = client.put_object().bucket("drop").key("outbox/131016/a");
        let put = put
            .set_server_side_encryption(kind.map(Into::into))
            .set_ssekms_key_id(key.map(str::to_owned));
        let put = put.body(ByteStream::from_static(b"x")).send().await;
        let code = put.as_ref().err().and_then(|error| error.code());
        assert_eq!(code == Some("AccessDenied"), denied, "{kind:?} {key:?}");
    }
}

#[tokio::test]
async fn a_role_for_one_municipality_is_taken_by_its_own_function_with_one_code_as_tag() {
    let (stack, clients) = stack();
    let functions = &stack.template().functions;
    for taker in functions {
        let own = own_config(&stack, &clients, &taker.package);
        for of in functions {
            let role = &of.environment["TENANT_ROLE_ARN"];
            let taken = assume(&own, role, &[("tenant", "131016")]).await;
            assert_eq!(
                taken.is_ok(),
                taker.package == of.package,
                "{} {role}",
                taker.package
            );
            assert_eq!(
                assume(&own, &of.role, &[]).await.unwrap_err(),
                "AccessDenied"
            );
        }
        let role = &taker.environment["TENANT_ROLE_ARN"];
        for tags in [
            &[][..],
            &[("tenant", "")],
            &[("tenant", "13101")],
            &[("tenant", "1310167")],
            &[("town", "131016")],
            &[("tenant", "131016"), ("town", "131016")],
        ] {
            let refused = assume(&own, role, tags).await.unwrap_err();
            assert_eq!(refused, "AccessDenied", "{} {tags:?}", taker.package);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_after_an_hour() {
    let (stack, clients) = stack();
    let own = own_config(&stack, &clients, "residents");
    let tenant = for_tenant(&stack, &own, "residents", "131016").await;
    let client = aws_sdk_dynamodb::Client::new(&tenant);
    let get = || {
        let key = client.get_item().table_name("records");
        key.key("pk", text("T#131016#x")).key("sk", text("b"))
    };
    tokio::time::advance(Duration::from_secs(3599)).await;
    get().send().await.unwrap();
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(code_of!(get(), aws_sdk_dynamodb), "ExpiredTokenException");
}
