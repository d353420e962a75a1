//! A folder after the death of its process.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use aws_sdk_dynamodb::types::AttributeValue;
use local::{LocalStack, Options, sqs::Depth};

use crate::world;

const DEAD: &str = "https://x/loads-dead-letters";
/// Tells the child test where to write. Only this pair of tests uses it.
const FOLDER: &str = "VRS_TEST_FOLDER";

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// Writes an item and sends a message again and again, and says so once it is answered.
#[tokio::test]
#[ignore = "the other half of `a_killed_process_loses_nothing_that_was_answered`"]
async fn child_writes_until_it_is_killed() {
    #[expect(
        clippy::disallowed_methods,
        reason = "how a test speaks to a process of its own"
    )]
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let stack = world::in_folder(folder.as_ref());
    let (dynamodb, sqs) = (world::dynamodb(&stack), world::sqs(&stack));
    for number in 0.. {
        let item = dynamodb
            .put_item()
            .table_name("records")
            .item("pk", text("T#131016#X"));
        item.item("sk", text(format!("{number:06}")))
            .send()
            .await
            .unwrap();
        let message = sqs
            .send_message()
            .queue_url(DEAD)
            .message_body(number.to_string());
        message.send().await.unwrap();
        println!("answered {number}");
    }
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "restart::child_writes_until_it_is_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let answered = lines
        .map_while(Result::ok)
        .filter(|line| line.starts_with("answered"));
    let answered = answered.take(200).count();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answered, 200);

    let stack = world::in_folder(folder.path());
    let found = world::dynamodb(&stack)
        .query()
        .table_name("records")
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", text("T#131016#X"))
        .send()
        .await
        .unwrap();
    assert!(found.count() >= 200, "{} items", found.count());
    let left = stack.services().sqs.depth("loads-dead-letters").unwrap();
    assert!(left.visible >= 200, "{left:?}");
}

#[tokio::test]
async fn what_was_handed_out_is_visible_at_once_after_a_restart_and_still_counted() {
    let folder = tempfile::tempdir().unwrap();
    let stack = world::in_folder(folder.path());
    let client = world::sqs(&stack);
    for body in ["a", "b", "c"] {
        client
            .send_message()
            .queue_url(DEAD)
            .message_body(body)
            .send()
            .await
            .unwrap();
    }
    let two = client
        .receive_message()
        .queue_url(DEAD)
        .max_number_of_messages(2);
    let two = two.send().await.unwrap().messages.unwrap();
    let receipt = two[0].receipt_handle().unwrap();
    client
        .delete_message()
        .queue_url(DEAD)
        .receipt_handle(receipt)
        .send()
        .await
        .unwrap();
    drop(client);
    stack.kill().await;

    let stack = world::in_folder(folder.path());
    let depth = || stack.services().sqs.depth("loads-dead-letters").unwrap();
    assert_eq!(
        depth(),
        Depth {
            visible: 2,
            hidden: 0
        }
    );
    let rest = world::sqs(&stack)
        .receive_message()
        .queue_url(DEAD)
        .max_number_of_messages(10);
    let rest = rest
        .message_system_attribute_names(aws_sdk_sqs::types::MessageSystemAttributeName::All)
        .send()
        .await
        .unwrap();
    let count = aws_sdk_sqs::types::MessageSystemAttributeName::ApproximateReceiveCount;
    let counts: Vec<_> = rest
        .messages()
        .iter()
        .map(|it| {
            (
                it.body().unwrap(),
                it.attributes().unwrap()[&count].as_str(),
            )
        })
        .collect();
    assert_eq!(counts, [("b", "2"), ("c", "1")]);
}

#[tokio::test]
async fn a_folder_has_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let first = world::in_folder(folder.path());
    let again = || {
        let data = Some(folder.path().to_owned());
        LocalStack::start(Options {
            data,
            ..Options::default()
        })
    };
    let Err(error) = again() else {
        panic!("two stacks on one folder")
    };
    assert!(error.to_string().contains("another process"), "{error}");
    first.stop().await;
    again().unwrap();
}

#[tokio::test]
async fn tokens_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let stack = world::in_folder(folder.path());
    let token = stack.token("131016", &["read"], "someone").unwrap();
    stack.stop().await;
    let stack = world::in_folder(folder.path());
    let now = runtime::system_clock();
    assert!(stack.issuer().verify(&token, now).is_ok());
}
