//! Doses: what a record says, the programmes it may belong to, and the rules it is held against.

mod check;
mod coupon_line;
mod finding;
mod lots;
mod number;
mod period;
mod product;
mod programme;
mod record;
mod table;
mod text;

pub use check::check_dose;
pub use coupon_line::{CouponKind, CouponLine, CouponLineError};
pub use finding::{Finding, FindingCode, Severity};
pub use lots::KnownLots;
pub use number::{DoseNumber, LotNumber, LotNumberError, ProductCode, ProgrammeCode};
pub use period::Period;
pub use product::{AgeLimit, Product};
pub use programme::{Interval, Programme, programme, programmes, read_product};
pub use record::{
    Decision, Dose, DoseState, Held, LotSeen, OtherDose, PersonFacts, PhysicianName, Removal,
    VenueName,
};
pub use text::{ShortText, ShortTextError};
