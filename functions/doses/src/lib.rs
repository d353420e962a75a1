//! A municipality records, reads, corrects and settles doses.
//!
//! **Triggered by** the HTTP API:
//! - `POST /doses/lookup` shows whose coupon it is, as far as a venue may see, and gives a token
//!   (role `doses`);
//! - `POST /doses` records a dose, `PUT /doses/{id}` corrects it, `DELETE /doses/{id}` takes it back,
//!   `POST /doses/{id}/resolve` decides about a doubtful dose, a newcomer or a waiting dose (role `doses`);
//! - `POST /doses/{id}/lock` and `/unlock` (role `approve`);
//! - `GET /residents/{id}/doses` shows the doses of one person with their history, `GET /doses/{id}` one waiting
//!   dose, withdrawn or not, `GET /doses` lists what staff have to look at, as JSON or CSV, `GET /doses/counts`
//!   counts (role `read`).
//!
//! Whoever was numbered anew is shown with the doses under the former number as well, and a dose is recorded beside
//! those: the README of `recording` says how far.
//!
//! **What a repeat does.** A request to record carries a key of its caller: sent again, it is answered with
//! what became of it the first time. The same content under another key is unchanged and written nowhere.
//! A correction or cancellation says which revision it is about. The same one again, by the same person for the
//! same reason, is answered as it was; anything else about a revision that has moved on is told so (412).
//! Locking, unlocking and deciding the same again change nothing.
//!
//! Why nothing overwrites is in the README of `recording`, and why no change is half done in that of `store`.

mod answer;
mod change;
mod coupon;
mod history;
mod list;
mod lookup;
mod municipality;
mod record;
mod token;
mod wire;

use std::sync::{Arc, Mutex};

use api::{Problem, Request, Response};
use crypto::{Keyring, NoncePool};
use domain::Clock;
use recording::Recorder;
use store::Store;

use crate::municipality::Municipalities;

pub use wire::wire;

/// The function's work, over its adapters.
struct Doses {
    recorder: Recorder,
    municipalities: Municipalities,
    nonces: Mutex<NoncePool>,
    clock: Arc<dyn Clock>,
}

impl Doses {
    /// Wires the function: the table, the municipalities' keys, time.
    fn new(store: Store, keys: Keyring, clock: Arc<dyn Clock>) -> Self {
        Self {
            municipalities: Municipalities::new(store.clone(), keys),
            recorder: Recorder::new(store),
            nonces: Mutex::default(),
            clock,
        }
    }

    /// Answers one request.
    async fn handle(&self, request: Request) -> Response {
        let answer = match request.route() {
            "POST /doses/lookup" => self.look_up(&request).await,
            "POST /doses" => self.record(&request).await,
            "PUT /doses/{id}" => self.correct(&request).await,
            "DELETE /doses/{id}" => self.cancel(&request).await,
            "POST /doses/{id}/lock" => self.set_lock(&request, true).await,
            "POST /doses/{id}/unlock" => self.set_lock(&request, false).await,
            "POST /doses/{id}/resolve" => self.resolve(&request).await,
            "GET /doses/{id}" => self.waiting(&request).await,
            "GET /residents/{id}/doses" => self.history(&request).await,
            "GET /doses" => self.list(&request).await,
            "GET /doses/counts" => self.counts(&request).await,
            _ => Err(Problem::not_found()),
        };
        answer.into()
    }
}
