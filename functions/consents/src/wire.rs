//! Wires consents to AWS: settings, adapters, what it does with what triggers it.

use runtime::{Adapters, Error, Handler};

use crate::Consents;

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = Consents {
        store: adapters.store()?,
        persons: adapters.person_tags()?,
        clock: adapters.clock(),
        random: crypto::random_bytes,
    };
    Ok(Handler::http(function, |function, request| {
        Box::pin(function.handle(request))
    }))
}
