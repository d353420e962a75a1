//! Wires uploads to AWS: settings, adapters, run.

use std::sync::Arc;

use runtime::{Adapters, Error, Handler};
use uploads::Uploads;

fn main() -> Result<(), Error> {
    runtime::start(wire)
}

fn wire(adapters: &Adapters) -> Result<Handler, Error> {
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
