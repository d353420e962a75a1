//! Going through the waiting list after the register moved.

use domain::{Lease, TenantScope};
use jiff::Timestamp;
use queues::DoseMessage;
use store::StoreError;

use crate::{LoadDoses, LoadDosesError};

/// Waiting doses looked at in one go.
const AT_A_TIME: u32 = 100;

impl LoadDoses {
    /// Attaches what can be attached, oldest first, from `after` on. Near the end of the invocation the
    /// rest of the list is left to the next one. Whoever cannot be read holds up nobody else, and then the operator
    /// is called: the message fails, and is among the dead letters in the end.
    pub(crate) async fn attach(
        &self,
        scope: &TenantScope,
        mut after: Option<String>,
        deadline: Timestamp,
    ) -> Result<(), LoadDosesError> {
        let tenant = self.tenant(scope).await?;
        let area = tenant.area();
        let mut unreadable = 0;
        loop {
            let now = self.clock.now();
            // No longer than the invocation: an attached dose needs no lease, each is a transaction.
            if Lease::new(now, deadline).is_ending(now) {
                let rest = DoseMessage::Attach {
                    tenant: scope.code(),
                    after,
                };
                return Ok(self.doses.send(&[rest]).await?);
            }
            let clock = &*self.clock;
            let some = self
                .recorder
                .attach_some(&area, AT_A_TIME, after.as_deref(), clock);
            let (attached, next) = some.await?;
            if attached.total() > 0 {
                tracing::info!(count = attached.total(), "waiting doses looked at");
            }
            if attached.unreadable > 0 {
                let (code, count) = ("WAITING_UNREADABLE", attached.unreadable);
                tracing::error!(code, count, "what waits for these coupons cannot be read");
            }
            unreadable += attached.unreadable;
            match next {
                Some(next) => after = Some(next),
                None if unreadable > 0 => {
                    let what = "a waiting dose, or the person it waits for";
                    return Err(StoreError::Damaged { what }.into());
                }
                None => return Ok(()),
            }
        }
    }
}
