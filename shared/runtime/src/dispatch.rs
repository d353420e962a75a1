use jiff::Timestamp;

use crate::{Error, Handler, gateway, queue, stream};

/// Hands an event to the function and says what to answer.
///
/// For a queue, `event` is a batch of SQS and the answer lists the messages that failed. For the HTTP
/// API, both are in API Gateway's payload format 2.0. For a table's stream, the answer names the
/// first record that failed. A function that is called answers what it answers.
/// `deadline` is when the invocation is ended by
/// force.
///
/// Fails only if the event is not what such a trigger sends.
pub async fn dispatch(
    handler: &Handler,
    event: &[u8],
    deadline: Timestamp,
) -> Result<Vec<u8>, Error> {
    match handler {
        Handler::Queue(handle) => queue::dispatch(handle, event, deadline).await,
        Handler::Http(handle) => gateway::dispatch(handle, event).await,
        Handler::Stream(handle) => stream::dispatch(handle, event).await,
        Handler::Call(called) => called.dispatch(event).await,
    }
}
