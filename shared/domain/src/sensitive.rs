use std::fmt;

use zeroize::Zeroize;

/// What a person is called or numbered. It prints as its type's name only, and every place that
/// looks inside says `expose`, which is easy to search for. The memory is cleared when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive<T: Zeroize>(T);

impl<T: Zeroize> Sensitive<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Not for logs, errors, metrics, object names, paths or queries.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Zeroize> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sensitive")
    }
}

impl<T: Zeroize> Drop for Sensitive<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_prints_as_its_type_only() {
        let name = Sensitive::new(String::from("山田 太郎"));
        assert_eq!(format!("{name:?}"), "Sensitive");
        assert_eq!(name.expose(), "山田 太郎");
    }
}
