//! Wires exports to AWS: settings, adapters, what it does with what triggers it.

use runtime::{Adapters, Error, Handler};

use crate::Exports;

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = Exports::new(
        adapters.store()?,
        adapters.drop_bucket()?,
        adapters.exports()?,
        adapters.clock(),
        crypto::random_seed(),
    );
    Ok(Handler::http(function, |function, request| {
        Box::pin(function.handle(request))
    }))
}
