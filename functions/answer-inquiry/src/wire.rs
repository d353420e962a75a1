//! Wires answer-inquiry to AWS: settings, adapters, what it does with what triggers it.

use runtime::{Adapters, Error, Handler};

use crate::{AnswerError, AnswerInquiry};

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = AnswerInquiry {
        store: adapters.store()?,
        keys: adapters.keys(),
        clock: adapters.clock(),
    };
    let handler = Handler::call(function, |function, event| Box::pin(function.handle(event)));
    Ok(handler.passing(AnswerError::is_passing))
}
