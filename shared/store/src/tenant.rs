use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use crypto::{DropMark, Keyring, TenantKeys, WrappedKey};
use domain::{KnownLots, LotNumber, StaffTag, TenantScope, TenantSettings};
use jiff::Timestamp;

use crate::{
    Store, StoreError,
    item::{Item, b, n, s, texts, time},
    keys::{self, SCHEMA},
    transaction::Change,
    update_terms::UpdateTerms,
};

const SETTINGS: &str = "SETTINGS";
const KEY_PREFIX: &str = "KEY#";

/// A municipality that takes part: its settings and its wrapped keys.
#[derive(Debug, Clone)]
pub struct TenantState {
    /// Settings in force.
    pub settings: TenantSettings,
    /// When it entered; `None` of those that entered before that was noted.
    pub entered_at: Option<Timestamp>,
    wrapped: Vec<WrappedKey>,
}

impl Store {
    /// The municipality's settings and wrapped keys, `None` when it does not take part.
    pub async fn tenant(&self, scope: &TenantScope) -> Result<Option<TenantState>, StoreError> {
        let answer = self
            .client(scope)
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(keys::tenant(scope)))
            .consistent_read(true)
            .send()
            .await?;
        let mut settings = None;
        let mut entered_at = None;
        let mut wrapped = Vec::new();
        for map in answer.items() {
            let item = Item(map);
            let sk = item.text("sk")?;
            if sk == SETTINGS {
                settings = Some(read_settings(item)?);
                entered_at = item.maybe_time("entered_at")?;
            } else if let Some(version) = sk.strip_prefix(KEY_PREFIX) {
                let version = version.parse().map_err(|_| StoreError::Damaged {
                    what: "key version",
                })?;
                wrapped.push(WrappedKey {
                    version,
                    blob: item.bytes("wrapped_key")?.to_vec(),
                });
            }
        }
        Ok(settings.map(|settings| TenantState {
            settings,
            entered_at,
            wrapped,
        }))
    }

    /// Enters a municipality now: its settings and its first wrapped key, in one transaction.
    ///
    /// [`StoreError::Moved`] when it is there already; nothing is changed then.
    pub async fn add_tenant(
        &self,
        scope: &TenantScope,
        settings: &TenantSettings,
        key: &WrappedKey,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let pk = keys::tenant(scope);
        let key_sk = format!("{KEY_PREFIX}{:03}", key.version);
        let mut sets = set_settings(settings);
        sets.put("entered_at", time(now));
        let settings_change = Change {
            pk: pk.clone(),
            sk: SETTINGS,
            update: sets.update,
            condition: Some("attribute_not_exists(pk)"),
            names: &[],
            values: sets.values,
        };
        let key_change = Change {
            pk,
            sk: &key_sk,
            update: "SET v = :v, wrapped_key = :blob",
            condition: Some("attribute_not_exists(pk)"),
            names: &[],
            values: vec![(":v", n(SCHEMA)), (":blob", b(&key.blob))],
        };
        self.transact(
            scope,
            vec![
                self.update_in(settings_change)?,
                self.update_in(key_change)?,
            ],
        )
        .await
    }

    /// Replaces the settings; `settings.revision` must be one above the stored one.
    ///
    /// [`StoreError::Moved`] when somebody else changed them first.
    pub async fn set_tenant(
        &self,
        scope: &TenantScope,
        settings: &TenantSettings,
    ) -> Result<(), StoreError> {
        let mut sets = set_settings(settings);
        sets.value(":before", n(settings.revision.saturating_sub(1)));
        self.change(
            scope,
            Change {
                pk: keys::tenant(scope),
                sk: SETTINGS,
                update: sets.update,
                condition: Some("revision = :before"),
                names: &[],
                values: sets.values,
            },
        )
        .await
    }
}

