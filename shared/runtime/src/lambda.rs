use std::sync::Arc;

use domain::Clock;
use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tokio::runtime::Builder;
use tracing::Instrument as _;

use crate::{
    Adapters, Error, Handler, Settings, dispatch, invocation, quiet_panics, sdk_config, subscriber,
    system_clock,
};

/// The whole of a function's `main`: reads settings, opens the log, lets `wire` put the function
/// together, and runs it until Lambda ends the process.
///
/// One thread: below 1,769 MB a function has less than one processor, and starts sooner so.
pub fn start(wire: impl FnOnce(&Adapters) -> Result<Handler, Error>) -> Result<(), Error> {
    start_on(Builder::new_current_thread(), wire)
}

/// The same on as many threads as there are processors, for a function with more work than one of them does
/// in the time it has, and the memory that buys more.
pub fn start_on_all_processors(
    wire: impl FnOnce(&Adapters) -> Result<Handler, Error>,
) -> Result<(), Error> {
    start_on(Builder::new_multi_thread(), wire)
}

fn start_on(
    mut threads: Builder,
    wire: impl FnOnce(&Adapters) -> Result<Handler, Error>,
) -> Result<(), Error> {
    let settings = Settings::from_env();
    let clock: Arc<dyn Clock> = Arc::new(system_clock);
    let lines = subscriber(settings.log_level()?, Arc::clone(&clock), std::io::stdout());
    // Fails only if there is a log already, which then serves as well.
    let _ = tracing::subscriber::set_global_default(lines);
    quiet_panics();
    threads.enable_all().build()?.block_on(async {
        let adapters = Adapters::new(settings, sdk_config().await, clock);
        let handler = wire(&adapters)?;
        adapters.open_connections().await;
        run(handler).await
    })
}

/// Takes events from Lambda and hands them over, one at a time, until Lambda ends the process.
pub async fn run(handler: Handler) -> Result<(), Error> {
    let handler = &handler;
    let service = service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
        let context = &event.context;
        let span = invocation(&context.env_config.function_name, &context.request_id);
        let deadline = instant(context.deadline);
        let answer = dispatch(handler, event.payload.get().as_bytes(), deadline)
            .instrument(span)
            .await?;
        // What `dispatch` answers is JSON that it has just written.
        serde_json::from_slice::<Box<RawValue>>(&answer).map_err(|_| Error::Event("this function"))
    });
    lambda_runtime::run(service).await.map_err(Error::Loop)
}

/// Lambda's deadline in milliseconds. One beyond all time never comes.
fn instant(millis: u64) -> Timestamp {
    i64::try_from(millis)
        .ok()
        .and_then(|millis| Timestamp::from_millisecond(millis).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_instants() {
        assert_eq!(instant(1_618_000_000_000).as_second(), 1_618_000_000);
        assert_eq!(instant(u64::MAX), Timestamp::MAX);
    }
}
