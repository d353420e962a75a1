use std::sync::LazyLock;

use crate::TenantCode;

/// code,prefecture,name,kana of all municipalities of Japan.
const LIST: &str = include_str!("../data/municipalities.csv");

static MUNICIPALITIES: LazyLock<Vec<Municipality>> = LazyLock::new(|| {
    let mut list: Vec<_> = LIST
        .lines()
        .skip(1)
        .filter_map(Municipality::from_line)
        .collect();
    list.sort_unstable_by_key(|municipality| municipality.code);
    list
});

/// One of the 1,741 municipalities (市区町村, the special wards of Tokyo included).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Municipality {
    code: TenantCode,
    prefecture: &'static str,
    name: &'static str,
    kana: &'static str,
}

impl Municipality {
    fn from_line(line: &'static str) -> Option<Self> {
        let mut cells = line.split(',');
        let code = TenantCode::checked(cells.next()?).ok()?;
        let (prefecture, name, kana) = (cells.next()?, cells.next()?, cells.next()?);
        Some(Self {
            code,
            prefecture,
            name,
            kana,
        })
    }

    /// Its six-digit code.
    #[must_use]
    pub const fn code(&self) -> TenantCode {
        self.code
    }

    /// Its prefecture, such as 東京都.
    #[must_use]
    pub const fn prefecture(&self) -> &'static str {
        self.prefecture
    }

    /// Its name without the prefecture, such as 千代田区.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Both, such as 東京都千代田区.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}{}", self.prefecture, self.name)
    }

    /// Its reading in katakana.
    #[must_use]
    pub const fn kana(&self) -> &'static str {
        self.kana
    }
}

/// All municipalities, by ascending code.
#[must_use]
pub fn municipalities() -> &'static [Municipality] {
    &MUNICIPALITIES
}

/// The municipality with this code, if there is one.
#[must_use]
pub fn municipality(code: TenantCode) -> Option<&'static Municipality> {
    let list = municipalities();
    let at = list.binary_search_by_key(&code, Municipality::code).ok()?;
    list.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_a_municipality_with_a_true_check_digit() {
        assert_eq!(LIST.lines().count() - 1, 1741);
        assert_eq!(municipalities().len(), 1741);
        for each in municipalities() {
            assert_eq!(municipality(each.code()), Some(each));
            assert!(!each.prefecture().is_empty() && !each.name().is_empty());
            assert!(!each.kana().is_empty() && !each.kana().contains(','));
        }
    }

    #[test]
    fn chiyoda_is_found_by_its_code() {
        let chiyoda = municipality(TenantCode::parse("131016").unwrap()).unwrap();
        assert_eq!(
            (chiyoda.prefecture(), chiyoda.name()),
            ("東京都", "千代田区")
        );
    }
}
