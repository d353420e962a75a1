use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, Put, PutRequest,
    ReturnValuesOnConditionCheckFailure::AllOld, TransactWriteItem, WriteRequest,
};

use crate::{code_of, world};

const TABLE: &str = "records";

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn item(pk: &str, sk: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

#[tokio::test]
async fn a_refused_condition_shows_the_item_that_is_there() {
    let stack = world::in_memory();
    let client = world::dynamodb(&stack);
    let put = || {
        client
            .put_item()
            .table_name(TABLE)
            .set_item(Some(item("T#131016#X", "1")))
            .item("n", AttributeValue::N("7".to_owned()))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(AllOld)
    };
    put().send().await.unwrap();
    let error = put().send().await.unwrap_err().into_service_error();
    assert!(error.is_conditional_check_failed_exception());
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(it) =
        error
    else {
        panic!("another error");
    };
    assert_eq!(it.item().unwrap()["n"], AttributeValue::N("7".to_owned()));
}

#[tokio::test]
async fn a_cancelled_transaction_says_which_part_failed_and_writes_nothing() {
    let stack = world::in_memory();
    let client = world::dynamodb(&stack);
    let put = |sk: &str| {
        let put = Put::builder()
            .table_name(TABLE)
            .set_item(Some(item("T#131016#X", sk)))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(AllOld)
            .build()
            .unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    client
        .transact_write_items()
        .transact_items(put("1"))
        .send()
        .await
        .unwrap();
    let both = client
        .transact_write_items()
        .transact_items(put("2"))
        .transact_items(put("1"));
    let error = both.send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(it) = error else {
        panic!("another error");
    };
    let codes: Vec<_> = it
        .cancellation_reasons()
        .iter()
        .map(|it| it.code().unwrap())
        .collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    assert!(it.cancellation_reasons()[1].item().is_some());
    let left = client
        .get_item()
        .table_name(TABLE)
        .set_key(Some(item("T#131016#X", "2")));
    assert!(left.send().await.unwrap().item().is_none());
}

#[tokio::test]
async fn batches_are_written_and_read() {
    let stack = world::in_memory();
    let client = world::dynamodb(&stack);
    let keys: Vec<_> = (0..25)
        .map(|n| item("T#131016#X", &format!("{n:02}")))
        .collect();
    let write = |item: &HashMap<_, _>| {
        let put = PutRequest::builder()
            .set_item(Some(item.clone()))
            .build()
            .unwrap();
        WriteRequest::builder().put_request(put).build()
    };
    let requests = keys.iter().map(write).collect();
    let written = client
        .batch_write_item()
        .request_items(TABLE, requests)
        .send()
        .await
        .unwrap();
    assert!(written.unprocessed_items().unwrap().is_empty());

    let wanted = KeysAndAttributes::builder()
        .set_keys(Some(keys.clone()))
        .build()
        .unwrap();
    let read = client
        .batch_get_item()
        .request_items(TABLE, wanted)
        .send()
        .await
        .unwrap();
    assert_eq!(read.responses().unwrap()[TABLE].len(), 25);

    let found = client
        .query()
        .table_name(TABLE)
        .key_condition_expression("pk = :pk AND sk >= :sk")
        .expression_attribute_values(":pk", text("T#131016#X"))
        .expression_attribute_values(":sk", text("20"))
        .limit(3)
        .send()
        .await
        .unwrap();
    assert_eq!(found.count(), 3);
    assert_eq!(found.last_evaluated_key().unwrap()["sk"], text("22"));
}

#[tokio::test]
async fn faults_of_the_caller_are_named() {
    let stack = world::in_memory();
    let client = world::dynamodb(&stack);
    let none = client
        .get_item()
        .table_name("none")
        .set_key(Some(item("a", "b")));
    assert_eq!(
        code_of!(none, aws_sdk_dynamodb),
        "ResourceNotFoundException"
    );
    let half = client.get_item().table_name(TABLE).key("pk", text("a"));
    assert_eq!(code_of!(half, aws_sdk_dynamodb), "ValidationException");
    let backup = client.create_backup().table_name(TABLE).backup_name("b");
    assert_eq!(
        code_of!(backup, aws_sdk_dynamodb),
        "UnknownOperationException"
    );
}

#[tokio::test(start_paused = true)]
async fn an_item_goes_when_its_time_is_up() {
    let stack = world::in_memory();
    let client = world::dynamodb(&stack);
    let second = "2021-04-12T00:10:00Z"
        .parse::<jiff::Timestamp>()
        .unwrap()
        .as_second();
    let put = client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(item("T#131016#X", "1")));
    put.item("ttl", AttributeValue::N(second.to_string()))
        .send()
        .await
        .unwrap();
    let there = async || {
        let get = client
            .get_item()
            .table_name(TABLE)
            .set_key(Some(item("T#131016#X", "1")));
        get.send().await.unwrap().item().is_some()
    };
    tokio::time::sleep(std::time::Duration::from_mins(9)).await;
    assert!(there().await);
    tokio::time::sleep(std::time::Duration::from_mins(3)).await;
    assert!(!there().await);
}
