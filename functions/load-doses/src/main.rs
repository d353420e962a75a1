//! Wires load-doses to AWS: settings, adapters, run.

use std::sync::Arc;

use load_doses::{LoadDoses, LoadDosesError};
use runtime::{Adapters, Error, Handler};

fn main() -> Result<(), Error> {
    runtime::start(wire)
}

fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = Arc::new(LoadDoses::new(
        adapters.store()?,
        adapters.drop_bucket()?,
        adapters.work_bucket()?,
        adapters.doses()?,
        adapters.keys(),
        adapters.clock(),
    ));
    let handler = Handler::queue(move |body: String, deadline| {
        let function = Arc::clone(&function);
        async move { function.handle(&body, deadline).await }
    });
    let handler = handler.passing(LoadDosesError::is_passing);
    Ok(handler.retried_by(adapters.retry("DOSES_QUEUE_URL")?))
}
