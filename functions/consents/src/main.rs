//! Wires consents to AWS: settings, adapters, run.

use std::sync::Arc;

use consents::Consents;
use runtime::{Adapters, Error, Handler};

fn main() -> Result<(), Error> {
    runtime::start(wire)
}

fn wire(adapters: &Adapters) -> Result<Handler, Error> {
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
