//! The functions of the template by the name of their package, built in process.

use std::sync::Arc;

use anyhow::{Result, bail};
use doses::Doses;
use export_ledger::{ExportError, ExportLedger};
use exports::Exports;
use load_chunk::{LoadChunk, LoadError};
use load_doses::{LoadDoses, LoadDosesError};
use receive_upload::{ChunkBytes, ReceiveError, ReceiveUpload};
use residents::Residents;
use runtime::{Adapters, Handler};
use uploads::Uploads;

/// Every package that can be built here; a test holds the list against template and folders.
pub const PACKAGES: [&str; 8] = [
    "doses",
    "export-ledger",
    "exports",
    "load-chunk",
    "load-doses",
    "receive-upload",
    "residents",
    "uploads",
];

/// Builds a function as its `main.rs` does.
pub fn build(package: &str, adapters: &Adapters) -> Result<Handler> {
    let settings = adapters.settings();
    Ok(match package {
        "receive-upload" => {
            let function = Arc::new(ReceiveUpload::new(
                adapters.store()?,
                adapters.drop_bucket()?,
                adapters.work_bucket()?,
                adapters.unassigned()?,
                adapters.loads()?,
                adapters.doses()?,
                adapters.keys(),
                adapters.clock(),
                ChunkBytes {
                    residents: settings.number("CHUNK_BYTES", ChunkBytes::USUAL.residents)?,
                    doses: settings.number("DOSE_CHUNK_BYTES", ChunkBytes::USUAL.doses)?,
                },
                crypto::random_seed(),
            ));
            let handler = Handler::queue(move |body: String, deadline| {
                let function = Arc::clone(&function);
                async move { function.handle(&body, deadline).await }
            });
            let handler = handler.passing(ReceiveError::is_passing);
            handler.retried_by(adapters.retry("UPLOADS_QUEUE_URL")?)
        }
        "load-chunk" => {
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
            handler.retried_by(adapters.retry("LOADS_QUEUE_URL")?)
        }
        "doses" => {
            let function = Arc::new(Doses::new(
                adapters.store()?,
                adapters.keys(),
                adapters.clock(),
            ));
            Handler::http(move |request| {
                let function = Arc::clone(&function);
                async move { function.handle(request).await }
            })
        }
        "export-ledger" => {
            let function = Arc::new(ExportLedger::new(
                adapters.store()?,
                adapters.drop_bucket()?,
                adapters.exports()?,
                adapters.keys(),
                adapters.clock(),
            ));
            let handler = Handler::queue(move |body: String, _| {
                let function = Arc::clone(&function);
                async move { function.handle(&body).await }
            });
            let handler = handler.passing(ExportError::is_passing);
            handler.retried_by(adapters.retry("EXPORTS_QUEUE_URL")?)
        }
        "exports" => {
            let function = Arc::new(Exports::new(
                adapters.store()?,
                adapters.drop_bucket()?,
                adapters.exports()?,
                adapters.clock(),
                crypto::random_seed(),
            ));
            Handler::http(move |request| {
                let function = Arc::clone(&function);
                async move { function.handle(request).await }
            })
        }
        "load-doses" => {
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
            handler.retried_by(adapters.retry("DOSES_QUEUE_URL")?)
        }
        "residents" => {
            let function = Arc::new(Residents::new(
                adapters.store()?,
                adapters.keys(),
                adapters.clock(),
            ));
            Handler::http(move |request| {
                let function = Arc::clone(&function);
                async move { function.handle(request).await }
            })
        }
        "uploads" => {
            let function = Arc::new(Uploads::new(
                adapters.store()?,
                adapters.drop_bucket()?,
                adapters.loads()?,
                adapters.clock(),
            ));
            Handler::http(move |request| {
                let function = Arc::clone(&function);
                async move { function.handle(request).await }
            })
        }
        other => bail!("the local stack has no function {other}"),
    })
}
