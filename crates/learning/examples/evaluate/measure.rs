//! The measures of `evaluate`, one file each.

pub(crate) mod locomo;
pub(crate) mod logistic;
pub(crate) mod speed;
pub(crate) mod supersession;
pub(crate) mod times;
pub(crate) mod worth;
