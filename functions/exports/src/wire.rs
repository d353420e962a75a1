//! Wires exports to AWS: settings, adapters, what it does with what triggers it.

use std::sync::atomic::AtomicU64;

use runtime::{Adapters, Error, Handler};

use crate::Exports;

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = Exports {
        store: adapters.store()?,
        drop: adapters.drop_bucket()?,
        queue: adapters.exports()?,
        clock: adapters.clock(),
        seed: crypto::random_seed(),
        made: AtomicU64::new(0),
    };
    Ok(Handler::http(function, |function, request| {
        Box::pin(function.handle(request))
    }))
}
