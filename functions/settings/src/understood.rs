//! What a row was understood as, column by column, for whoever sent it.

use domain::{CouponNumber, Movement, ResidentRow, Sex, TenantCode, Text};
use layouts::{
    doses::{self, DoseRow},
    residents,
};

/// Stands for a My Number, which is never answered.
const MY_NUMBER: &str = "●●●●●●●●●●●●";

/// What a row says of one column, `None` for nothing.
pub(crate) fn of_resident(
    row: &ResidentRow<'_>,
    column: residents::Column,
    tenant: TenantCode,
) -> Option<String> {
    use residents::Column;

    match column {
        Column::Municipality => Some(tenant.to_string()),
        Column::Number => Some(row.number.to_owned()),
        Column::Coupon => row.coupon.map(digits),
        Column::MyNumber => row.my_number.map(|_| MY_NUMBER.to_owned()),
        Column::Name => text(Some(row.name)),
        Column::Kana => text(row.kana),
        Column::BirthDate => Some(row.birth_date.to_string()),
        Column::Sex => Some(sex(row.sex).to_owned()),
        Column::Movement => Some(movement(row.movement).to_owned()),
        Column::MovedOn => row.moved_on.map(|date| date.to_string()),
        Column::Reason => text(row.reason),
        Column::Protected => row
            .protected
            .map(|protected| if protected { "あり" } else { "なし" }.to_owned()),
    }
}

/// The same of a row of a dose file.
pub(crate) fn of_dose(
    row: &DoseRow<'_>,
    column: doses::Column,
    tenant: TenantCode,
) -> Option<String> {
    use doses::Column;

    match column {
        Column::Municipality => Some(tenant.to_string()),
        Column::Coupon => row.coupon.map(digits),
        Column::Number => row.resident.map(str::to_owned),
        Column::DoseNumber => Some(row.number.get().to_string()),
        Column::GivenOn => Some(row.given_on.to_string()),
        Column::Venue => text(row.venue),
        Column::Physician => text(row.physician),
        Column::Maker => domain::programme(row.programme)
            .and_then(|programme| programme.product(row.product))
            .map(|product| format!("{}（{}）", product.maker(), product.name())),
        Column::Lot => Some(row.lot.to_owned()),
        Column::Programme => Some(row.programme.as_str().to_owned()),
    }
}

fn text(text: Option<Text<'_>>) -> Option<String> {
    text.map(|text| text.utf8.to_owned())
}

fn digits(coupon: CouponNumber) -> String {
    coupon.expose_digits().into_iter().map(char::from).collect()
}

const fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Unknown => "不明",
        Sex::Male => "男",
        Sex::Female => "女",
        Sex::NotApplicable => "適用外",
    }
}

const fn movement(movement: Movement) -> &'static str {
    match movement {
        Movement::Register => "登録・更新",
        Movement::Remove => "削除",
    }
}
