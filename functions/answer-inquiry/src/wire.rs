//! Wires answer-inquiry to AWS: settings, adapters, what it does with what triggers it.

use std::sync::Arc;

use runtime::{Adapters, Error, Handler};

use crate::{AnswerError, AnswerInquiry};

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = Arc::new(AnswerInquiry::new(
        adapters.store()?,
        adapters.keys(),
        adapters.clock(),
    ));
    let handler = Handler::call(move |event| {
        let function = Arc::clone(&function);
        async move { function.handle(event).await }
    });
    Ok(handler.passing(AnswerError::is_passing))
}
