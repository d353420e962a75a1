//! Wires receive-upload to AWS: settings, adapters, run.

use std::sync::Arc;

use receive_upload::{ReceiveError, ReceiveUpload};
use runtime::{Adapters, Error, Handler};

fn main() -> Result<(), Error> {
    runtime::start(wire)
}

fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = Arc::new(ReceiveUpload::new(
        adapters.store()?,
        adapters.drop_bucket()?,
        adapters.work_bucket()?,
        adapters.loads()?,
        adapters.keys(),
        adapters.clock(),
        adapters
            .settings()
            .number("CHUNK_BYTES", receive_upload::CHUNK_BYTES)?,
        crypto::random_seed(),
    ));
    let handler = Handler::queue(move |body: String, deadline| {
        let function = Arc::clone(&function);
        async move { function.handle(&body, deadline).await }
    });
    let handler = handler.passing(ReceiveError::is_passing);
    Ok(handler.retried_by(adapters.retry("UPLOADS_QUEUE_URL")?))
}
