//! A municipality asks, on a recorded basis, which doses others hold for a person.
//!
//! **Triggered by** the HTTP API:
//! - `POST /inquiries` asks (role `inquire`); `GET /inquiries` and `GET /inquiries/{id}` show what was asked;
//! - `POST /residents/{id}/inquiries/{inquiry}/release` lets whoever made an inquiry that was held back be
//!   answered when it asks again (role `approve`).
//!
//! **What a repeat does.** A basis is claimed once, by one transaction with the entry in the log. The inquiry
//! that has claimed it, and no other, finishes what a crash left: holders write their entry once and answer the
//! same again. Once answered, the same inquiry by the same person of staff is given the same answer, as long as
//! the basis has not expired; the answer is kept under a key that only My Number and birth date lead to.
//!
//! This function can look up across municipalities who holds records of a person, and can open none of them:
//! pointers to residents are sealed for the holder, and `answer-inquiry`, which opens them, cannot look up.
//! "Nobody holds any", "no doses", "birth date does not fit" and "held back" are one and the same answer. How long
//! it takes is not hidden: where holders had to be asked it takes longer, which tells the asker's network, on a
//! recorded basis and within its budget, that some municipality knows the number.
//!
//! The log that it writes is read through `residents`: what of it is told to whom depends on who is protected.

mod answer;
mod ask;
mod read;
mod release;
mod wanted;
mod wire;

use std::sync::Arc;

use api::{Problem, Request, Response, Role};
use asking::Asking;
use domain::Clock;
use store::Store;

pub use wire::wire;

/// Who may look at inquiries.
const READERS: [Role; 2] = [Role::Inquire, Role::Approve];

/// Where the random part of an id comes from.
type Random = fn() -> [u8; 10];

/// The function's work, over its adapters.
struct Inquiries {
    store: Store,
    asking: Asking,
    clock: Arc<dyn Clock>,
    random: Random,
}

impl Inquiries {
    /// Answers one request.
    async fn handle(&self, request: Request) -> Response {
        let answer = match request.route() {
            "POST /inquiries" => self.ask(&request).await,
            "GET /inquiries" => self.list(&request).await,
            "GET /inquiries/{id}" => self.show(&request).await,
            "POST /residents/{id}/inquiries/{inquiry}/release" => self.release(&request).await,
            _ => Err(Problem::not_found()),
        };
        answer.into()
    }
}
