//! The index of holders, held against the records and made anew.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::command::{Ran, vrs};
use crate::recover::queue;
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

/// What is sealed of one of Chiyoda's residents opens no more, nor do Sapporo's keys. Whose record it is.
async fn spoil(records: &Client) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the owner of a stack of three municipalities; no role may"
    )]
    let found = records.scan().table_name("records").send().await.unwrap();
    let of = |prefix: &str, sort: &str| {
        let is_of = |name: &str| name.starts_with(prefix);
        let mut items = found.items().iter();
        let item =
            items.find(|it| is_of(it["pk"].as_s().unwrap()) && it["sk"].as_s().unwrap() == sort);
        item.unwrap().clone()
    };
    let mut resident = of("T#131016#R#", "P");
    let tag = resident["pk"].as_s().unwrap().rsplit('#').next().unwrap();
    let tag = tag.to_owned();
    let garbage = || AttributeValue::B(Blob::new(vec![7; 60]));
    let Some(AttributeValue::M(slot)) = resident.get_mut("newest") else {
        panic!("a resident has a slot");
    };
    slot.insert("m".to_owned(), garbage());
    let mut key = of("T#011002#TENANT", "KEY#001");
    key.insert("wrapped_key".to_owned(), garbage());
    for item in [resident, key] {
        let put = records.put_item().table_name("records");
        put.set_item(Some(item)).send().await.unwrap();
    }
    tag
}

#[test]
fn a_record_or_a_municipality_that_cannot_be_read_is_named_and_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let served = Served::start(folder);
    let (api, s3, dynamodb) = (&served.api, &served.s3, &served.dynamodb);
    let ok = |ran: Ran| assert_eq!(ran.code, Some(0), "{}", ran.err);
    for code in ["011002", "131016", "131024"] {
        ok(vrs(
            folder,
            &["tenant", "add", code, "--dynamodb", dynamodb],
        ));
    }
    for code in ["131016", "131024"] {
        let of = ["--tenant", code];
        let generate = ["generate", "--residents", "20", "--out", "residents.csv"];
        ok(vrs(folder, &[&generate, &of[..]].concat()));
        let upload = ["upload", "residents.csv", "--api", api, "--s3", s3];
        ok(vrs(folder, &[&upload, &of[..]].concat()));
    }
    let places = ["--dynamodb", dynamodb, "--s3", s3, "--kms-per-second", "0"];
    let rebuild = |more: &[&str]| vrs(folder, &[&["index", "rebuild"], &places[..], more].concat());
    // The index follows the registers within seconds.
    let follows = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(200));
        rebuild(&["--check"]).code == Some(0)
    });
    assert!(follows);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tag = runtime.block_on(spoil(&client(dynamodb)));

    let unreadable =
        format!("131016: resident {tag} cannot be read: sealed resident\n131016  20 residents");
    let left = "1 municipalities failed; 1 residents cannot be read";
    let says = |ran: &Ran, more: &str| {
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        for said in [
            "011002  failed: ",
            unreadable.as_str(),
            "131024  20 residents",
            more,
        ] {
            assert!(ran.out.contains(said), "{said}: {}", ran.out);
        }
        assert!(ran.err.contains(left), "{}", ran.err);
    };
    says(&rebuild(&["--check"]), "all     40 residents");
    // Nor do they keep the logs from being checked.
    let (uploads, loads) = (queue(dynamodb, "uploads"), queue(dynamodb, "loads"));
    let since = ["recover", "--since", "2099-01-01T00:00:00Z"];
    let queues = ["--uploads", uploads.as_str(), "--loads", loads.as_str()];
    let recovered = vrs(folder, &[&since, &queues[..], &places[..]].concat());
    says(&recovered, "numbers and hashes are sound");
}
