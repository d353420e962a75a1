//! Wires export-ledger to AWS: settings, adapters, run.

use std::sync::Arc;

use export_ledger::{ExportError, ExportLedger};
use runtime::{Adapters, Error, Handler};

fn main() -> Result<(), Error> {
    runtime::start(wire)
}

fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = Arc::new(ExportLedger::new(
        adapters.store()?,
        adapters.drop_bucket()?,
        adapters.exports()?,
        adapters.keys(),
        adapters.clock(),
    ));
    let handler = Handler::queue(move |body: String, deadline| {
        let function = Arc::clone(&function);
        async move { function.handle(&body, deadline).await }
    });
    let handler = handler.passing(ExportError::is_passing);
    Ok(handler.retried_by(adapters.retry("EXPORTS_QUEUE_URL")?))
}
