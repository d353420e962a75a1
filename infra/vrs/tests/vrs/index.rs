//! The index of holders, held against the records and made anew.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::command::{Ran, vrs};
use crate::served::Served;

pub(crate) fn client(url: &str) -> Client {
    let credentials = Credentials::new("local", "local", None, None, "test");
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("ap-northeast-1"))
        .credentials_provider(credentials)
        .endpoint_url(url);
    Client::from_conf(config.build())
}

/// Takes one entry away, and lets another lead to nobody.
pub(crate) async fn damage(holders: &Client) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the owner of a stack of one municipality; no role may"
    )]
    let found = holders.scan().table_name("holders").send().await.unwrap();
    let [first, second, ..] = found.items() else {
        panic!("nobody is in the index");
    };
    holders
        .delete_item()
        .table_name("holders")
        .key("pk", first["pk"].clone())
        .key("sk", first["sk"].clone())
        .send()
        .await
        .unwrap();
    let mut wrong = second.clone();
    let nobody = AttributeValue::B(Blob::new(vec![7; 60]));
    wrong.insert("sealed".to_owned(), nobody);
    let put = holders.put_item().table_name("holders");
    put.set_item(Some(wrong)).send().await.unwrap();
}

#[test]
fn what_is_missing_or_wrong_in_the_index_is_found_and_put_anew() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let served = Served::start(folder);
    let (api, s3, dynamodb) = (&served.api, &served.s3, &served.dynamodb);
    let ok = |ran: Ran| assert_eq!(ran.code, Some(0), "{}", ran.err);
    ok(vrs(
        folder,
        &["tenant", "add", "131016", "--dynamodb", dynamodb],
    ));
    ok(vrs(
        folder,
        &["generate", "--tenant", "131016", "--residents", "50"],
    ));
    let file = "residents_20210401.csv";
    ok(vrs(
        folder,
        &[
            "upload", file, "--tenant", "131016", "--api", api, "--s3", s3,
        ],
    ));
    let rebuild = |more: &[&str]| {
        let at = [
            "index",
            "rebuild",
            "--dynamodb",
            dynamodb,
            "--s3",
            s3,
            "--kms-per-second",
            "0",
        ];
        vrs(folder, &[&at[..], more].concat())
    };
    // The index follows the register within seconds.
    let mut checked = rebuild(&["--check"]);
    for _ in 0..100 {
        if checked.code == Some(0) {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
        checked = rebuild(&["--check"]);
    }
    assert!(checked.out.contains("50 residents"), "{}", checked.out);
    assert!(
        checked.out.contains("0 missing, 0 wrong"),
        "{}",
        checked.out
    );

    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(damage(&client(dynamodb)));
    let damaged = rebuild(&["--check"]);
    assert_eq!(damaged.code, Some(1));
    assert!(
        damaged.out.contains("1 missing, 1 wrong"),
        "{}",
        damaged.out
    );
    ok(rebuild(&["--tenant", "131016"]));
    let mended = rebuild(&["--check"]);
    assert_eq!(mended.code, Some(0), "{}", mended.err);
    assert!(mended.out.contains("0 missing, 0 wrong"), "{}", mended.out);
}
