use domain::{ExportId, TenantCode};
use serde::{Deserialize, Serialize};

use crate::Message;

/// A message in the queue `exports`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportMessage {
    /// From the schedule: export the doses of every municipality that takes part.
    Nightly {
        /// Those behind this one only: what the invocation before left to the next.
        after: Option<TenantCode>,
    },
    /// The same of one municipality, which could not be asked about among the others.
    NightlyOf {
        /// The municipality whose doses they are.
        tenant: TenantCode,
    },
    /// Make an export that was asked for.
    Export {
        /// The municipality whose doses they are.
        tenant: TenantCode,
        /// The export.
        export: ExportId,
    },
}

/// A message body that neither this code nor the schedule wrote.
#[derive(Debug, thiserror::Error)]
#[error("not a message of the queue `exports`")]
pub struct NotAnExportMessage;

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Wire {
    Nightly {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    NightlyOf {
        tenant: String,
    },
    Export {
        tenant: String,
        export: String,
    },
}

impl ExportMessage {
    /// Reads the JSON form.
    pub fn parse(body: &str) -> Result<Self, NotAnExportMessage> {
        match serde_json::from_str(body).map_err(|_| NotAnExportMessage)? {
            Wire::Nightly { after } => {
                let after = after.map(|code| TenantCode::parse(&code)).transpose();
                Ok(Self::Nightly {
                    after: after.map_err(|_| NotAnExportMessage)?,
                })
            }
            Wire::NightlyOf { tenant } => Ok(Self::NightlyOf {
                tenant: TenantCode::parse(&tenant).map_err(|_| NotAnExportMessage)?,
            }),
            Wire::Export { tenant, export } => Ok(Self::Export {
                tenant: TenantCode::parse(&tenant).map_err(|_| NotAnExportMessage)?,
                export: export.parse().map_err(|_| NotAnExportMessage)?,
            }),
        }
    }
}

impl Message for ExportMessage {
    fn wire(&self) -> impl Serialize {
        match self {
            Self::Nightly { after } => Wire::Nightly {
                after: after.map(|code| code.as_str().to_owned()),
            },
            Self::NightlyOf { tenant } => Wire::NightlyOf {
                tenant: tenant.as_str().to_owned(),
            },
            Self::Export { tenant, export } => Wire::Export {
                tenant: tenant.as_str().to_owned(),
                export: export.to_string(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_back_as_they_were_written() {
        let tenant = TenantCode::parse("131016").unwrap();
        let export = ExportId::derive(jiff::Timestamp::UNIX_EPOCH, &[7; 32]);
        for message in [
            ExportMessage::Nightly { after: None },
            ExportMessage::Nightly {
                after: Some(tenant),
            },
            ExportMessage::NightlyOf { tenant },
            ExportMessage::Export { tenant, export },
        ] {
            assert_eq!(ExportMessage::parse(&message.to_json()).unwrap(), message);
        }
        let first = ExportMessage::Nightly { after: None };
        assert_eq!(
            first.to_json(),
            r#"{"kind":"nightly"}"#,
            "as the schedule writes it"
        );
    }

    #[test]
    fn a_foreign_body_is_refused() {
        for body in [
            "",
            "{}",
            r#"{"kind":"weekly"}"#,
            r#"{"kind":"nightly","tenant":"131016"}"#,
            r#"{"kind":"nightly","after":"131017"}"#,
            r#"{"kind":"nightly_of"}"#,
            r#"{"kind":"nightly_of","tenant":"131017"}"#,
            r#"{"kind":"export","tenant":"131016"}"#,
            r#"{"kind":"export","tenant":"131017","export":"0d9c0c3e-3b0a-8b1e-9a53-4c9b5f6a7d80"}"#,
            r#"{"kind":"export","tenant":"131016","export":"x"}"#,
        ] {
            assert!(ExportMessage::parse(body).is_err(), "{body}");
        }
    }
}
