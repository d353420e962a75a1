//! Mistakes that a person may make in the template. Each is planted and must be caught: by the local
//! stack, which refuses to start, by the rules, by the isolation matrix, or by what a function can do in all.

mod municipalities;
mod stack;

use crate::{TEMPLATE, isolation, rules::findings, search_or_decrypt};

/// What, in which resource, and how it is written there: before and after.
type Mistake = (&'static str, &'static str, &'static str, &'static str);

/// The template with the mistake in it.
fn plant((what, within, before, after): &Mistake) -> String {
    let start = TEMPLATE.find(&format!("\n  {within}:\n"));
    let start = start.unwrap_or_else(|| panic!("{what}: no resource {within}"));
    let block = &TEMPLATE[start + 1..];
    let end = block
        .match_indices("\n  ")
        .find(|&(at, _)| at > 0 && !matches!(block.as_bytes()[at + 3], b' ' | b'#'))
        .map_or(block.len(), |(at, _)| at);
    let block = &block[..end];
    assert!(
        block.contains(before),
        "{what}: {before} is not in {within}"
    );
    let planted = block.replacen(before, after, 1);
    TEMPLATE.replacen(block, &planted, 1)
}

#[test]
fn each_planted_mistake_is_caught() {
    // What is wrong without a mistake does not count as having seen one.
    let before = findings(TEMPLATE);
    let mut missed = Vec::new();
    let (mut refused, mut by_rules, mut by_matrix, mut by_powers) = (0, 0, 0, 0);
    let mistakes = [&municipalities::MISTAKES[..], &stack::MISTAKES].concat();
    for mistake in &mistakes {
        let yaml = plant(mistake);
        let (what, within, ..) = mistake;
        let mut new = findings(&yaml);
        new.retain(|finding| !before.contains(finding));
        // What a cheaper check has caught is not asked again.
        let caught = match (isolation::read(&yaml), new.first()) {
            (Err(error), _) => {
                refused += 1;
                format!("the stack refuses to start: {error:#}")
            }
            (Ok(_), Some(finding)) => {
                by_rules += 1;
                finding.clone()
            }
            (Ok(template), None) => {
                if let Some(powers) = search_or_decrypt::findings(&template).pop() {
                    by_powers += 1;
                    powers
                } else if let Some(leak) = isolation::first_leak(&template, within) {
                    by_matrix += 1;
                    leak
                } else {
                    missed.push(*what);
                    "NOT CAUGHT".to_owned()
                }
            }
        };
        println!("{within}: {what}\n    {}", caught.replace('\n', " "));
    }
    println!(
        "{} mistakes planted: {refused} refused at the start, {by_rules} caught by the rules, \
         {by_powers} by what a function can do in all, {by_matrix} by the isolation matrix, {} missed",
        mistakes.len(),
        missed.len()
    );
    assert_eq!(missed, [""; 0]);
}
