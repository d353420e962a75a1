#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod as_of;
mod basis;
mod clock;
mod consent;
mod coupon;
mod date;
mod digits;
mod dose;
mod encoding;
mod export;
mod lease;
mod municipality;
mod my_number;
mod name;
mod passing;
mod per_tenant;
mod resident;
mod sensitive;
mod settings;
mod tenant;
mod upload;
mod word;

pub use as_of::as_of_date;
pub use basis::{
    Basis, EvidenceKind, LONGEST_DAYS, MOST_EVIDENCE_NUMBER, Purpose, bases, basis,
    is_evidence_number,
};
pub use clock::{Clock, japan_date, japan_time};
pub use consent::{ConsentId, ConsentLife, ConsentState, InquiryId, LifeError, StaffTag, Stage};
pub use coupon::{CouponNumber, CouponNumberError};
pub use date::{DateError, parse_date, parse_eight_digits};
pub use dose::{
    AgeLimit, CouponKind, CouponLine, CouponLineError, Decision, Dose, DoseNumber, DoseState,
    Finding, FindingCode, Held, Interval, KnownLots, LotNumber, LotNumberError, LotSeen, OtherDose,
    Period, PersonFacts, PhysicianName, Product, ProductCode, Programme, ProgrammeCode, Removal,
    Severity, ShortText, ShortTextError, VenueName, check_dose, programme, programmes,
    read_product,
};
pub use encoding::Encoding;
pub use export::{ExportId, ExportOrigin, ExportScope, ExportState, next_nightly, nightly_of};
pub use jiff::civil::{Date, DateTime};
pub use lease::{Lease, NextLease};
pub use municipality::{Municipality, municipalities, municipality};
pub use my_number::{MyNumber, MyNumberError, has_my_number, without_my_numbers};
pub use name::{fold_in_key, fold_name};
pub use passing::Passing;
pub use per_tenant::PerTenant;
pub use resident::{Movement, OwnedText, Resident, ResidentRow, Sex, Text};
pub use sensitive::Sensitive;
pub use settings::TenantSettings;
pub use tenant::{TenantCode, TenantCodeError, TenantScope};
pub use upload::{FileKind, Generation, RowCounts, UploadId, UploadState};
pub use word::UnknownWord;
