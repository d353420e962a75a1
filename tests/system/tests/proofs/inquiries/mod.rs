//! Inquiries between municipalities: one basis, one answer, two logs.

mod bulk;
mod conflicts;
mod cost;
pub(crate) mod doses;
mod forged;
mod forms;
mod hostile;
mod index;
mod life;
mod numbers;
mod progress;
mod protected;
mod spoilt;
mod story;
mod told;
mod who;
pub(crate) mod world;
