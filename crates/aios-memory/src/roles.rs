//! Roles of a [`MemoryView`](crate::MemoryView): cheap views with the operations of one topic. The
//! role of an [`Administrator`](crate::Administrator) is [`Upkeep`](crate::upkeep::Upkeep).

pub use crate::{
    assemble::Contexts, events::Events, feed::Feed, files::Files, forget::Forgetting, graph::Graph,
    work::Works,
};
