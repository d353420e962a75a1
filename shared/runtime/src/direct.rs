use crate::panics::catching;
use crate::queue::chain;
use crate::{BoxFuture, Error, Failure};

/// Hands the event over as it came. Whoever called learns only that it failed: why is for the log.
pub(crate) async fn dispatch<F>(handle: &F, event: &[u8]) -> Result<Vec<u8>, Error>
where
    F: Fn(Vec<u8>) -> BoxFuture<Result<Vec<u8>, Failure>> + ?Sized,
{
    let handled = catching(async { handle(event.to_vec()).await }).await;
    let failure: Failure = match handled {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(failure)) => failure,
        Err(panicked) => panicked.into(),
    };
    let error = chain(&*failure);
    tracing::error!(code = "CALL_FAILED", error, "a call was not answered");
    tracing::info!(target: "metrics", calls_failed = 1);
    Err(Error::Call)
}
