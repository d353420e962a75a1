//! Wires residents to AWS: settings, adapters, what it does with what triggers it.

use runtime::{Adapters, Error, Handler};

use crate::Residents;

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = Residents {
        store: adapters.store()?,
        keys: adapters.keys(),
        clock: adapters.clock(),
    };
    Ok(Handler::http(function, |function, request| {
        Box::pin(function.handle(request))
    }))
}
