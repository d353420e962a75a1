use std::fmt;

use jiff::civil::Date;

use super::{DoseNumber, Finding, LotNumber, ProductCode, ProgrammeCode, Severity, ShortText};
use crate::{CouponNumber, Movement, Resident, words};

/// 接種会場名, up to 30 characters.
pub type VenueName = ShortText<30>;
/// 接種医師名, up to 20 characters.
pub type PhysicianName = ShortText<20>;

/// What a record of one dose says. Two are the same content when all of it is equal. `Debug` shows nothing
/// of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Dose {
    /// 予防接種, the programme.
    pub programme: ProgrammeCode,
    /// 接種回.
    pub number: DoseNumber,
    /// 接種日.
    pub given_on: Date,
    /// ワクチンメーカー: the vaccine, by its code in our table (see [`crate::read_product`]).
    pub product: ProductCode,
    /// ロット番号.
    pub lot: LotNumber,
    /// 接種会場名.
    pub venue: Option<VenueName>,
    /// 接種医師名.
    pub physician: Option<PhysicianName>,
    /// 券番号 of the coupon that was used.
    pub coupon: Option<CouponNumber>,
}

impl Dose {
    /// Whether both tell of the same injection: the same vaccine of the same lot, on the same day, under the same
    /// number. Venue, physician and coupon may be written otherwise.
    #[must_use]
    pub fn is_same_injection(&self, other: &Self) -> bool {
        (self.programme, self.number, self.given_on, self.product)
            == (other.programme, other.number, other.given_on, other.product)
            && self.lot == other.lot
    }
}

impl fmt::Debug for Dose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dose")
    }
}

/// How a dose stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DoseState {
    /// In force: shown, certified, exported.
    Recorded,
    /// Doubtful: holds its number and is named in the list, but is not in force until somebody decides.
    Review,
    /// Taken back: its number is free again; stays readable.
    Cancelled,
}

words!(DoseState {
    Recorded = "recorded",
    Review = "review",
    Cancelled = "cancelled",
});

impl DoseState {
    /// Whether a dose in this state keeps others from its number.
    #[must_use]
    pub const fn holds_number(self) -> bool {
        matches!(self, Self::Recorded | Self::Review)
    }
}

/// Whether and when a person left the register.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// They are in it.
    No,
    /// They left it on this day.
    On(Date),
    /// They left it, and nobody said when.
    DayUnknown,
}

/// What the rules need to know of a person. `Debug` shows nothing of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PersonFacts {
    /// 生年月日.
    pub birth_date: Date,
    /// 異動日 of a removal.
    pub removal: Removal,
}

impl PersonFacts {
    /// What a resident's own record says.
    #[must_use]
    pub fn of(resident: &Resident) -> Self {
        let removal = match (resident.movement, resident.moved_on) {
            (Movement::Register, _) => Removal::No,
            (Movement::Remove, Some(day)) => Removal::On(day),
            (Movement::Remove, None) => Removal::DayUnknown,
        };
        Self {
            birth_date: resident.birth_date,
            removal,
        }
    }
}

impl fmt::Debug for PersonFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonFacts")
    }
}

/// Another dose of the same person that holds its number. `Debug` shows nothing of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OtherDose {
    /// Its programme.
    pub programme: ProgrammeCode,
    /// Its number.
    pub number: DoseNumber,
    /// When it was given.
    pub given_on: Date,
    /// What was given.
    pub product: ProductCode,
}

impl OtherDose {
    /// What a dose says to the others.
    #[must_use]
    pub const fn of(dose: &Dose) -> Self {
        Self {
            programme: dose.programme,
            number: dose.number,
            given_on: dose.given_on,
            product: dose.product,
        }
    }
}

impl fmt::Debug for OtherDose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OtherDose")
    }
}

/// Where a lot was seen among those that were delivered to the municipality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LotSeen {
    /// It is one of this product.
    ThisProduct,
    /// It is one of another product.
    OtherProduct(ProductCode),
    /// Lots of this product are known, and it is none of them.
    Never,
    /// No lots of this product are known, so nothing can be said.
    NotAsked,
}

/// The dose that a number has now.
#[derive(Clone, Copy)]
pub struct Held<'d> {
    /// What it says.
    pub dose: &'d Dose,
    /// How it stands.
    pub state: DoseState,
}

/// What becomes of an incoming dose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It takes the number and is in force.
    Record,
    /// It takes the number and waits for somebody to look at it.
    Review,
    /// It says what is there already: nothing is written.
    Unchanged,
    /// The number is taken by something else: the newcomer stands in the queue, what is there stays.
    Conflict,
    /// It is not kept as a dose.
    Refuse,
}

impl Decision {
    /// Decides, from what the number has now (a cancelled dose leaves it free) and what
    /// [`crate::check_dose`] found.
    ///
    /// A second attribute that does not fit refuses before anything else, so that whoever has a coupon only
    /// cannot learn whether what they guess is recorded. The same content again is unchanged even if rules
    /// have become stricter since. A taken number is a conflict, whether what holds it is locked or not.
    #[must_use]
    pub fn of(in_number: Option<Held<'_>>, incoming: &Dose, findings: &[Finding]) -> Self {
        if findings.contains(&Finding::SECOND_ATTRIBUTE) {
            return Self::Refuse;
        }
        let holder = in_number.filter(|held| held.state.holds_number());
        if holder.is_some_and(|held| held.dose == incoming) {
            return Self::Unchanged;
        }
        let refused = |finding: &Finding| finding.severity() == Severity::Refuse;
        if findings.iter().any(refused) {
            Self::Refuse
        } else if holder.is_some() {
            Self::Conflict
        } else if findings.is_empty() {
            Self::Record
        } else {
            Self::Review
        }
    }
}
