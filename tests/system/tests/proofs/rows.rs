//! What a check leaves of a file's rows: only a hint to what need not be read again, and sealed.

use aws_sdk_dynamodb::types::AttributeValue;
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

#[tokio::test(start_paused = true)]
async fn an_upload_whose_check_left_no_rows_is_read_again_and_loads_the_same() {
    let mut checked = 0;
    // Stops before the first call of each load: its chunks are planned, and none is looked at.
    let gate = Gate::new(move |call| {
        let checks = call.function == "receive-upload" && call.operation == "PUT";
        if checks && call.path.contains("/rows/") {
            checked += 1;
        }
        if call.function == "load-chunk" && call.path.contains("/rows/") {
            panic!("nothing may be read that is not there");
        }
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
