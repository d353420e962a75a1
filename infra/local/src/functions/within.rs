//! Functions that nobody outside reaches: a stream feeds them, or another function calls them.

use std::sync::Arc;

use answer_inquiry::AnswerInquiry;
use anyhow::Result;
use index_holders::{IndexHolders, Pace};
use runtime::{Adapters, Handler};

pub(super) fn answer_inquiry(adapters: &Adapters) -> Result<Handler> {
    let function = Arc::new(AnswerInquiry::new(
        adapters.store()?,
        adapters.keys(),
        adapters.clock(),
    ));
    Ok(Handler::call(move |event| {
        let function = Arc::clone(&function);
        async move { function.handle(event).await }
    }))
}

pub(super) fn index_holders(adapters: &Adapters) -> Result<Handler> {
    let per_second = adapters.settings().number("KMS_CALLS_PER_SECOND", 0)?;
    let function = Arc::new(IndexHolders::new(
        adapters.store()?,
        adapters.holder_index()?,
        adapters.keys(),
        adapters.person_tags()?,
        Pace::new(per_second),
        adapters.clock(),
    ));
    Ok(Handler::stream(move |records, _deadline| {
        let function = Arc::clone(&function);
        async move { function.handle(records).await }
    }))
}
