//! Wires doses to AWS: settings, adapters, run.

use std::sync::Arc;

use doses::Doses;
use runtime::{Adapters, Error, Handler};

fn main() -> Result<(), Error> {
    runtime::start(wire)
}

fn wire(adapters: &Adapters) -> Result<Handler, Error> {
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
