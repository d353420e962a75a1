use std::collections::BTreeMap;

use crypto::ResidentTag;
use domain::{ConsentId, InquiryId, StaffTag, TenantCode, words};

/// What a log says happened. Facts are codes, ids, numbers and tags: nothing that a person is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogEvent {
    /// This municipality asked, on one of its recorded bases.
    Asked {
        /// The inquiry.
        inquiry: InquiryId,
        /// The recorded basis on which it was asked.
        consent: ConsentId,
        /// What for, and on what.
        terms: Terms,
        /// Who asked; of a row of a file, the tag of the file.
        by: StaffTag,
        /// Who dropped that file, where it was dropped by a link of ours. Else this is no fact at all, as in entries
        /// from before it was noted: their hashes stay what they were.
        dropped_by: Option<StaffTag>,
    },
    /// What came of it.
    Concluded {
        /// The inquiry.
        inquiry: InquiryId,
        /// Who gave doses, by ascending code. Who was asked and gave none is not the asker's to know.
        holders: Vec<TenantCode>,
        /// How many doses.
        doses: u32,
    },
    /// Another municipality asked about a resident of this one.
    Answered {
        /// The inquiry.
        inquiry: InquiryId,
        /// Who asked.
        asker: TenantCode,
        /// What for, and on what.
        terms: Terms,
        /// Whom; of several records of one person, one; not said when the person who was asked about is none of
        /// them.
        resident: Option<ResidentTag>,
        /// What came of it.
        outcome: HolderOutcome,
        /// How many doses were given.
        doses: u32,
        /// Whether the person was address-protected then, or nobody knew whether they were: who asked is where they
        /// went. A fact only where it is so.
        protected: bool,
    },
    /// This municipality decided that another may be answered about a resident it had held back.
    Released {
        /// The inquiry that was held.
        inquiry: InquiryId,
        /// Who may ask again.
        asker: TenantCode,
        /// About whom.
        resident: ResidentTag,
        /// Who decided.
        by: StaffTag,
    },
    /// What is stored says nothing that is known here: it was spoilt, or a newer version wrote it.
    Unknown {
        /// Its facts as they are stored, in the order in which they are hashed.
        facts: Vec<(String, String)>,
    },
}

const PROTECTED: &str = "protected";
const YES: &str = "yes";

/// The names of a kind's facts behind `kind` and `inquiry`, in the order in which they are hashed.
const NAMES: [(&str, &[&str]); 4] = [
    (
        "asked",
        &[
            "consent",
            "basis",
            "purpose",
            "programmes",
            "by",
            "dropped_by",
        ],
    ),
    ("concluded", &["holders", "doses"]),
    (
        "answered",
        &[
            "asker",
            "basis",
            "purpose",
            "programmes",
            "resident",
            "outcome",
            "doses",
            PROTECTED,
        ],
    ),
    ("released", &["asker", "resident", "by"]),
];

/// On what and what for something was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Code of the basis.
    pub basis: String,
    /// Word of the purpose.
    pub purpose: String,
    /// Codes of programmes, with blanks between.
    pub programmes: String,
}

/// What a holder made of an inquiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderOutcome {
    /// Doses were given.
    Given,
    /// The person is known, and has no dose in scope.
    NoDoses,
    /// Nobody fits: number or birth date are another's, or the resident is not in the register.
    NoMatch,
    /// The resident is address-protected, and the municipality decides itself.
    Held,
}

words!(HolderOutcome {
    Given = "given",
    NoDoses = "no_doses",
    NoMatch = "no_match",
    Held = "held",
});

impl Terms {
    fn facts(&self) -> [(&'static str, String); 3] {
        [
            ("basis", self.basis.clone()),
            ("purpose", self.purpose.clone()),
            ("programmes", self.programmes.clone()),
        ]
    }
}

impl LogEvent {
    /// Which inquiry it is about; `None` where that cannot be read.
    #[must_use]
    pub fn inquiry(&self) -> Option<InquiryId> {
        match self {
            Self::Asked { inquiry, .. }
            | Self::Concluded { inquiry, .. }
            | Self::Answered { inquiry, .. }
            | Self::Released { inquiry, .. } => Some(*inquiry),
            Self::Unknown { .. } => self.fact("inquiry").and_then(|text| text.parse().ok()),
        }
    }

    /// The resident whom it is about and who is shown it; `None` if it is about no resident, or if that cannot be read.
    #[must_use]
    pub const fn resident(&self) -> Option<ResidentTag> {
        match self {
            Self::Answered { resident, .. } => *resident,
            Self::Released { resident, .. } => Some(*resident),
            Self::Asked { .. } | Self::Concluded { .. } | Self::Unknown { .. } => None,
        }
    }

    /// Whether it tells, or may tell, where a protected resident of this municipality went. The people about whom the
    /// municipality asked others do not count.
    #[must_use]
    pub fn tells_of_protected(&self) -> bool {
        match self {
            Self::Asked { .. } | Self::Concluded { .. } => false,
            Self::Answered {
                outcome, protected, ..
            } => *protected || *outcome == HolderOutcome::Held,
            Self::Released { .. } => true,
            Self::Unknown { .. } => {
                let kind = self.fact("kind");
                let is_own = ["asked", "concluded"].map(Some).contains(&kind.as_deref());
                !is_own || self.fact("asker").is_some()
            }
        }
    }

