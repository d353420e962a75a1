//! Files that lie where no file is expected.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;
use system::{
    file::Encoding,
    town::{BEGINNING, CHIYODA},
};

use super::{assert_register_is_as_before, sound, town};

#[tokio::test(start_paused = true)]
async fn a_file_in_no_municipalitys_folder_gets_a_receipt_for_the_operator() {
    let town = town().await;
    let keys = [
        "inbox/131017/residents/a.csv",
        "inbox/999999/residents/a.csv",
        "inbox/chiyoda/residents/a.csv",
        // A municipality, but one that does not take part.
        "inbox/131024/residents/a.csv",
        "inbox/131024/doses/a.csv",
        "inbox/a.csv",
    ];
    for (count, key) in (1..).zip(keys) {
        town.drop_at(key, sound().bytes(Encoding::Utf8)).await;
        town.stack.idle().await;
        let receipts = town.keys("drop", "unassigned/").await;
        assert_eq!(receipts.len(), count, "{key}");
    }
    for key in town.keys("drop", "unassigned/").await {
        let receipt: Value = serde_json::from_slice(&town.object(&key).await.unwrap()).unwrap();
        assert_eq!(receipt["state"], "refused");
        assert_eq!(receipt["refusal"]["code"], "UNKNOWN_TENANT", "{receipt:#}");
        assert_eq!(receipt["key"], Value::Null, "{receipt:#}");
    }
    assert_eq!(town.dead_letters(), [].into());
    assert_register_is_as_before(&town, "a file in no municipality's folder").await;
}

#[tokio::test(start_paused = true)]
async fn a_file_in_the_wrong_place_of_a_municipalitys_folder_gets_a_receipt_there() {
    let town = town().await;
    let before = town.keys("drop", "outbox/131016/").await.len();
    let keys = [
        "inbox/131016/a.csv",
        "inbox/131016/vaccines/a.csv",
        "inbox/131016/Residents/a.csv",
        "inbox/131016/residents/2021/a.csv",
        "inbox/131016/residents/a.xlsx",
        "inbox/131016/residents/.csv",
        "inbox/131016/住民 4月/a.csv",
    ];
    for key in keys {
        town.drop_at(key, sound().bytes(Encoding::Utf8)).await;
    }
    town.stack.idle().await;
    let mut refused = BTreeSet::new();
    for key in town.keys("drop", "outbox/131016/").await {
        let receipt: Value = serde_json::from_slice(&town.object(&key).await.unwrap()).unwrap();
        if receipt["refusal"]["code"] == "UNKNOWN_KIND" {
            assert_eq!(receipt["state"], "refused");
            let at: Timestamp = receipt["dropped_at"].as_str().unwrap().parse().unwrap();
            assert!(at >= BEGINNING.parse::<Timestamp>().unwrap(), "{at}");
            refused.insert(receipt["key"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(refused, keys.map(str::to_owned).into());
    assert_eq!(
        town.keys("drop", "outbox/131016/").await.len(),
        before + keys.len()
    );
    assert_eq!(town.dead_letters(), [].into());
    assert_register_is_as_before(&town, "a file in the wrong place").await;
    // What lies in the folder of a kind is listed with all others.
    let mut uploads = town.uploads(CHIYODA).await;
    uploads.retain(|it| it["state"] == "refused");
    let listed = uploads.iter().map(|it| it["key"].as_str().unwrap());
    let of_a_kind = |key: &&str| key.starts_with("inbox/131016/residents/");
    let expected: BTreeSet<&str> = keys.into_iter().filter(of_a_kind).collect();
    assert_eq!(listed.collect::<BTreeSet<_>>(), expected);
    assert_eq!(expected.len(), 3);
    for upload in &uploads {
        assert_eq!(upload["rows"]["in"], 0, "nothing of it is read: {upload:#}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_whose_name_holds_a_my_number_is_refused_unread_and_nothing_repeats_it() {
    let town = town().await;
    let keys = [
        ("inbox/131016/residents/983205673214.csv", true),
        ("inbox/131016/doses/d_９８３２０５６７３２１４.csv", true),
        ("inbox/131016/inquiries/983205673214/a.csv", true),
        ("inbox/131016/983205673214.csv", false),
        ("inbox/131016/983205673214/residents.csv", false),
    ];
    for (key, is_listed) in keys {
        let dropped = town.drop_at(key, sound().bytes(Encoding::Utf8)).await;
        town.stack.idle().await;
        let id = objects::upload_of("drop", key, &dropped.version).to_string();
        let receipt = town.receipt_of(CHIYODA, &id).await;
        assert_refused_whole_unread(&receipt, key);
        let listed = town.uploads(CHIYODA).await;
        let upload = listed.iter().find(|it| it["id"] == id.as_str());
        assert_eq!(upload.is_some(), is_listed, "{key}");
        for said in upload.into_iter().chain([&receipt]) {
            let said = said.to_string();
            assert!(said.contains("************"), "{key}: {said}");
            assert!(!said.contains("983205673214"), "{key}: {said}");
            assert!(!said.contains("９８３２０５６７３２１４"), "{key}: {said}");
        }
    }
    for key in town.keys("drop", "outbox/").await {
        assert!(!key.contains("983205673214"), "{key}");
    }
    assert_eq!(town.dead_letters(), [].into());
    assert_register_is_as_before(&town, "a My Number in a name").await;
    // Digits that are no My Number are none of our business.
    let receipt = town
        .take_in(
            CHIYODA,
            "residents_20210401123000.csv",
            sound().bytes(Encoding::Utf8),
        )
        .await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
}

fn assert_refused_whole_unread(receipt: &Value, key: &str) {
    assert_eq!(receipt["state"], "refused", "{key}: {receipt:#}");
    let refusal = &receipt["refusal"];
    assert_eq!(refusal["code"], "NAME_HAS_MY_NUMBER", "{key}: {receipt:#}");
    let ja = refusal["ja"].as_str().unwrap();
    assert!(ja.ends_with("ください。"), "{key}: {ja}");
    assert_eq!(receipt["rows"]["in"].as_u64().unwrap_or(0), 0, "{key}");
}

#[tokio::test(start_paused = true)]
async fn a_folder_made_by_a_console_is_no_file() {
    let town = town().await;
    for key in ["inbox/131016/", "inbox/131016/residents/", "inbox/999999/"] {
        town.drop_at(key, "").await;
    }
    town.stack.idle().await;
    assert_eq!(town.keys("drop", "unassigned/").await, [""; 0]);
    assert_eq!(town.uploads(CHIYODA).await.len(), 1);
    assert_eq!(town.dead_letters(), [].into());
}