impl TenantState {
    /// The municipality's keys, from the ring or unwrapped now.
    pub async fn keys(
        &self,
        scope: &TenantScope,
        ring: &Keyring,
        now: Timestamp,
    ) -> Result<Arc<TenantKeys>, StoreError> {
        match ring.kept(scope.code(), &self.wrapped, now) {
            Some(keys) => Ok(keys),
            None => Ok(ring.unwrap(scope.code(), &self.wrapped, now).await?),
        }
    }

    /// What a file carries that `by` is let drop under an object's name.
    pub fn drop_mark(&self, name: &str, by: StaffTag) -> Result<DropMark, StoreError> {
        let newest = self.wrapped.iter().max_by_key(|key| key.version);
        let newest = newest.ok_or(StoreError::Damaged { what: "branch key" })?;
        Ok(DropMark::new(newest, name, by))
    }

    /// Who was let drop a file under this name, by the mark that it carries; `None` for what anybody could have
    /// written.
    #[must_use]
    pub fn dropped_by(&self, name: &str, mark: &str) -> Option<StaffTag> {
        let mark = DropMark::parse(mark)?;
        let mut keys = self.wrapped.iter();
        keys.find_map(|key| mark.proven(key, name))
    }
}

fn set_settings(settings: &TenantSettings) -> UpdateTerms {
    let mut sets = UpdateTerms::set();
    sets.put("v", n(SCHEMA));
    sets.put("column_map", texts(&settings.columns));
    sets.put("dose_column_map", texts(&settings.dose_columns));
    sets.put("max_refused", n(settings.max_refused_percent));
    sets.put("max_removed", n(settings.max_removed_percent));
    sets.put("lots", write_lots(&settings.lots));
    sets.put("export_encoding", s(settings.export_encoding.as_str()));
    sets.put("export_scope", s(settings.export_scope.as_str()));
    sets.put("inquiries_per_day", maybe(settings.inquiries_per_day));
    sets.put("inquiries_at_most", maybe(settings.inquiries_at_most));
    let hold = AttributeValue::Bool(settings.hold_protected);
    sets.put("hold_protected", hold);
    sets.put("revision", n(settings.revision));
    sets
}

fn maybe(number: Option<u32>) -> AttributeValue {
    number.map_or(AttributeValue::Null(true), n)
}

fn write_lots(lots: &KnownLots) -> AttributeValue {
    let by_product = lots.iter().map(|(product, lots)| {
        let lots = lots.iter().map(|lot| s(lot.as_str())).collect();
        (product.as_str().to_owned(), AttributeValue::L(lots))
    });
    AttributeValue::M(by_product.collect())
}

/// Settings that were written before there were lots have none.
fn read_lots(item: Item<'_>) -> Result<KnownLots, StoreError> {
    let mut known = KnownLots::default();
    let Some(by_product) = item.map("lots") else {
        return Ok(known);
    };
    let damaged = || StoreError::Damaged { what: "lots" };
    for (product, lots) in by_product.0 {
        let product = product.parse().map_err(|_| damaged())?;
        for lot in lots.as_l().map_err(|_| damaged())? {
            let lot = lot.as_s().ok().and_then(|lot| LotNumber::parse(lot).ok());
            known.add(product, lot.ok_or_else(damaged)?);
        }
    }
    Ok(known)
}

fn read_settings(item: Item<'_>) -> Result<TenantSettings, StoreError> {
    let usual = TenantSettings::default();
    Ok(TenantSettings {
        columns: item.texts("column_map"),
        dose_columns: item.texts("dose_column_map"),
        max_refused_percent: item.number("max_refused")?,
        max_removed_percent: item.number("max_removed")?,
        lots: read_lots(item)?,
        // What was entered before exports were is exported as usual.
        export_encoding: item
            .maybe_word("export_encoding")?
            .unwrap_or(usual.export_encoding),
        export_scope: item
            .maybe_word("export_scope")?
            .unwrap_or(usual.export_scope),
        inquiries_per_day: item.maybe_set_number("inquiries_per_day")?,
        inquiries_at_most: item.maybe_set_number("inquiries_at_most")?,
        hold_protected: item.maybe_flag("hold_protected").unwrap_or(true),
        revision: item.number("revision")?,
    })
}
