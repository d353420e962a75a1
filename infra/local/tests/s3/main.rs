//! The local S3 as its callers meet it: the SDK over a port on loopback, and the ordinary command
//! line where there is one.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "what a test cannot go on without fails it; a skipped test says so"
)]

mod announcements;
mod command_line;
mod in_process;
mod links;
mod listings;
mod parts;
mod reads;
mod survival;
mod tenants;
mod world;
mod writes;
