//! What a municipality asks to be changed; what it does not name stays as it is.

use std::collections::BTreeMap;

use api::{Fault, Fields, Problem};
use domain::{Encoding, ExportScope, KnownLots, LotNumber, ProductCode, TenantSettings};
use layouts::{SettingsProblem, check_settings};

const NAME_LIMIT: usize = 100;
const WORD_LIMIT: usize = 20;
const PERCENT: std::ops::RangeInclusive<u64> = 0..=100;
const PER_DAY: std::ops::RangeInclusive<u64> = 0..=1_000_000;

/// Changes that were asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    residents: Option<BTreeMap<String, String>>,
    doses: Option<BTreeMap<String, String>>,
    max_refused_percent: Option<u8>,
    max_removed_percent: Option<u8>,
    export_encoding: Option<Encoding>,
    export_scope: Option<ExportScope>,
    inquiries_per_day: Option<u32>,
    hold_protected: Option<bool>,
    lots: Option<KnownLots>,
}

impl Change {
    pub(crate) fn read(mut fields: Fields) -> Result<Self, Problem> {
        let mut change = Self::default();
        if let Some(mut kinds) = fields.optional_object("columns")? {
            change.residents = columns(&mut kinds, "residents")?;
            change.doses = columns(&mut kinds, "doses")?;
            kinds.done()?;
        }
        change.max_refused_percent = percent(&mut fields, "max_refused_percent")?;
        change.max_removed_percent = percent(&mut fields, "max_removed_percent")?;
        change.export_encoding = fields.optional_word("export_encoding", Fault::Encoding)?;
        change.export_scope = fields.optional_word("export_scope", Fault::ExportScope)?;
        let per_day = fields.optional_number("inquiries_per_day", PER_DAY)?;
        change.inquiries_per_day = per_day.and_then(|it| u32::try_from(it).ok());
        change.hold_protected = fields.optional_flag("hold_protected")?;
        if let Some(products) = fields.optional_object("lots")? {
            change.lots = Some(lots(products)?);
        }
        fields.done()?;
        Ok(change)
    }

    /// The settings as they would be, under the same revision. Nobody here raises what the operator allows.
    pub(crate) fn applied_to(self, before: &TenantSettings) -> Result<TenantSettings, Problem> {
        let most = before.inquiries_at_most;
        if self.inquiries_per_day > most && most.is_some() {
            return Err(Problem::invalid("inquiries_per_day", Fault::Number));
        }
        let mut after = before.clone();
        set(&mut after.columns, self.residents);
        set(&mut after.dose_columns, self.doses);
        set(&mut after.max_refused_percent, self.max_refused_percent);
        set(&mut after.max_removed_percent, self.max_removed_percent);
        set(&mut after.export_encoding, self.export_encoding);
        set(&mut after.export_scope, self.export_scope);
        set(&mut after.hold_protected, self.hold_protected);
        after.inquiries_per_day = self.inquiries_per_day.or(after.inquiries_per_day);
        set(&mut after.lots, self.lots);
        check_settings(&after).map_err(|problem| of_settings(&problem))?;
        Ok(after)
    }
}

/// Whether something changes that keeps a wrong file from harming the register, or a person who is hidden
/// from being found.
pub(crate) fn moves_a_guard(before: &TenantSettings, after: &TenantSettings) -> bool {
    let guards = |of: &TenantSettings| {
        (
            of.max_refused_percent,
            of.max_removed_percent,
            of.inquiries_per_day,
            of.hold_protected,
        )
    };
    guards(before) != guards(after)
}

/// A mapping of one kind of file, the municipality's name first.
pub(crate) fn columns(
    fields: &mut Fields,
    name: &str,
) -> Result<Option<BTreeMap<String, String>>, Problem> {
    let Some(columns) = fields.optional_object(name)? else {
        return Ok(None);
    };
    let pairs = columns.into_texts(name, NAME_LIMIT)?.into_iter();
    let pairs = pairs.map(|(theirs, ours)| (theirs, ours.expose().clone()));
    Ok(Some(pairs.collect()))
}

fn lots(products: Fields) -> Result<KnownLots, Problem> {
    let mut known = KnownLots::default();
    for (product, lots) in products.into_lists("lots", WORD_LIMIT)? {
        let code: ProductCode = product
            .parse()
            .map_err(|_| Problem::invalid("lots", Fault::Product))?;
        for lot in lots {
            let lot = LotNumber::parse(lot.expose());
            known.add(code, lot.map_err(|_| Problem::invalid("lots", Fault::Lot))?);
        }
    }
    Ok(known)
}

fn percent(fields: &mut Fields, name: &str) -> Result<Option<u8>, Problem> {
    let percent = fields.optional_number(name, PERCENT)?;
    Ok(percent.and_then(|it| u8::try_from(it).ok()))
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn of_settings(problem: &SettingsProblem) -> Problem {
    match problem {
        SettingsProblem::Columns(..) | SettingsProblem::ColumnName(_) => {
            Problem::invalid("columns", Fault::Columns)
        }
        SettingsProblem::Percentage => Problem::invalid("max_refused_percent", Fault::Number),
        SettingsProblem::Product(_) => Problem::invalid("lots", Fault::Product),
    }
}
