//! The export of every night.

use crypto::Sha256;
use domain::{Date, ExportId, TenantCode, TenantScope, japan_date, municipalities};
use futures::future::try_join_all;
use jiff::Timestamp;
use queues::ExportMessage;
use store::{Export, StoreError};

use crate::{ExportError, ExportLedger};

/// Municipalities asked about at once.
const AT_ONCE: usize = 64;

impl ExportLedger {
    /// Asks for an export of every municipality that takes part, and sends one message for each. Every
    /// municipality of Japan is looked up, because no key of the table leads over municipalities.
    pub(crate) async fn nightly(&self) -> Result<(), ExportError> {
        let now = self.clock.now();
        let mut count = 0;
        for some in municipalities().chunks(AT_ONCE) {
            let asked = some.iter().map(|it| self.ask(it.code(), now));
            let messages: Vec<_> = try_join_all(asked).await?.into_iter().flatten().collect();
            self.exports.send(&messages).await?;
            count += messages.len();
        }
        tracing::info!(count, "exports asked for");
        Ok(())
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
        let asked = Export::requested(export, settings.export_scope, settings.export_encoding, now);
        match self.store.request_export(&scope, &asked).await {
            // Asked for already.
            Ok(()) | Err(StoreError::Moved) => Ok(Some(ExportMessage::Export { tenant, export })),
            Err(error) => Err(error),
        }
    }
}

fn nightly_id(tenant: TenantCode, day: Date) -> ExportId {
    let day = day.to_string();
    let parts = [b"nightly", tenant.as_str().as_bytes(), day.as_bytes()];
    ExportId::derive(&Sha256::of_parts(&parts))
}

#[cfg(test)]
mod tests {
    use super::*;

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
