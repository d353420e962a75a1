#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod clock;
mod coupon;
mod date;
mod digits;
mod lease;
mod municipality;
mod my_number;
mod name;
mod resident;
mod sensitive;
mod tenant;
mod upload;

pub use clock::{Clock, japan_date};
pub use coupon::{CouponNumber, CouponNumberError};
pub use date::{DateError, as_of_date, parse_date, parse_eight_digits};
pub use jiff::civil::Date;
pub use lease::Lease;
pub use municipality::{Municipality, municipalities, municipality};
pub use my_number::{MyNumber, MyNumberError};
pub use name::fold_name;
pub use resident::{Movement, OwnedText, Resident, ResidentRow, Sex, Text};
pub use sensitive::Sensitive;
pub use tenant::{TenantCode, TenantCodeError, TenantScope};
pub use upload::{FileKind, Generation, RowCounts, UnknownWord, UploadId, UploadState};
