//! Functions that the HTTP API calls.

use std::sync::Arc;

use anyhow::Result;
use asking::Asking;
use consents::Consents;
use doses::Doses;
use exports::Exports;
use inquiries::Inquiries;
use residents::Residents;
use runtime::{Adapters, Handler};
use settings::Settings;
use uploads::Uploads;

pub(super) fn consents(adapters: &Adapters) -> Result<Handler> {
    let function = Arc::new(Consents::new(
        adapters.store()?,
        adapters.person_tags()?,
        adapters.clock(),
        crypto::random_bytes,
    ));
    Ok(Handler::http(move |request| {
        let function = Arc::clone(&function);
        async move { function.handle(request).await }
    }))
}

pub(super) fn doses(adapters: &Adapters) -> Result<Handler> {
    let function = Arc::new(Doses::new(
        adapters.store()?,
        adapters.keys(),
        adapters.clock(),
    ));
    Ok(Handler::http(move |request| {
        let function = Arc::clone(&function);
        async move { function.handle(request).await }
    }))
}

pub(super) fn exports(adapters: &Adapters) -> Result<Handler> {
    let function = Arc::new(Exports::new(
        adapters.store()?,
        adapters.drop_bucket()?,
        adapters.exports()?,
        adapters.clock(),
        crypto::random_seed(),
    ));
    Ok(Handler::http(move |request| {
        let function = Arc::clone(&function);
        async move { function.handle(request).await }
    }))
}

pub(super) fn inquiries(adapters: &Adapters) -> Result<Handler> {
    let function = Arc::new(Inquiries::new(
        adapters.store()?,
        Asking::new(
            adapters.store()?,
            adapters.holder_index()?,
            adapters.person_tags()?,
            adapters.holders()?,
            adapters.clock(),
        ),
        adapters.clock(),
        crypto::random_bytes,
    ));
    Ok(Handler::http(move |request| {
        let function = Arc::clone(&function);
        async move { function.handle(request).await }
    }))
}

pub(super) fn residents(adapters: &Adapters) -> Result<Handler> {
    let function = Arc::new(Residents::new(
        adapters.store()?,
        adapters.keys(),
        adapters.clock(),
    ));
    Ok(Handler::http(move |request| {
        let function = Arc::clone(&function);
        async move { function.handle(request).await }
    }))
}

pub(super) fn settings(adapters: &Adapters) -> Result<Handler> {
    let function = Arc::new(Settings::new(
        adapters.store()?,
        adapters.clock(),
        crypto::random_seed(),
    ));
    Ok(Handler::http(move |request| {
        let function = Arc::clone(&function);
        async move { function.handle(request).await }
    }))
}

pub(super) fn uploads(adapters: &Adapters) -> Result<Handler> {
    let function = Arc::new(Uploads::new(
        adapters.store()?,
        adapters.drop_bucket()?,
        adapters.loads()?,
        adapters.clock(),
    ));
    Ok(Handler::http(move |request| {
        let function = Arc::clone(&function);
        async move { function.handle(request).await }
    }))
}
