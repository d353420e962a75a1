//! What the figures stand on: the stand-ins answer as they should, and a rival does the whole job.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;

use bench::cloud::Cloud;
use bench::register::Register;
use bench::rival::Outcome;
use serde_json::{Value, json};

/// Asks the cloud; returns the status and the body.
fn ask(cloud: &Cloud, head: &str, body: &str) -> (u16, String) {
    let environment = cloud.environment();
    let (_, url) = environment
        .iter()
        .find(|(name, _)| name == "AWS_ENDPOINT_URL")
        .unwrap();
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let length = body.len();
    write!(
        stream,
        "{head}\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line).unwrap();
    }
    let mut answer = String::new();
    reader.read_to_string(&mut answer).unwrap();
    (status, answer)
}

fn call(cloud: &Cloud, target: &str, body: &Value) -> (u16, Value) {
    let head = format!("POST / HTTP/1.1\r\nx-amz-target: {target}");
    let (status, answer) = ask(cloud, &head, &body.to_string());
    (status, serde_json::from_str(&answer).unwrap())
}

#[test]
fn residents_and_hints_are_taken_and_counted_and_forgotten() {
    let cloud = Cloud::start().unwrap();
    let put =
        |pk: &str, sk: &str| json!({"PutRequest": {"Item": {"pk": {"S": pk}, "sk": {"S": sk}}}});
    let batch = [
        put("T#131041#R#a", "P"),
        put("T#131041#C#b", "a"),
        put("T#131041#B#c", "a"),
    ];
    let body = json!({"RequestItems": {"records": batch}});
    let answer = call(&cloud, "DynamoDB_20120810.BatchWriteItem", &body);
    assert_eq!(answer, (200, json!({"UnprocessedItems": {}})));
    let written = cloud.take_written();
    assert_eq!(
        (written.residents, written.hints, written.own, written.calls),
        (1, 2, 0, 1)
    );
    let key =
        json!({"TableName": "records", "Key": {"pk": {"S": "T#131041#R#a"}, "sk": {"S": "P"}}});
    assert_eq!(
        call(&cloud, "DynamoDB_20120810.GetItem", &key),
        (200, json!({}))
    );
}

#[test]
fn a_marker_of_who_is_protected_is_counted_and_kept_whatever_it_shares_a_batch_with() {
    let item = |pk: &str, sk: &str| json!({"pk": {"S": pk}, "sk": {"S": sk}});
    let resident = item("T#131041#R#a", "P");
    let marker = item("T#131041#PROTECTED", "a");
    let get = |cloud: &Cloud, key: &Value| {
        let key = json!({"TableName": "records", "Key": key});
        call(cloud, "DynamoDB_20120810.GetItem", &key)
    };
    for batch in [vec![&resident, &marker], vec![&marker]] {
        let cloud = Cloud::start().unwrap();
        let puts: Vec<_> = batch
            .iter()
            .map(|item| json!({"PutRequest": {"Item": item}}))
            .collect();
        let body = json!({"RequestItems": {"records": puts}});
        let answer = call(&cloud, "DynamoDB_20120810.BatchWriteItem", &body);
        assert_eq!(answer, (200, json!({"UnprocessedItems": {}})));
        let written = cloud.take_written();
        let residents = batch.len() as u64 - 1;
        assert_eq!(
            (written.residents, written.markers, written.own),
            (residents, 1, 0)
        );
        assert_eq!(get(&cloud, &resident), (200, json!({})));
        assert_eq!(get(&cloud, &marker), (200, json!({"Item": marker})));
    }
}

#[test]
fn the_own_items_of_a_load_are_kept_and_their_conditions_hold() {
    let cloud = Cloud::start().unwrap();
    let put = json!({
        "TableName": "records",
        "Item": {"pk": {"S": "T#131041#CURRENT"}, "sk": {"S": "CURRENT"}},
        "ConditionExpression": "attribute_not_exists(pk)",
    });
    assert_eq!(call(&cloud, "DynamoDB_20120810.PutItem", &put).0, 200);
    let (status, refusal) = call(&cloud, "DynamoDB_20120810.PutItem", &put);
    assert_eq!(status, 400);
    assert!(
        refusal["__type"]
            .as_str()
            .unwrap()
            .ends_with("ConditionalCheckFailedException")
    );
    assert_eq!(cloud.take_written().own, 2);
}

#[test]
fn objects_are_read_by_version_and_range_and_put_together_from_parts() {
    let cloud = Cloud::start().unwrap();
    let first = cloud.put_object("drop", "a.csv", "first".into());
    cloud.put_object("drop", "a.csv", "second".into());
    let get = |query: &str, range: &str| {
        ask(
            &cloud,
            &format!("GET /drop/a.csv{query} HTTP/1.1\r\nrange: {range}"),
            "",
        )
    };
    assert_eq!(get("", "none"), (200, "second".to_owned()));
    assert_eq!(
        get(&format!("?versionId={first}"), "bytes=1-3"),
        (206, "irs".to_owned())
    );
    assert_eq!(get("", "bytes=9-"), (416, get("", "bytes=9-").1));
    assert_eq!(ask(&cloud, "GET /drop/b.csv HTTP/1.1", "").0, 404);

    let (_, begun) = ask(&cloud, "POST /work/m?uploads HTTP/1.1", "");
    let id = begun
        .split("<UploadId>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    for (number, part) in [(2, "two"), (1, "one")] {
        let head = format!("PUT /work/m?partNumber={number}&uploadId={id} HTTP/1.1");
        assert_eq!(ask(&cloud, &head, part).0, 200);
    }
    assert_eq!(
        ask(&cloud, &format!("POST /work/m?uploadId={id} HTTP/1.1"), "").0,
        200
    );
    assert_eq!(cloud.object("work", "m").unwrap(), "onetwo");
    assert_eq!(cloud.object_keys("work"), ["m"]);
}

#[test]
fn messages_come_out_in_the_order_in_which_they_were_sent() {
    let cloud = Cloud::start().unwrap();
    let entries = [
        json!({"Id": "0", "MessageBody": "a"}),
        json!({"Id": "1", "MessageBody": "b"}),
    ];
    let (status, answer) = call(
        &cloud,
        "AmazonSQS.SendMessageBatch",
        &json!({"QueueUrl": "http://x/0/q", "Entries": entries}),
    );
    assert_eq!(
        (status, answer["Successful"].as_array().unwrap().len()),
        (200, 2)
    );
    assert_eq!(cloud.next_message("other"), None);
    assert_eq!(cloud.next_message("q").as_deref(), Some("a"));
    assert_eq!(cloud.next_message("q").as_deref(), Some("b"));
    assert_eq!(cloud.next_message("q"), None);
}

#[test]
fn the_usual_rust_writes_three_items_for_each_resident() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("residents.csv");
    Register::of(100).write_to(&file).unwrap();
    let cloud = Cloud::start().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .arg("load-usual")
        .arg(&file)
        .envs(cloud.environment())
        .output()
        .unwrap();
    let outcome: Outcome = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (outcome.residents, outcome.refused, outcome.items),
        (100, 0, 300)
    );
    let written = cloud.take_written();
    assert_eq!(
        (written.residents, written.hints, written.calls),
        (100, 200, 12)
    );
}
