//! Wires load-chunk to AWS: settings, adapters, what it does with what triggers it.

use runtime::{Adapters, Error, Handler};

use crate::{LoadChunk, LoadError};

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = LoadChunk::new(
        adapters.store()?.patient(),
        adapters.drop_bucket()?,
        adapters.work_bucket()?,
        adapters.loads()?,
        adapters.doses()?,
        adapters.keys(),
        adapters.clock(),
    );
    let handler = Handler::queue(function, |function, body, deadline| {
        Box::pin(function.handle(body, deadline))
    });
    let handler = handler.passing(LoadError::is_passing);
    Ok(handler.retried_by(adapters.retry("LOADS_QUEUE_URL")?))
}
