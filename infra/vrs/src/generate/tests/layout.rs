//! The generator against the rules of the layout: what it calls sound is accepted, what it spoils is not.

use std::collections::BTreeSet;

use layouts::{
    ColumnMapping, Duplicates as _, Suspects as _,
    residents::{Check, Duplicates, Rules},
};

use super::*;

/// Indexes of the rows that the layout refuses.
fn refused_by_the_layout(bytes: &[u8]) -> BTreeSet<u64> {
    let rules = Rules {
        tenant: TenantCode::parse("131016").unwrap(),
        today: Date::constant(2021, 4, 2),
        max_bytes: u64::MAX,
    };
    let mut check = Check::new(rules, &ColumnMapping::default());
    let mut duplicates = Duplicates::new(1);
    let mut refused = BTreeSet::new();
    let mut sink = |record: &layouts::residents::Record<'_>| {
        duplicates.add(record.index, &record.keys);
        if record.row.is_err() {
            refused.insert(u64::from(record.index));
        }
    };
    check.push(bytes, &mut sink).unwrap();
    check.finish(&mut sink).unwrap();
    // Nothing is told of those in doubt, so they count as well.
    let found = duplicates.finish().finish();
    refused.extend(found.iter().map(|it| u64::from(it.index)));
    refused
}

#[test]
fn the_layout_refuses_just_the_rows_that_were_spoilt() {
    for encoding in [Encoding::Utf8, Encoding::Utf8Bom, Encoding::Cp932] {
        for changed in [0, 10] {
            let asked = Spec {
                encoding,
                defects: Percent::new(6),
                changed: Percent::new(changed),
                ..spec(20_000, 12)
            };
            let file = ResidentsFile::new(asked);
            let spoilt: BTreeSet<u64> = (0..file.rows())
                .filter(|&index| file.is_refused(index))
                .collect();
            let refused = refused_by_the_layout(&written(asked));
            let odd: Vec<_> = spoilt
                .symmetric_difference(&refused)
                .map(|&index| (index, file.defect(index), file.fate(index)))
                .collect();
            assert!(odd.is_empty(), "{encoding:?}: {odd:?}");
        }
    }
}
