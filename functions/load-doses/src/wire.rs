//! Wires load-doses to AWS: settings, adapters, what it does with what triggers it.

use runtime::{Adapters, Error, Handler};

use crate::{LoadDoses, LoadDosesError};

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = LoadDoses::new(
        adapters.store()?.patient(),
        adapters.drop_bucket()?,
        adapters.work_bucket()?,
        adapters.doses()?,
        adapters.keys(),
        adapters.clock(),
    );
    let handler = Handler::queue(function, |function, body, deadline| {
        Box::pin(function.handle(body, deadline))
    });
    let handler = handler.passing(LoadDosesError::is_passing);
    Ok(handler.retried_by(adapters.retry("DOSES_QUEUE_URL")?))
}
