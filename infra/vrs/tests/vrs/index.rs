//! The index of holders, held against the records and made anew.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::command::Ran;
use crate::operator::Operator;

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
    let operator = Operator::of(&["131016"]);
    operator.load("131016", "50");
    let checked = operator.followed();
    assert!(checked.out.contains("50 residents"), "{}", checked.out);
    assert!(
        checked.out.contains("0 missing, 0 wrong"),
        "{}",
        checked.out
    );

    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(damage(&client(&operator.served.dynamodb)));
    let damaged = operator.rebuild(&["--check"]);
    assert_eq!(damaged.code, Some(1));
    assert!(
        damaged.out.contains("1 missing, 1 wrong"),
        "{}",
        damaged.out
    );
    let rebuilt = operator.rebuild(&["--tenant", "131016"]);
    assert_eq!(rebuilt.code, Some(0), "{}", rebuilt.err);
    let mended = operator.rebuild(&["--check"]);
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
    let operator = Operator::of(&["011002", "131016", "131024"]);
    for code in ["131016", "131024"] {
        operator.load(code, "20");
    }
    operator.followed();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tag = runtime.block_on(spoil(&client(&operator.served.dynamodb)));

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
    says(&operator.rebuild(&["--check"]), "all     40 residents");
    // Nor do they keep the logs from being checked.
    let recovered = operator.recover("2099-01-01T00:00:00Z");
    says(&recovered, "numbers and hashes are sound");
}
