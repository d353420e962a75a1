use std::collections::BTreeMap;
use std::fmt;

use tracing_subscriber::filter::LevelFilter;

/// What the template sets in a function's environment. `Debug` shows names only: beside them stand
/// the credentials of the function's role.
#[derive(Clone, Default)]
pub struct Settings(BTreeMap<String, String>);

/// A setting is missing or is no such value: a matter of the deployment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// Not set.
    #[error("the setting {0} is missing")]
    Missing(String),
    /// Set to something that it cannot be.
    #[error("the setting {0} has no sound value")]
    Unsound(String),
}

impl Settings {
    /// Reads the environment of the process.
    #[must_use]
    pub(crate) fn from_env() -> Self {
        // The one place where the environment is read. What is not UTF-8 is none of ours.
        let pairs = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self(pairs.collect())
    }

    /// Takes a map for the environment.
    #[must_use]
    pub const fn from_map(map: BTreeMap<String, String>) -> Self {
        Self(map)
    }

    /// A setting that must be there and not be empty.
    pub fn get(&self, name: &str) -> Result<&str, SettingError> {
        self.maybe(name)
            .ok_or_else(|| SettingError::Missing(name.to_owned()))
    }

    /// A number that stands for itself when it is not set.
    pub fn number(&self, name: &str, otherwise: u64) -> Result<u64, SettingError> {
        self.maybe(name).map_or(Ok(otherwise), |text| {
            text.parse()
                .map_err(|_| SettingError::Unsound(name.to_owned()))
        })
    }

    /// `LOG_LEVEL`: off, error, warn, info (the default), debug or trace.
    pub(crate) fn log_level(&self) -> Result<LevelFilter, SettingError> {
        self.maybe("LOG_LEVEL")
            .map_or(Ok(LevelFilter::INFO), |text| {
                text.parse()
                    .map_err(|_| SettingError::Unsound("LOG_LEVEL".to_owned()))
            })
    }

    /// A setting that may be missing; an empty one is.
    pub(crate) fn maybe(&self, name: &str) -> Option<&str> {
        let text = self.0.get(name)?;
        (!text.is_empty()).then_some(text)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Settings::from_map(pairs.iter().map(own).collect())
    }

    #[test]
    fn a_missing_setting_says_its_name() {
        let settings = settings(&[("RECORDS_TABLE", "records"), ("EMPTY", "")]);
        assert_eq!(settings.get("RECORDS_TABLE"), Ok("records"));
        for name in ["EMPTY", "DROP_BUCKET"] {
            assert_eq!(
                settings.get(name),
                Err(SettingError::Missing(name.to_owned()))
            );
        }
    }

    #[test]
    fn numbers_and_levels_stand_for_themselves_or_must_be_sound() {
        let settings = settings(&[("N", "7"), ("X", "many"), ("LOG_LEVEL", "loud")]);
        assert_eq!(settings.number("N", 1), Ok(7));
        assert_eq!(settings.number("M", 1), Ok(1));
        assert_eq!(
            settings.number("X", 1),
            Err(SettingError::Unsound("X".to_owned()))
        );
        assert!(settings.log_level().is_err());
        assert_eq!(Settings::default().log_level(), Ok(LevelFilter::INFO));
    }

    #[test]
    fn values_are_not_printed() {
        let printed = format!("{:?}", settings(&[("AWS_SECRET_ACCESS_KEY", "hush")]));
        assert_eq!(printed, r#"{"AWS_SECRET_ACCESS_KEY"}"#);
    }
}
