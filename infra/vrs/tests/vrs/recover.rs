//! What a recovery does for everybody though the files of one municipality have to wait.

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};

use crate::index::{client, damage};
use crate::operator::Operator;

/// A file in the inbox of a municipality that takes no part.
async fn drop_for_sapporo(s3: &str) {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("ap-northeast-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(s3)
        .force_path_style(true);
    let put = aws_sdk_s3::Client::from_conf(config.build()).put_object();
    let put = put.bucket("drop").key("inbox/011002/residents/first.csv");
    put.body(b"x".to_vec().into()).send().await.unwrap();
}

#[test]
fn a_municipality_that_nobody_enters_again_keeps_no_other_from_its_index() {
    let operator = Operator::of(&["131016"]);
    operator.load("131016", "50");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(drop_for_sapporo(&operator.served.s3));
    operator.followed();
    runtime.block_on(damage(&client(&operator.served.dynamodb)));

    let recovered = operator.recover("2021-04-12T00:00:00Z");
    assert_eq!(recovered.code, Some(1), "{}", recovered.out);
    for said in [
        "011002 does not take part",
        "1 in_force",
        "1 missing, 1 wrong",
        "the logs of inquiries:",
    ] {
        assert!(recovered.out.contains(said), "{said}: {}", recovered.out);
    }
    let left = "1 municipalities have files and do not take part, see above";
    assert!(recovered.err.contains(left), "{}", recovered.err);
    let checked = operator.rebuild(&["--check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.out);
}
