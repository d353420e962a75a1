//! What is answered of settings.

use std::collections::BTreeMap;

use domain::{LotNumber, Programme, TenantScope, TenantSettings, municipality, programmes};
use serde::Serialize;

use crate::columns::{self, Mappable};

/// The settings in force, and what they can be about.
#[derive(Serialize)]
pub(crate) struct Shown<'a> {
    municipality: Municipality,
    revision: u32,
    columns: ByKind<&'a BTreeMap<String, String>>,
    max_refused_percent: u8,
    max_removed_percent: u8,
    export_encoding: &'static str,
    export_scope: &'static str,
    inquiries_per_day: Option<u32>,
    inquiries_at_most: Option<u32>,
    hold_protected: bool,
    lots: BTreeMap<String, Vec<&'a str>>,
    known: Known,
}

/// The municipality that has these settings.
#[derive(Serialize)]
struct Municipality {
    code: String,
    name: &'static str,
}

/// The same of each kind of file.
#[derive(Serialize)]
pub(crate) struct ByKind<T> {
    residents: T,
    doses: T,
}

/// What can be mapped, and of which vaccines there can be lots.
#[derive(Serialize)]
struct Known {
    columns: ByKind<Vec<Mappable>>,
    products: Vec<Product>,
}

#[derive(Serialize)]
struct Product {
    code: String,
    name: &'static str,
    maker: &'static str,
    programme: String,
}

impl<'a> Shown<'a> {
    pub(crate) fn of(scope: &TenantScope, settings: &'a TenantSettings) -> Self {
        let code = scope.code();
        let lots = settings.lots.iter().map(|(product, lots)| {
            let lots = lots.iter().map(LotNumber::as_str);
            (product.as_str().to_owned(), lots.collect())
        });
        Self {
            municipality: Municipality {
                code: code.to_string(),
                name: municipality(code).map_or("", domain::Municipality::name),
            },
            revision: settings.revision,
            columns: ByKind {
                residents: &settings.columns,
                doses: &settings.dose_columns,
            },
            max_refused_percent: settings.max_refused_percent,
            max_removed_percent: settings.max_removed_percent,
            export_encoding: settings.export_encoding.as_str(),
            export_scope: settings.export_scope.as_str(),
            inquiries_per_day: settings.inquiries_per_day,
            inquiries_at_most: settings.inquiries_at_most,
            hold_protected: settings.hold_protected,
            lots: lots.collect(),
            known: Known {
                columns: ByKind {
                    residents: columns::of_residents(),
                    doses: columns::of_doses(),
                },
                products: programmes().iter().flat_map(products_of).collect(),
            },
        }
    }
}

fn products_of(programme: &'static Programme) -> impl Iterator<Item = Product> {
    programme.products().iter().map(|it| Product {
        code: it.code().as_str().to_owned(),
        name: it.name(),
        maker: it.maker(),
        programme: programme.code().as_str().to_owned(),
    })
}
