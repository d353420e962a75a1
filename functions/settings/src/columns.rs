//! The columns of our layouts, as somebody who maps their own to them needs to know them.

use layouts::{LayoutColumn, doses, residents};
use serde::Serialize;

/// A column that one of the municipality's own can be mapped to.
#[derive(Serialize)]
pub(crate) struct Mappable {
    name: &'static str,
    name_en: &'static str,
    required: bool,
    /// What may stand in it.
    form: &'static str,
    form_en: &'static str,
}

/// The columns of residents files, in the order of the layout.
pub(crate) fn of_residents() -> Vec<Mappable> {
    use residents::Column;

    let described = |column: Column| match column {
        Column::Municipality => ("municipality code", "6桁", "six digits"),
        Column::Number => (
            "resident number",
            "40文字まで",
            "up to 40 characters, the municipality's own",
        ),
        Column::Coupon => ("coupon number", "10桁", "ten digits"),
        Column::MyNumber => ("My Number", "12桁", "twelve digits"),
        Column::Name => ("name", "100文字まで", "up to 100 characters"),
        Column::Kana => ("name in kana", "100文字まで", "up to 100 characters"),
        Column::BirthDate => ("birth date", DATE, DATE_EN),
        Column::Sex => (
            "sex",
            "0 不明、1 男、2 女、9 適用外",
            "0 unknown, 1 male, 2 female, 9 not applicable",
        ),
        Column::Movement => (
            "movement",
            "1 登録・更新、2 削除（空は1）",
            "1 register or update, 2 remove (empty: 1)",
        ),
        Column::MovedOn => ("day of the movement", DATE, DATE_EN),
        Column::Reason => (
            "reason of the movement",
            "20文字まで",
            "up to 20 characters",
        ),
        Column::Protected => (
            "protected address",
            "1 あり、0 または空 なし",
            "1 yes, 0 or empty no",
        ),
    };
    mappable(described)
}

/// The columns of dose files, in the order of the layout.
pub(crate) fn of_doses() -> Vec<Mappable> {
    use doses::Column;

    let described = |column: Column| match column {
        Column::Municipality => ("municipality code", "6桁", "six digits"),
        Column::Coupon => (
            "coupon number",
            "10桁（個別宛名番号があれば空でもよい）",
            "ten digits (may be empty beside a resident number)",
        ),
        Column::Number => (
            "resident number",
            "40文字まで（券番号があれば空でもよい）",
            "up to 40 characters (may be empty beside a coupon number)",
        ),
        Column::DoseNumber => ("dose number", "1以上の整数", "a whole number from 1"),
        Column::GivenOn => ("day of the dose", DATE, DATE_EN),
        Column::Venue => ("venue", "30文字まで", "up to 30 characters"),
        Column::Physician => ("physician", "20文字まで", "up to 20 characters"),
        Column::Maker => (
            "maker of the vaccine",
            "20文字まで。メーカー名、販売名またはコード",
            "up to 20 characters: maker, name or code",
        ),
        Column::Lot => ("lot number", "20文字まで", "up to 20 characters"),
        Column::Programme => (
            "programme",
            "予防接種のコード（空はCOVID19）",
            "code of a programme (empty: COVID19)",
        ),
    };
    mappable(described)
}

const DATE: &str = "19800401、1980-04-01、昭和55年4月1日 など";
const DATE_EN: &str = "19800401, 1980-04-01, S55.4.1 and the like";

/// `described`: in English, and what may stand in it.
fn mappable<C: LayoutColumn>(
    described: impl Fn(C) -> (&'static str, &'static str, &'static str),
) -> Vec<Mappable> {
    let columns = C::ALL.iter().map(|&column| {
        let (name_en, form, form_en) = described(column);
        Mappable {
            name: column.name(),
            name_en,
            required: column.is_required(),
            form,
            form_en,
        }
    });
    columns.collect()
}
