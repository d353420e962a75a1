use domain::Passing;

use crate::{Code, Problem};

/// What the store knows of the caller's municipality. Nothing is done for one that does not take part, whatever
/// its token says.
pub fn enrolled<T, E: Passing>(tenant: Result<Option<T>, E>) -> Result<T, Problem> {
    tenant?.ok_or(Problem::new(Code::TenantNotEnrolled))
}
