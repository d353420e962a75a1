//! Wires settings to AWS: settings, adapters, run.

use std::sync::Arc;

use runtime::{Adapters, Error, Handler};
use settings::Settings;

fn main() -> Result<(), Error> {
    runtime::start(wire)
}

fn wire(adapters: &Adapters) -> Result<Handler, Error> {
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
