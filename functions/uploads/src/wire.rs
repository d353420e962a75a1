//! Wires uploads to AWS: settings, adapters, what it does with what triggers it.

use std::sync::Arc;

use runtime::{Adapters, Error, Handler};

use crate::Uploads;

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
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
