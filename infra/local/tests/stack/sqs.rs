use std::time::Duration;

use aws_sdk_sqs::{
    Client,
    types::{Message, MessageSystemAttributeName, QueueAttributeName},
};
use local::{LocalStack, sqs::Depth};

use crate::{code_of, world};

/// A queue that feeds no function: whatever is in it stays.
const DEAD: &str = "https://sqs.ap-northeast-1.amazonaws.com/000000000000/loads-dead-letters";
/// 1,080 s of visibility, given up after 5 receives. In these tests nothing feeds from it.
const LOADS: &str = "https://sqs.ap-northeast-1.amazonaws.com/000000000000/loads";

/// The queues alone: no function takes the messages away.
fn queues() -> (LocalStack, Client) {
    let stack = world::in_memory();
    let client = world::sqs(&stack);
    (stack, client)
}

async fn send(client: &Client, queue: &str, body: &str) {
    client
        .send_message()
        .queue_url(queue)
        .message_body(body)
        .send()
        .await
        .unwrap();
}

async fn receive(client: &Client, queue: &str) -> Option<Message> {
    let call = client
        .receive_message()
        .queue_url(queue)
        .message_system_attribute_names(MessageSystemAttributeName::All);
    call.send()
        .await
        .unwrap()
        .messages
        .unwrap_or_default()
        .pop()
}

#[tokio::test(start_paused = true)]
async fn a_received_message_is_hidden_and_comes_back() {
    let (_stack, client) = queues();
    send(&client, DEAD, "a").await;
    let first = receive(&client, DEAD).await.unwrap();
    assert_eq!(first.body(), Some("a"));
    assert!(receive(&client, DEAD).await.is_none());
    tokio::time::sleep(Duration::from_secs(31)).await;
    let second = receive(&client, DEAD).await.unwrap();
    assert_eq!(second.message_id(), first.message_id());
    let count = &second.attributes().unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount];
    assert_eq!(count, "2");
}

#[tokio::test(start_paused = true)]
async fn the_receipt_of_an_earlier_delivery_deletes_nothing() {
    let (stack, client) = queues();
    send(&client, DEAD, "a").await;
    let first = receive(&client, DEAD).await.unwrap();
    tokio::time::sleep(Duration::from_secs(31)).await;
    let second = receive(&client, DEAD).await.unwrap();
    let delete = |message: &Message| {
        let receipt = message.receipt_handle().unwrap();
        client
            .delete_message()
            .queue_url(DEAD)
            .receipt_handle(receipt)
            .send()
    };
    let depth = || stack.services().sqs.depth("loads-dead-letters").unwrap();
    delete(&first).await.unwrap();
    assert_eq!(
        depth(),
        Depth {
            visible: 0,
            hidden: 1
        }
    );
    delete(&second).await.unwrap();
    assert_eq!(
        depth(),
        Depth {
            visible: 0,
            hidden: 0
        }
    );
}

#[tokio::test(start_paused = true)]
async fn visibility_can_be_shortened_and_lengthened() {
    let (_stack, client) = queues();
    send(&client, DEAD, "a").await;
    let hide = |message: &Message, seconds| {
        let receipt = message.receipt_handle().unwrap();
        let call = client
            .change_message_visibility()
            .queue_url(DEAD)
            .receipt_handle(receipt);
        call.visibility_timeout(seconds).send()
    };
    let message = receive(&client, DEAD).await.unwrap();
    hide(&message, 100).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(receive(&client, DEAD).await.is_none());
    hide(&message, 0).await.unwrap();
    assert!(receive(&client, DEAD).await.is_some());
    let late = client
        .change_message_visibility()
        .queue_url(DEAD)
        .visibility_timeout(1);
    let late = late.receipt_handle(message.receipt_handle().unwrap());
    assert_eq!(code_of!(late, aws_sdk_sqs), "MessageNotInflight");
}

#[tokio::test(start_paused = true)]
async fn a_delayed_message_waits_and_a_waiting_receiver_gets_it() {
    let (_stack, client) = queues();
    let delayed = client
        .send_message()
        .queue_url(DEAD)
        .message_body("a")
        .delay_seconds(8);
    delayed.send().await.unwrap();
    assert!(receive(&client, DEAD).await.is_none());
    let before = tokio::time::Instant::now();
    let call = client
        .receive_message()
        .queue_url(DEAD)
        .wait_time_seconds(9);
    assert_eq!(call.send().await.unwrap().messages().len(), 1);
    assert!(before.elapsed() >= Duration::from_secs(8));
}

#[tokio::test(start_paused = true)]
async fn what_no_function_can_deal_with_ends_among_the_dead_letters_and_can_be_sent_again() {
    let (stack, client) = queues();
    send(&client, LOADS, "no message of ours").await;
    stack.idle().await;
    let depth = |queue| stack.services().sqs.depth(queue).unwrap();
    assert_eq!(
        depth("loads"),
        Depth {
            visible: 0,
            hidden: 0
        }
    );
    assert_eq!(
        depth("loads-dead-letters"),
        Depth {
            visible: 1,
            hidden: 0
        }
    );

    let arn = "arn:aws:sqs:ap-northeast-1:000000000000:loads-dead-letters";
    client
        .start_message_move_task()
        .source_arn(arn)
        .send()
        .await
        .unwrap();
    assert_eq!(
        depth("loads-dead-letters"),
        Depth {
            visible: 0,
            hidden: 0
        }
    );
    stack.idle().await;
    assert_eq!(
        depth("loads-dead-letters"),
        Depth {
            visible: 1,
            hidden: 0
        }
    );
}

#[tokio::test]
async fn a_queue_tells_what_it_holds() {
    let (_stack, client) = queues();
    send(&client, DEAD, "a").await;
    send(&client, DEAD, "b").await;
    receive(&client, DEAD).await.unwrap();
    let url = client
        .get_queue_url()
        .queue_name("loads-dead-letters")
        .send()
        .await
        .unwrap();
    assert_eq!(url.queue_url(), Some(DEAD));
    let all = client.get_queue_attributes().queue_url(DEAD);
    let all = all
        .attribute_names(QueueAttributeName::All)
        .send()
        .await
        .unwrap();
    let all = all.attributes().unwrap();
    assert_eq!(all[&QueueAttributeName::ApproximateNumberOfMessages], "1");
    assert_eq!(
        all[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible],
        "1"
    );
    client.purge_queue().queue_url(DEAD).send().await.unwrap();
    assert!(receive(&client, DEAD).await.is_none());
}

#[tokio::test]
async fn faults_of_the_caller_are_named() {
    let (_stack, client) = queues();
    let none = client
        .send_message()
        .queue_url("https://x/none")
        .message_body("a");
    assert_eq!(code_of!(none, aws_sdk_sqs), "QueueDoesNotExist");
    let empty = client.send_message().queue_url(DEAD).message_body("");
    assert_eq!(code_of!(empty, aws_sdk_sqs), "InvalidParameterValue");
    let forged = client.delete_message().queue_url(DEAD).receipt_handle("x");
    assert_eq!(code_of!(forged, aws_sdk_sqs), "ReceiptHandleIsInvalid");
    let unknown = client.tag_queue().queue_url(DEAD).tags("a", "b");
    assert_eq!(code_of!(unknown, aws_sdk_sqs), "UnsupportedOperation");
}
