//! Wires exports to AWS: settings, adapters, run.

use std::sync::Arc;

use exports::Exports;
use runtime::{Adapters, Error, Handler};

fn main() -> Result<(), Error> {
    runtime::start(wire)
}

fn wire(adapters: &Adapters) -> Result<Handler, Error> {
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
