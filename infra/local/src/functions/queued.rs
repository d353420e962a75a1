//! Functions that a queue feeds.

use std::sync::Arc;

use anyhow::Result;
use ask_inquiries::{AskInquiries, AskInquiriesError};
use asking::Asking;
use export_ledger::{ExportError, ExportLedger};
use load_chunk::{LoadChunk, LoadError};
use load_doses::{LoadDoses, LoadDosesError};
use receive_upload::{ChunkBytes, ReceiveError, ReceiveUpload};
use runtime::{Adapters, Handler};

pub(super) fn receive_upload(adapters: &Adapters) -> Result<Handler> {
    let function = Arc::new(ReceiveUpload::new(
        adapters.store()?,
        adapters.drop_bucket()?,
        adapters.work_bucket()?,
        adapters.unassigned()?,
        adapters.loads()?,
        adapters.doses()?,
        adapters.inquiries()?,
        adapters.keys(),
        adapters.clock(),
        ChunkBytes {
            residents: adapters
                .settings()
                .number("CHUNK_BYTES", ChunkBytes::USUAL.residents)?,
            doses: adapters
                .settings()
                .number("DOSE_CHUNK_BYTES", ChunkBytes::USUAL.doses)?,
        },
        crypto::random_seed(),
    ));
    let handler = Handler::queue(move |body: String, deadline| {
        let function = Arc::clone(&function);
        async move { function.handle(&body, deadline).await }
    });
    let handler = handler.passing(ReceiveError::is_passing);
    Ok(handler.retried_by(adapters.retry("UPLOADS_QUEUE_URL")?))
}

pub(super) fn load_chunk(adapters: &Adapters) -> Result<Handler> {
    let function = Arc::new(LoadChunk::new(
        adapters.store()?,
        adapters.drop_bucket()?,
        adapters.work_bucket()?,
        adapters.loads()?,
        adapters.doses()?,
        adapters.keys(),
        adapters.clock(),
    ));
    let handler = Handler::queue(move |body: String, deadline| {
        let function = Arc::clone(&function);
        async move { function.handle(&body, deadline).await }
    });
    let handler = handler.passing(LoadError::is_passing);
    Ok(handler.retried_by(adapters.retry("LOADS_QUEUE_URL")?))
}

pub(super) fn load_doses(adapters: &Adapters) -> Result<Handler> {
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

pub(super) fn ask_inquiries(adapters: &Adapters) -> Result<Handler> {
    let asking = Asking::new(
        adapters.store()?,
        adapters.holder_index()?,
        adapters.person_tags()?,
        adapters.holders()?,
        adapters.clock(),
    )
    .in_turn();
    let function = Arc::new(AskInquiries::new(
        adapters.store()?,
        asking,
        adapters.drop_bucket()?,
        adapters.work_bucket()?,
        adapters.inquiries()?,
        adapters.clock(),
    ));
    let handler = Handler::queue(move |body: String, deadline| {
        let function = Arc::clone(&function);
        async move { function.handle(&body, deadline).await }
    });
    let handler = handler.passing(AskInquiriesError::is_passing);
    Ok(handler.retried_by(adapters.retry("INQUIRIES_QUEUE_URL")?))
}

pub(super) fn export_ledger(adapters: &Adapters) -> Result<Handler> {
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
