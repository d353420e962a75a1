//! Promises, each proved by itself and by exact counts.
//!
//! - `events`: what comes twice, late, out of order, or to a worker that dies
//! - `inquiries`: one basis, one answer, two logs, whoever tries what and whatever dies
//! - `leaving`: what a municipality that is erased leaves behind
//! - `manifests`: old ones go, and none that is needed
//! - `rows`: what a check leaves for the load is a hint, and sealed
//! - `privacy`: planted people are nowhere but in the files they came in
//! - `recovery`: a table that went back in time, and the files since then, give the same again
//! - `rewound`: what becomes of single files then
//! - `tenants`: no route, token, link or moved ciphertext shows one municipality another's

// A whole stack in one future is deep.
#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod events;
mod inquiries;
mod leaving;
mod manifests;
mod privacy;
mod recovery;
mod register;
mod rewound;
mod rows;
mod tenants;
