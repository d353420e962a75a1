use api::chain;

use crate::handler::OnCalled;
use crate::panics::catching;
use crate::{Error, Failure};

impl OnCalled {
    /// Hands the event over as it came. Whoever called learns only that it failed, and whether it always will:
    /// why is for the log.
    pub(crate) async fn dispatch(&self, event: &[u8]) -> Result<Vec<u8>, Error> {
        let handled = catching(async { (self.on_call)(event.to_vec()).await }).await;
        let failure: Failure = match handled {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(failure)) => failure,
            Err(panicked) => panicked.into(),
        };
        let error = chain(&*failure);
        tracing::error!(code = "CALL_FAILED", error, "a call was not answered");
        tracing::info!(target: "metrics", calls_failed = 1);
        let passes = self
            .is_passing
            .as_ref()
            .is_none_or(|judge| judge(&*failure));
        Err(if passes { Error::Call } else { Error::Lasting })
    }
}
