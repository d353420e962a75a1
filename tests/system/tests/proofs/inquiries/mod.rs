//! Inquiries between municipalities: one basis, one answer, two logs.

mod bulk;
mod cost;
mod doses;
mod forged;
mod hostile;
mod life;
mod story;
mod world;
