//! Whoever dropped a file of inquiries sees how far it is.

use serde_json::{Value, json};
use system::{
    gate::{Gate, Step},
    town::CHIYODA,
};

use super::{
    bulk::{HEADER, line, rows},
    world::{World, person},
};

#[tokio::test(start_paused = true)]
async fn whoever_looks_on_sees_how_many_rows_are_asked() {
    // The host's worker dies before it has the file.
    let gate = Gate::once(Step::Die, |call| {
        call.function == "ask-inquiries" && call.body.contains("UPLOAD")
    });
    let world = World::behind(&gate).await;
    let town = &world.town;
    let lines: Vec<_> = (1..=18)
        .map(|it| line(&format!("A-{it}"), &person(it), &format!("B-{it}")))
        .collect();
    let key = format!("inbox/{CHIYODA}/inquiries/a.csv");
    let dropped = town
        .drop_at(&key, HEADER.to_owned() + &lines.concat())
        .await;
    gate.reached().await;
    let upload = town.uploads(CHIYODA).await.remove(0)["id"].take();
    let upload = upload.as_str().unwrap();
    let message = json!({ "tenant": CHIYODA, "upload": upload });
    let seen = town
        .rows_seen_of(CHIYODA, "ask-inquiries", upload, &message)
        .await;
    assert!(seen < 18, "{seen}");
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(rows(&receipt), [18, 18, 0], "{receipt:#}");
    assert_eq!(town.under_way(CHIYODA, upload).await, Value::Null);
}
