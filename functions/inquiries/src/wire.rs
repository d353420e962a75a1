//! Wires inquiries to AWS: settings, adapters, what it does with what triggers it.

use asking::Asking;
use runtime::{Adapters, Error, Handler};

use crate::Inquiries;

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = Inquiries::new(
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
    );
    Ok(Handler::http(function, |function, request| {
        Box::pin(function.handle(request))
    }))
}
