//! The export of every night.

use crypto::Sha256;
use domain::{
    Date, ExportId, ExportOrigin, ExportState, Municipality, TenantCode, TenantScope, japan_date,
    municipalities, nightly_of,
};
use futures::future::join_all;
use jiff::Timestamp;
use queues::ExportMessage;
use store::{Export, StoreError};

use crate::{ExportError, ExportLedger};

/// Municipalities asked about at once.
const AT_ONCE: usize = 32;
/// Municipalities that one invocation asks about: seconds of work, of its fifteen minutes.
const A_TIME: usize = 256;

impl ExportLedger {
    /// Asks for an export of each of the next municipalities that takes part, sends one message for each,
    /// and then one for the municipalities behind them. Who takes part can only be asked of each of the
    /// 1,741, under a role for it alone: no key of the table and no role leads over municipalities.
    pub(crate) async fn nightly(&self, after: Option<TenantCode>) -> Result<(), ExportError> {
        let now = self.clock.now();
        let (next, last) = part(after);
        let mut count = 0;
        for some in next.chunks(AT_ONCE) {
            let asked = some.iter().map(|tenant| self.ask(*tenant, now));
            let mut messages = Vec::with_capacity(some.len());
            for (tenant, asked) in some.iter().zip(join_all(asked).await) {
                match asked {
                    Ok(message) => {
                        count += usize::from(message.is_some());
                        messages.extend(message);
                    }
                    // Nobody waits for it, and nothing is sent again because of it.
                    Err(error) => {
                        let (code, shown) = ("EXPORT_NOT_ASKED_FOR", error.to_string());
                        tracing::warn!(code, %tenant, error = shown, "its nightly export comes later");
                        messages.push(ExportMessage::NightlyOf { tenant: *tenant });
                    }
                }
            }
            self.exports.send(&messages).await?;
        }
        tracing::info!(count, "exports asked for");
        if last.is_some() {
            let rest = ExportMessage::Nightly { after: last };
            self.exports.send(&[rest]).await?;
        }
        Ok(())
    }

    /// Asks for the nightly export of one municipality.
    pub(crate) async fn nightly_of(&self, tenant: TenantCode) -> Result<(), ExportError> {
        let message = self.ask(tenant, self.clock.now()).await?;
        Ok(self.exports.send(message.as_slice()).await?)
    }

    async fn ask(
        &self,
        tenant: TenantCode,
        now: Timestamp,
    ) -> Result<Option<ExportMessage>, StoreError> {
        let scope = TenantScope::from_own_queue(tenant);
        let Some(state) = self.store.tenant(&scope).await? else {
            return Ok(None);
        };
        let settings = &state.settings;
        let export = nightly_id(tenant, japan_date(now));
        let wanted = (settings.export_scope, settings.export_encoding);
        let asked = Export::requested(export, ExportOrigin::Nightly, wanted, now);
        let is_open = match self.store.request_export(&scope, &asked).await {
            Ok(()) => true,
            // Asked for already; whether the message was sent is not known.
            Err(StoreError::Moved) => {
                let known = self.store.export(&scope, &export).await?;
                known.is_some_and(|it| it.state == ExportState::Requested)
            }
            Err(error) => return Err(error),
        };
        Ok(is_open.then_some(ExportMessage::Export { tenant, export }))
    }
}

/// The municipalities that come next, by code, and the last of them if there are others behind it.
fn part(after: Option<TenantCode>) -> (Vec<TenantCode>, Option<TenantCode>) {
    let mut all: Vec<_> = municipalities().iter().map(Municipality::code).collect();
    all.sort_unstable();
    let mut rest = all.into_iter().filter(|it| Some(*it) > after);
    let next: Vec<_> = rest.by_ref().take(A_TIME).collect();
    let last = rest.next().and_then(|_| next.last().copied());
    (next, last)
}

fn nightly_id(tenant: TenantCode, day: Date) -> ExportId {
    let parts = [b"nightly", tenant.as_str().as_bytes()];
    ExportId::derive(nightly_of(day), &Sha256::of_parts(&parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_municipality_comes_once_in_parts_that_end() {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let (next, last) = part(after);
            assert!(!next.is_empty() && next.len() <= A_TIME);
            seen.extend(next);
            after = last;
            if after.is_none() {
                break;
            }
        }
        let all: std::collections::BTreeSet<_> =
            municipalities().iter().map(Municipality::code).collect();
        assert_eq!(seen, all.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_night_of_a_municipality_has_one_id() {
        let chiyoda = TenantCode::parse("131016").unwrap();
        let sapporo = TenantCode::parse("011002").unwrap();
        let (today, tomorrow) = (Date::constant(2021, 6, 1), Date::constant(2021, 6, 2));
        assert_eq!(nightly_id(chiyoda, today), nightly_id(chiyoda, today));
        assert_ne!(nightly_id(chiyoda, today), nightly_id(sapporo, today));
        assert_ne!(nightly_id(chiyoda, today), nightly_id(chiyoda, tomorrow));
    }
}
