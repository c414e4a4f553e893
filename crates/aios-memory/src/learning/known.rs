//! The working set of learning for one owner.

use super::{current::Current, said::Conversations};

/// The current facts of an owner, and the last messages of their conversations.
#[derive(Default)]
pub(super) struct Known {
    pub(super) current: Current,
    pub(super) conversations: Conversations,
}