    /// The text of a fact by its name.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<String> {
        let mut facts = self.facts().into_iter();
        facts.find(|(it, _)| *it == name).map(|(_, fact)| fact)
    }

    /// The stable word for what happened.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "asked",
            Self::Concluded { .. } => "concluded",
            Self::Answered { .. } => "answered",
            Self::Released { .. } => "released",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// Every fact by its name, in the order in which they are hashed.
    #[must_use]
    pub fn facts(&self) -> Vec<(&str, String)> {
        let of = |inquiry: &InquiryId| {
            vec![
                ("kind", self.kind().to_owned()),
                ("inquiry", inquiry.to_string()),
            ]
        };
        match self {
            Self::Asked {
                inquiry,
                consent,
                terms,
                by,
                dropped_by,
            } => {
                let mut facts = of(inquiry);
                facts.push(("consent", consent.to_string()));
                facts.extend(terms.facts());
                facts.push(("by", by.to_string()));
                facts.extend(dropped_by.map(|by| ("dropped_by", by.to_string())));
                facts
            }
            Self::Concluded {
                inquiry,
                holders,
                doses,
            } => {
                let mut facts = of(inquiry);
                let codes: Vec<_> = holders.iter().map(TenantCode::as_str).collect();
                facts.push(("holders", codes.join(" ")));
                facts.push(("doses", doses.to_string()));
                facts
            }
            Self::Answered {
                inquiry,
                asker,
                terms,
                resident,
                outcome,
                doses,
                protected,
            } => {
                let mut facts = of(inquiry);
                facts.push(("asker", asker.to_string()));
                facts.extend(terms.facts());
                let resident = resident.map(|tag| tag.to_string());
                facts.push(("resident", resident.unwrap_or_default()));
                facts.push(("outcome", outcome.as_str().to_owned()));
                facts.push(("doses", doses.to_string()));
                if *protected {
                    facts.push((PROTECTED, YES.to_owned()));
                }
                facts
            }
            Self::Released {
                inquiry,
                asker,
                resident,
                by,
            } => {
                let mut facts = of(inquiry);
                facts.push(("asker", asker.to_string()));
                facts.push(("resident", resident.to_string()));
                facts.push(("by", by.to_string()));
                facts
            }
            Self::Unknown { facts } => {
                let facts = facts.iter();
                facts
                    .map(|(name, fact)| (name.as_str(), fact.clone()))
                    .collect()
            }
        }
    }

    /// Facts of which nothing is believed. Those that their kind does not have stand behind the others.
    pub(crate) fn unknown(mut facts: BTreeMap<String, String>) -> Self {
        let kind = facts.get("kind");
        let of_kind = NAMES
            .iter()
            .find(|(name, _)| kind.is_some_and(|kind| kind == name));
        let names = of_kind.map_or(&[][..], |(_, names)| names);
        let names = ["kind", "inquiry"].iter().chain(names);
        let mut ordered: Vec<_> = names.filter_map(|name| facts.remove_entry(*name)).collect();
        ordered.extend(facts);
        Self::Unknown { facts: ordered }
    }

    pub(crate) fn read(facts: &BTreeMap<String, String>) -> Option<Self> {
        let text = |name: &str| facts.get(name).map(String::as_str);
        let terms = || {
            Some(Terms {
                basis: text("basis")?.to_owned(),
                purpose: text("purpose")?.to_owned(),
                programmes: text("programmes")?.to_owned(),
            })
        };
        let inquiry = text("inquiry")?.parse().ok()?;
        match text("kind")? {
            "asked" => Some(Self::Asked {
                inquiry,
                consent: text("consent")?.parse().ok()?,
                terms: terms()?,
                by: text("by")?.parse().ok()?,
                dropped_by: text("dropped_by").map(str::parse).transpose().ok()?,
            }),
            "concluded" => {
                let codes = text("holders")?.split(' ').filter(|code| !code.is_empty());
                Some(Self::Concluded {
                    inquiry,
                    holders: codes.map(|code| code.parse().ok()).collect::<Option<_>>()?,
                    doses: text("doses")?.parse().ok()?,
                })
            }
            "answered" => Some(Self::Answered {
                inquiry,
                asker: text("asker")?.parse().ok()?,
                terms: terms()?,
                resident: match text("resident")? {
                    "" => None,
                    tag => Some(ResidentTag::parse(tag).ok()?),
                },
                outcome: text("outcome")?.parse().ok()?,
                doses: text("doses")?.parse().ok()?,
                protected: match text(PROTECTED) {
                    None => false,
                    Some(YES) => true,
                    Some(_) => return None,
                },
            }),
            "released" => Some(Self::Released {
                inquiry,
                asker: text("asker")?.parse().ok()?,
                resident: ResidentTag::parse(text("resident")?).ok()?,
                by: text("by")?.parse().ok()?,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
