//! RAM that a long-running process gives back to the system.

mod code;
mod heap;

pub(crate) use self::{code::release_while_proxy, heap::trim_while_grows};
