//! What a check leaves of a file's rows: only a hint to what need not be read again, and sealed.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use system::{
    gate::{Gate, Step},
    town::{CHIYODA, Town},
};

use crate::register::{assert_in_force, bytes, counts, people, town};

/// Some three rows.
const SMALL: u32 = 250;

/// Where the only upload's chunks stand in the table.
async fn chunks(town: &Town) -> Vec<(String, String)> {
    let keys = town.items().await.into_keys();
    keys.filter(|(_, sk)| sk.starts_with("CHUNK#")).collect()
}

async fn change(town: &Town, (pk, sk): &(String, String), update: &str, value: Option<&str>) {
    let (pk, sk) = (pk.clone(), sk.clone());
    let table = town.dynamodb();
    let request = table.update_item().table_name("records");
    let request = request
        .key("pk", AttributeValue::S(pk))
        .key("sk", AttributeValue::S(sk))
        .update_expression(update);
    let value = value.map(|it| (":v".to_owned(), AttributeValue::S(it.to_owned())));
    let values = request.set_expression_attribute_values(value.map(|it| [it].into()));
    values.send().await.unwrap();
}

async fn rows_of(town: &Town, key: &str) -> Vec<u8> {
    let object = town.s3().get_object().bucket("work").key(key);
    let object = object.send().await.unwrap();
    object.body.collect().await.unwrap().to_vec()
}

#[tokio::test(start_paused = true)]
async fn an_upload_whose_check_left_no_rows_is_read_again_and_loads_the_same() {
    let mut checked = 0;
    // Stops before the first call of each load: its chunks are planned, and none is looked at.
    let gate = Gate::new(move |call| {
        let checks = call.function == "receive-upload" && call.operation == "PUT";
        if checks && call.path.contains("/rows/") {
            checked += 1;
        }
        let reads = call.function == "load-chunk" && call.path.contains("/rows/");
        assert!(!reads, "nothing may be read that is not there");
        if call.function == "load-chunk" && checked > 0 {
            checked = 0;
            return Step::Wait;
        }
        Step::Go
    });
    let town = town(&gate, SMALL).await;
    let rows = people(1..30, false);
    let dropped = town.drop_file(CHIYODA, "a.csv", bytes(&rows)).await;
    gate.reached().await;
    let chunks = chunks(&town).await;
    assert!(chunks.len() > 5, "several chunks");
    for chunk in &chunks {
        change(&town, chunk, "REMOVE rows_version", None).await;
    }
    gate.open();
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(counts(&receipt), [29, 29, 0, 0, 0, 0]);
    assert_in_force(&town, 1, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn rows_of_another_chunk_do_not_open_and_nothing_of_them_is_loaded() {
    let gate = Gate::once(Step::Wait, |call| call.function == "load-chunk");
    let town = town(&gate, SMALL).await;
    let rows = people(1..30, false);
    town.drop_file(CHIYODA, "a.csv", bytes(&rows)).await;
    gate.reached().await;
    let objects = town.keys("work", &format!("rows/{CHIYODA}/")).await;
    let chunks = chunks(&town).await;
    assert_eq!(objects.len(), chunks.len(), "an object for each chunk");
    let (first, second) = (&objects[0], &objects[1]);
    let moved = rows_of(&town, second).await;
    let put = town.s3().put_object().bucket("work").key(first);
    let put = put.body(ByteStream::from(moved)).send().await.unwrap();
    let number: usize = first.rsplit('/').next().unwrap().parse().unwrap();
    let version = put.version_id();
    change(&town, &chunks[number], "SET rows_version = :v", version).await;
    gate.open();
    town.stack.idle().await;
    assert_eq!(
        town.dead_letters()["loads-dead-letters"],
        1,
        "that chunk alone"
    );
    let upload = town.uploads(CHIYODA).await.remove(0);
    assert_eq!(upload["state"], "loading", "it never comes into force");
    let nobody = town.resident(CHIYODA, rows[0].cell("個別宛名番号")).await;
    assert_eq!(nobody, None);
}
