//! What must hold of settings before they are stored, whoever changes them.

use domain::{FileKind, Product, ProductCode, Programme, TenantSettings, programmes};

use crate::{ColumnMapping, MappingProblem, doses::Doses, residents::Residents};

/// Longest name of a column, in characters.
const LONGEST_NAME: usize = 100;
const ALL: u8 = 100;
/// A date has the fewest.
const DIGITS_OF_DATA: usize = 8;

/// Why settings cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsProblem {
    /// Files of this kind cannot be read by such a mapping.
    #[error("columns of {0} files: {1}")]
    Columns(FileKind, MappingProblem),
    /// What a column is called is blank, too long, holds control characters, or as many digits as somebody's data.
    #[error("a column of {0} files has no name that a header could hold")]
    ColumnName(FileKind),
    /// More than all.
    #[error("a percentage is above 100")]
    Percentage,
    /// No programme has the vaccine.
    #[error("{0} is no vaccine of any programme")]
    Product(ProductCode),
}

/// Whether files and doses can be read by these settings.
pub fn check_settings(settings: &TenantSettings) -> Result<(), SettingsProblem> {
    let residents = ColumnMapping::of::<Residents>(settings.columns.clone());
    let doses = ColumnMapping::of::<Doses>(settings.dose_columns.clone());
    for (kind, mapping, columns) in [
        (FileKind::Residents, residents, &settings.columns),
        (FileKind::Doses, doses, &settings.dose_columns),
    ] {
        mapping.map_err(|problem| SettingsProblem::Columns(kind, problem))?;
        if !columns.keys().all(|name| is_name(name)) {
            return Err(SettingsProblem::ColumnName(kind));
        }
    }
    let percentages = [settings.max_refused_percent, settings.max_removed_percent];
    if percentages.into_iter().any(|it| it > ALL) {
        return Err(SettingsProblem::Percentage);
    }
    let products = || programmes().iter().flat_map(Programme::products);
    let is_known = |code| products().map(Product::code).any(|it| it == code);
    let mut lots = settings.lots.iter();
    match lots.find(|(product, _)| !is_known(*product)) {
        Some((product, _)) => Err(SettingsProblem::Product(product)),
        None => Ok(()),
    }
}

fn is_name(text: &str) -> bool {
    let is_blank = text.trim_matches([' ', '\u{3000}']).is_empty();
    !is_blank
        && text.chars().count() <= LONGEST_NAME
        && !text.chars().any(char::is_control)
        && !has_digits_like_data(text)
}

/// Whether a cell has as many digits as a date, a coupon or a My Number, and so is no name of a column.
#[must_use]
pub fn has_digits_like_data(cell: &str) -> bool {
    cell.chars().filter(|c| c.is_numeric()).count() >= DIGITS_OF_DATA
}

#[cfg(test)]
mod tests {
    use domain::LotNumber;

    use super::*;

    fn of(theirs: &str, ours: &str) -> Result<(), SettingsProblem> {
        let mut settings = TenantSettings::default();
        settings.columns.insert(theirs.to_owned(), ours.to_owned());
        check_settings(&settings)
    }

    #[test]
    fn settings_must_make_sense_together() {
        assert_eq!(check_settings(&TenantSettings::default()), Ok(()));
        assert_eq!(of("住民番号", "個別宛名番号"), Ok(()));
        let unknown = MappingProblem::NoSuchColumn("住所".to_owned());
        let problem = SettingsProblem::Columns(FileKind::Residents, unknown);
        assert_eq!(of("住所", "住所"), Err(problem));
        for name in ["1234567列", &"長".repeat(100)] {
            assert_eq!(of(name, "氏名"), Ok(()), "{name}");
        }
        for name in [
            "",
            "　 ",
            "a\nb",
            "1２345678",
            "９８3205673214",
            &"長".repeat(101),
        ] {
            let problem = SettingsProblem::ColumnName(FileKind::Residents);
            assert_eq!(of(name, "氏名"), Err(problem), "{name}");
        }
        let percentages = |max_refused_percent, max_removed_percent| {
            let settings = TenantSettings {
                max_refused_percent,
                max_removed_percent,
                ..TenantSettings::default()
            };
            check_settings(&settings)
        };
        assert_eq!(percentages(100, 100), Ok(()));
        assert_eq!(percentages(101, 0), Err(SettingsProblem::Percentage));
        assert_eq!(percentages(0, 101), Err(SettingsProblem::Percentage));
        let mut settings = TenantSettings::default();
        let aspirin: ProductCode = "ASPIRIN".parse().unwrap();
        settings.lots.add(aspirin, LotNumber::parse("1").unwrap());
        assert_eq!(
            check_settings(&settings),
            Err(SettingsProblem::Product(aspirin))
        );
    }
}
