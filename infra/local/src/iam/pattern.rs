//! Texts of policies: `*` and `?` stand for other characters, `${…}` for what is known of the call.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};

/// A text of a policy, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// `?`
    One,
    /// `*`
    Any,
    /// `${aws:PrincipalTag/tenant}`, in lower case.
    Variable(String),
}

/// A character to match, or one of the two that stand for others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Char(char),
    One,
    Any,
}

impl Pattern {
    /// Takes a text apart. A variable that is not closed, or has a default value, is refused.
    pub fn parse(text: &str) -> Result<Self> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            if let Some(opened) = rest.strip_prefix("${") {
                let (name, after) = opened
                    .split_once('}')
                    .with_context(|| format!("a variable is not closed in {text}"))?;
                push_text(&mut parts, &mut plain);
                match name {
                    "*" => plain.push('*'),
                    "?" => plain.push('?'),
                    "$" => plain.push('$'),
                    _ if name.contains(',') => bail!("a variable with a default: {text}"),
                    _ => parts.push(Part::Variable(name.to_ascii_lowercase())),
                }
                rest = after;
                continue;
            }
            match next {
                '*' | '?' => {
                    push_text(&mut parts, &mut plain);
                    parts.push(if next == '*' { Part::Any } else { Part::One });
                }
                other => plain.push(other),
            }
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
        }
        push_text(&mut parts, &mut plain);
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `text` is as the pattern says. A variable stands for its one value,
    /// letter by letter; one that the call does not have makes the pattern match nothing.
    #[must_use]
    pub fn matches(&self, text: &str, variables: &BTreeMap<String, Vec<String>>) -> bool {
        self.symbols(variables)
            .is_some_and(|symbols| matches(&symbols, text))
    }

    /// As [`Pattern::matches`], but `*` and `?` stand for themselves.
    #[must_use]
    pub fn equals(&self, text: &str, variables: &BTreeMap<String, Vec<String>>) -> bool {
        self.symbols(variables).is_some_and(|symbols| {
            let plain: String = symbols
                .iter()
                .map(|symbol| match symbol {
                    Symbol::Char(char) => *char,
                    Symbol::One => '?',
                    Symbol::Any => '*',
                })
                .collect();
            plain == text
        })
    }

    fn symbols(&self, variables: &BTreeMap<String, Vec<String>>) -> Option<Vec<Symbol>> {
        let mut symbols = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => symbols.extend(text.chars().map(Symbol::Char)),
                Part::One => symbols.push(Symbol::One),
                Part::Any => symbols.push(Symbol::Any),
                Part::Variable(name) => {
                    let [value] = variables.get(name)?.as_slice() else {
                        return None;
                    };
                    symbols.extend(value.chars().map(Symbol::Char));
                }
            }
        }
        Some(symbols)
    }
}

fn push_text(parts: &mut Vec<Part>, plain: &mut String) {
    if !plain.is_empty() {
        parts.push(Part::Text(std::mem::take(plain)));
    }
}

/// Matching with one place to come back to: the last `*` takes one character more.
fn matches(pattern: &[Symbol], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut read) = (0, 0);
    let mut back = None;
    while let Some(&char) = text.get(read) {
        match pattern.get(at) {
            Some(Symbol::Any) => {
                back = Some((at, read));
                at += 1;
            }
            Some(Symbol::One) => {
                at += 1;
                read += 1;
            }
            Some(Symbol::Char(expected)) if *expected == char => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((star, from)) = back else {
                    return false;
                };
                back = Some((star, from + 1));
                at = star + 1;
                read = from + 1;
            }
        }
    }
    pattern
        .get(at..)
        .unwrap_or_default()
        .iter()
        .all(|symbol| *symbol == Symbol::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tenant: &str) -> BTreeMap<String, Vec<String>> {
        BTreeMap::from([(
            "aws:principaltag/tenant".to_owned(),
            vec![tenant.to_owned()],
        )])
    }

    #[test]
    fn stars_and_question_marks_stand_for_others() {
        for (pattern, text, fits) in [
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("a*b*c", "axxbyyc", true),
            ("*", "", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("abc", "abcd", false),
            ("T#131016#*", "T#131016#R#x", true),
            ("T#131016#*", "T#1310160#R#x", false),
            ("a*", "b", false),
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            assert_eq!(
                parsed.matches(text, &BTreeMap::new()),
                fits,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn a_variable_is_its_value_letter_by_letter() {
        let pattern = Pattern::parse("T#${aws:PrincipalTag/tenant}#*").unwrap();
        assert!(pattern.matches("T#131016#CURRENT", &of("131016")));
        assert!(!pattern.matches("T#011002#CURRENT", &of("131016")));
        assert!(!pattern.matches("T#131016#CURRENT", &BTreeMap::new()));
        assert!(
            !pattern.matches("T#131016#CURRENT", &of("*")),
            "a star in a value is a star"
        );
        assert!(pattern.matches("T#*#CURRENT", &of("*")));
    }

    #[test]
    fn what_cannot_be_taken_apart_is_refused() {
        assert!(Pattern::parse("${aws:PrincipalTag/tenant").is_err());
        assert!(Pattern::parse("${aws:PrincipalTag/tenant, 'none'}").is_err());
    }

    #[test]
    fn equality_knows_no_wildcards() {
        let pattern = Pattern::parse("a*").unwrap();
        assert!(!pattern.equals("ab", &BTreeMap::new()));
        assert!(pattern.equals("a*", &BTreeMap::new()));
    }
}
