//! Wires export-ledger to AWS: settings, adapters, what it does with what triggers it.

use std::thread::available_parallelism;

use runtime::{Adapters, Error, Handler};

use crate::{ExportError, ExportLedger};

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = ExportLedger {
        store: adapters.store()?.patient(),
        drop: adapters.drop_bucket()?,
        exports: adapters.exports()?,
        keys: adapters.keys(),
        clock: adapters.clock(),
        processors: available_parallelism()?.get(),
    };
    let handler = Handler::queue(function, |function, body, deadline| {
        Box::pin(function.handle(body, deadline))
    });
    let handler = handler.passing(ExportError::is_passing);
    Ok(handler.retried_by(adapters.retry("EXPORTS_QUEUE_URL")?))
}
