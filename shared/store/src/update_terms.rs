//! Update expressions and their values, written together.

use aws_sdk_dynamodb::types::AttributeValue;

/// The terms of a `SET` or an `ADD` with their values. Each attribute is named once: the placeholder of its value is
/// made of its name.
#[derive(Debug)]
pub(crate) struct UpdateTerms {
    clause: &'static str,
    between: &'static str,
    /// The update expression.
    pub(crate) update: String,
    /// Its values, and those of the condition.
    pub(crate) values: Vec<(String, AttributeValue)>,
}

impl UpdateTerms {
    /// Attributes that are set.
    pub(crate) fn set() -> Self {
        Self::of("SET ", " = ")
    }

    /// Numbers that are added to.
    pub(crate) fn add() -> Self {
        Self::of("ADD ", " ")
    }

    fn of(clause: &'static str, between: &'static str) -> Self {
        Self {
            clause,
            between,
            update: String::new(),
            values: Vec::new(),
        }
    }

    /// One more attribute. A name that `DynamoDB` reserves is written as `#name`.
    pub(crate) fn put(&mut self, name: &str, value: AttributeValue) {
        let placeholder = format!(":{}", name.trim_start_matches('#'));
        self.term(name, &placeholder);
        self.values.push((placeholder, value));
    }

    /// One more attribute that is set, unless it has a value.
    pub(crate) fn put_if_none(&mut self, name: &str, value: AttributeValue) {
        let placeholder = format!(":{name}");
        self.term(name, &format!("if_not_exists({name}, {placeholder})"));
        self.values.push((placeholder, value));
    }

    fn term(&mut self, name: &str, operand: &str) {
        let before = if self.update.is_empty() {
            self.clause
        } else {
            ", "
        };
        for part in [before, name, self.between, operand] {
            self.update.push_str(part);
        }
    }

    /// A value that only the condition names.
    pub(crate) fn value(&mut self, placeholder: &str, value: AttributeValue) {
        self.values.push((placeholder.to_owned(), value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::n;

    #[test]
    fn each_term_names_the_value_that_is_put_for_it() {
        let mut sets = UpdateTerms::set();
        sets.value(":before", n(1));
        sets.put("#state", n(2));
        sets.put_if_none("in_force", n(3));
        let update = "SET #state = :state, in_force = if_not_exists(in_force, :in_force)";
        assert_eq!(sets.update, update);
        let names: Vec<_> = sets.values.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(names, [":before", ":state", ":in_force"]);
        let mut adds = UpdateTerms::add();
        adds.put("rows_new", n(1));
        adds.put("rows_changed", n(2));
        assert_eq!(
            adds.update,
            "ADD rows_new :rows_new, rows_changed :rows_changed"
        );
    }
}
