//! Wires inquiries to AWS: settings, adapters, what it does with what triggers it.

use asking::Asking;
use runtime::{Adapters, Error, Handler};

use crate::Inquiries;

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let asking = Asking::new(
        adapters.store()?,
        adapters.holder_index()?,
        adapters.person_tags()?,
        adapters.holders()?,
        adapters.clock(),
    );
    let function = Inquiries {
        store: adapters.store()?,
        asking,
        clock: adapters.clock(),
        random: crypto::random_bytes,
    };
    Ok(Handler::http(function, |function, request| {
        Box::pin(function.handle(request))
    }))
}
