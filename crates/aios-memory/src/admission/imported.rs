//! The parts of an imported record that this memory determines itself.

use aios_record::{Kind, Record};

use crate::work::Claim;

/// Removes the parts of an imported record that follow from other records, or from the processes of
/// this memory.
pub(super) fn settle(record: &mut Record) {
    match record.kind {
        // The positions of the session's messages give it.
        Kind::Session => {
            record.payload.as_object_mut().and_then(|fields| fields.remove("message_count"));
        }
        Kind::Task => Claim::leave_out(&mut record.payload),
        _ => {}
    }
}
