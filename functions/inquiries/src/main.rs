//! Wires inquiries to AWS: settings, adapters, run.

use std::sync::Arc;

use asking::Asking;
use inquiries::Inquiries;
use runtime::{Adapters, Error, Handler};

fn main() -> Result<(), Error> {
    runtime::start(wire)
}

fn wire(adapters: &Adapters) -> Result<Handler, Error> {
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
