//! The list of exports, and what of them is there for how long.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};
use system::{
    file::{Encoding, File, Row},
    town::{CHIYODA, SAPPORO, Town},
};

use super::{export, town};

#[tokio::test(start_paused = true)]
async fn exports_are_listed_newest_first_in_pages_whatever_became_of_them() {
    let town = town().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(export(&town, json!({})).await["id"].clone());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    town.stack.fire("ExportNightly").unwrap();
    town.stack.idle().await;
    let mut listed = Vec::new();
    let mut path = "/exports?limit=2".to_owned();
    loop {
        let page = town.get(CHIYODA, &path).await.json();
        listed.extend(page["exports"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/exports?limit=2&after={next}");
    }
    assert_eq!(listed.len(), 3, "{listed:#?}");
    for (earlier, later) in [(0, 1), (1, 0)].map(|(id, at)| (ids[id].clone(), at)) {
        let asked: Vec<_> = listed.iter().filter(|it| it["origin"] == "asked").collect();
        assert_eq!(asked[later]["id"], earlier);
    }
    let nightly: Vec<_> = listed
        .iter()
        .filter(|it| it["origin"] == "nightly")
        .collect();
    assert_eq!(nightly.len(), 1);
    assert!(listed.iter().all(|it| it["state"] == "published"));
    assert!(
        listed
            .iter()
            .all(|it| it["files"].as_array().unwrap().len() == 5)
    );
    // Sapporo has that of the night, and nothing of Chiyoda's.
    let other = town.get(SAPPORO, "/exports").await.json();
    assert_eq!(other["exports"].as_array().unwrap().len(), 1);
    assert_ne!(other["exports"][0]["id"], nightly[0]["id"]);
    let elsewhere = town.get(SAPPORO, &path).await;
    assert_eq!(
        elsewhere.status, 400,
        "a cursor belongs to its municipality"
    );
    let venue = town.stack.token(CHIYODA, &["doses"], "venue").unwrap();
    assert_eq!(town.ask("GET", "/exports", &venue, None).await.status, 403);
}

#[tokio::test(start_paused = true)]
async fn an_export_whose_files_are_gone_from_the_bucket_stays_listed() {
    let (town, days) = Town::with_days().await;
    let bytes = File::new((1..=5).map(Row::of)).bytes(Encoding::Utf8);
    let dropped = town.take_in(CHIYODA, "first.csv", bytes).await;
    let upload = format!("/uploads/{}", dropped["id"].as_str().unwrap());
    let made = export(&town, json!({})).await;
    let files = |export: &Value| export["files"].as_array().unwrap().len();
    let path = format!("/exports/{}", made["id"].as_str().unwrap());
    for (day, expected) in [(27, 5), (28, 0)] {
        days.store(day, Ordering::SeqCst);
        let old = town.get(CHIYODA, &path).await.json();
        assert_eq!(
            (&old["state"], files(&old)),
            (&json!("published"), expected)
        );
        // So with the receipt of a file; what it says is shown for ever.
        let old = town.get(CHIYODA, &upload).await.json();
        assert_eq!(old["links"]["receipt"].is_null(), expected == 0, "{old:#}");
        assert_eq!(old["state"], "in_force");
    }
    let listed = town.get(CHIYODA, "/exports").await.json();
    assert_eq!(listed["exports"][0]["id"], made["id"]);
}
