use std::fmt;
use std::sync::Arc;

use crate::TenantCode;

/// One of a kind for each municipality, such as a client that has the rights of one municipality
/// and of no other. Clones share what they hand out.
pub struct PerTenant<T>(Arc<dyn Fn(TenantCode) -> T + Send + Sync>);

impl<T> PerTenant<T> {
    /// Asks `of` each time; whoever makes it keeps what is costly to make.
    #[must_use]
    pub fn new(of: impl Fn(TenantCode) -> T + Send + Sync + 'static) -> Self {
        Self(Arc::new(of))
    }

    /// The one of this municipality.
    #[must_use]
    pub fn of(&self, tenant: TenantCode) -> T {
        (self.0)(tenant)
    }
}

/// The same for all of them: for an operator, who acts with rights of their own, and for tests.
impl<T: Clone + Send + Sync + 'static> From<T> for PerTenant<T> {
    fn from(same: T) -> Self {
        Self::new(move |_| same.clone())
    }
}

impl<T> Clone for PerTenant<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for PerTenant<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PerTenant")
    }
}
