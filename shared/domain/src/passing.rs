use std::error::Error;

/// An error of a call that failed, which knows whether it is passing trouble.
///
/// Whoever answers a caller turns it into "try again" or "our own fault" by that alone.
pub trait Passing: Error {
    /// Whether waiting and trying again may help.
    fn is_passing(&self) -> bool;
}
