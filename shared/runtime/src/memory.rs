//! Where memory comes from. A call through the SDK is some hundred small allocations, so the allocator is a good part
//! of what it costs: `tests/bench` shows it.

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
