//! Two municipalities in one stack: nothing that one can do shows it that the other's residents or
//! files exist.

mod ciphertexts;
mod links;
mod routes;
mod tokens;
mod world;
