//! Wires load-chunk to AWS: settings, adapters, what it does with what triggers it.

use runtime::{Adapters, Error, Handler};

use crate::{LoadChunk, LoadError};

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = LoadChunk {
        store: adapters.store()?.patient(),
        drop: adapters.drop_bucket()?,
        work: adapters.work_bucket()?,
        loads: adapters.loads()?,
        doses: adapters.doses()?,
        keys: adapters.keys(),
        clock: adapters.clock(),
    };
    let handler = Handler::queue(function, |function, body, deadline| {
        Box::pin(function.handle(body, deadline))
    });
    let handler = handler.passing(LoadError::is_passing);
    Ok(handler.retried_by(adapters.retry("LOADS_QUEUE_URL")?))
}
