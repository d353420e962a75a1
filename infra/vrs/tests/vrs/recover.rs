//! What a recovery does for everybody though the files of one municipality have to wait.

use std::time::Duration;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};

use crate::command::{Ran, vrs};
use crate::index::{client, damage};
use crate::served::Served;

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
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let served = Served::start(folder);
    let (api, s3, dynamodb) = (&served.api, &served.s3, &served.dynamodb);
    let ok = |ran: Ran| assert_eq!(ran.code, Some(0), "{}", ran.err);
    let tenant = ["--tenant", "131016"];
    let add = ["tenant", "add", "131016", "--dynamodb", dynamodb];
    ok(vrs(folder, &add));
    let generate = [&["generate", "--residents", "50"], &tenant[..]].concat();
    ok(vrs(folder, &generate));
    let upload = ["upload", "residents_20210401.csv", "--api", api, "--s3", s3];
    ok(vrs(folder, &[&upload, &tenant[..]].concat()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(drop_for_sapporo(s3));

    let places = ["--dynamodb", dynamodb, "--s3", s3, "--kms-per-second", "0"];
    let rebuild = |more: &[&str]| vrs(folder, &[&["index", "rebuild"], &places[..], more].concat());
    // The index follows the register within seconds.
    let follows = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(200));
        rebuild(&["--check"]).code == Some(0)
    });
    assert!(follows);
    runtime.block_on(damage(&client(dynamodb)));

    let (uploads, loads) = (queue(dynamodb, "uploads"), queue(dynamodb, "loads"));
    let since = ["recover", "--since", "2021-04-12T00:00:00Z"];
    let queues = ["--uploads", uploads.as_str(), "--loads", loads.as_str()];
    let recovered = vrs(folder, &[&since, &queues[..], &places[..]].concat());
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
    let checked = rebuild(&["--check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.out);
}

pub(crate) fn queue(dynamodb: &str, name: &str) -> String {
    format!("{dynamodb}/000000000000/{name}")
}
