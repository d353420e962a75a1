//! The command as it is typed, and the demonstration.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says where, and what is measured is shown"
)]

mod binaries;
mod command;
mod index;
mod killed;
mod mistakes;
mod operator;
mod recover;
mod served;
mod tools;

/// What it prints it has checked, so that it ends well is the test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_holds() {
    let mut out = Vec::new();
    vrs::demo::run("vrs", vrs::demo::RESIDENTS, &mut out)
        .await
        .unwrap();
    let text = String::from_utf8(out).unwrap();
    for said in [
        "cp932",
        "errors.csv",
        "MY_NUMBER_CHECK_DIGIT",
        "台帳に反映しました（第2世代）",
    ] {
        assert!(text.contains(said), "{said}");
    }
    let wide = |c: char| if c.is_ascii() { 1 } else { 2 };
    let widest = text
        .lines()
        .map(|line| line.chars().map(wide).sum::<usize>())
        .max();
    assert!(widest <= Some(100), "{widest:?} columns");
}
