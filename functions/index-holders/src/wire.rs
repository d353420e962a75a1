//! Wires index-holders to AWS: settings, adapters, what it does with what triggers it.

use runtime::{Adapters, Error, FailedRecord, Handler};

use crate::{FailedAt, IndexHolders, Pace};

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let per_second = adapters.settings().number("KMS_CALLS_PER_SECOND", 0)?;
    let function = IndexHolders {
        store: adapters.store()?,
        index: adapters.holder_index()?,
        keys: adapters.keys(),
        persons: adapters.person_tags()?,
        pace: Pace::new(per_second),
        clock: adapters.clock(),
    };
    Ok(Handler::stream(function, |function, records| {
        Box::pin(function.handle(records))
    }))
}

impl From<FailedAt> for FailedRecord {
    fn from(failed: FailedAt) -> Self {
        Self {
            index: failed.record,
            failure: failed.error.into(),
        }
    }
}
