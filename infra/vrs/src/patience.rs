//! How long nothing may happen to a file before the commands stop waiting for it.

use std::time::Duration;

/// A message whose function was killed stays hidden for its queue's visibility time, and is tried again only
/// then: an hour for a file of inquiries, less for the other files; the new try may work for ten minutes
/// before it says anything. A message that fails is tried ten times in about twenty minutes.
pub const PATIENCE: Duration = Duration::from_mins(75);

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use local::template::{Place, TEMPLATE, Template};

    use super::*;

    #[test]
    fn a_message_comes_again_and_is_worked_on_before_a_file_is_given_up() {
        let issuer = ("JwtIssuer".to_owned(), "http://127.0.0.1:8080".to_owned());
        let template = Template::parse(TEMPLATE, &BTreeMap::from([issuer]), &Place::default());
        let template = template.unwrap();
        let mut followed = 0;
        for mapping in &template.mappings {
            let mut queues = template.queues.iter();
            let queue = queues.find(|it| it.arn == mapping.queue).unwrap();
            let mut functions = template.functions.iter();
            let function = functions.find(|it| it.name == mapping.function).unwrap();
            // No command follows an export.
            if function.package != "export-ledger" {
                let again = queue.visibility + function.timeout;
                assert!(again < PATIENCE, "{}: {again:?}", queue.name);
                followed += 1;
            }
        }
        assert_eq!(followed, 4, "uploads, loads, doses, inquiries");
    }
}
