//! Returns unused RAM of long-running processes to the system.

mod code;
mod heap;

pub(crate) use self::{code::release_while_proxy, heap::trim_while_grows};
