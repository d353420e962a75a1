//! Wires settings to AWS: settings, adapters, what it does with what triggers it.

use std::sync::Arc;

use runtime::{Adapters, Error, Handler};

use crate::Settings;

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = Arc::new(Settings::new(
        adapters.store()?,
        adapters.clock(),
        crypto::random_seed(),
    ));
    Ok(Handler::http(move |request| {
        let function = Arc::clone(&function);
        async move { function.handle(request).await }
    }))
}
