//! All supported families of stores.

use super::{agent, entries, interactions, sessions, shape::Shape, tasks};

/// Every shape. Parents come before children, as tables are read in this order.
pub(super) const SHAPES: &[&Shape] =
    &[&sessions::SHAPE, &agent::SHAPE, &tasks::SHAPE, &interactions::SHAPE, &entries::SHAPE];
