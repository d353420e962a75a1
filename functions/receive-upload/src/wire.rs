//! Wires receive-upload to AWS: settings, adapters, what it does with what triggers it.

use runtime::{Adapters, Error, Handler};

use crate::{ChunkBytes, ReceiveError, ReceiveUpload};

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let settings = adapters.settings();
    let function = ReceiveUpload {
        store: adapters.store()?.patient(),
        drop: adapters.drop_bucket()?,
        work: adapters.work_bucket()?,
        unassigned: adapters.unassigned()?,
        loads: adapters.loads()?,
        doses: adapters.doses()?,
        inquiries: adapters.inquiries()?,
        keys: adapters.keys(),
        clock: adapters.clock(),
        chunk_bytes: ChunkBytes {
            residents: settings.number("CHUNK_BYTES", ChunkBytes::USUAL.residents)?,
            doses: settings.number("DOSE_CHUNK_BYTES", ChunkBytes::USUAL.doses)?,
        },
        seed: crypto::random_seed(),
    };
    let handler = Handler::queue(function, |function, body, deadline| {
        Box::pin(function.handle(body, deadline))
    });
    let handler = handler.passing(ReceiveError::is_passing);
    Ok(handler.retried_by(adapters.retry("UPLOADS_QUEUE_URL")?))
}
