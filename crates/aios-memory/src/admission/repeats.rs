//! The check that a batch of messages that is written directly is stored whole or not at all.

use std::collections::HashMap;

use aios_record::{Id, Kind};

use super::{
    Admission,
    arrival::{Arrival, Content},
    candidate::{Ready, Tiers},
    told::{tells_message_otherwise, tells_otherwise_than},
};
use crate::{Error, RecordProblem};

impl Admission {
    /// Returns an error if a message of `run` has the id of another message that is stored in its
    /// session or precedes it.
    pub(super) async fn check_repeats(&self, tiers: &Tiers, run: &[Ready]) -> Result<(), Error> {
        let messages = tiers.working.with_expired();
        let mut first: HashMap<&Id, &Arrival> = HashMap::new();
        for Ready { arrival, .. } in run {
            // Other ids are new.
            if !has_external_id(arrival) {
                continue;
            }
            let differs = match first.get(&arrival.id) {
                Some(first) => tells_otherwise_than(arrival, first),
                None => {
                    let stored = messages.messages().get(&arrival.id).await?;
                    let stored = stored.filter(|it| {
                        let scope = &it.meta.scope;
                        scope.session == arrival.scope.session && self.view.gate().sees(scope)
                    });
                    stored.is_some_and(|stored| tells_message_otherwise(arrival, &stored))
                }
            };
            if differs {
                let (kind, problem) = (Kind::Message, RecordProblem::Differs);
                return Err(Error::Record { kind, problem });
            }
            first.entry(&arrival.id).or_insert(arrival);
        }
        Ok(())
    }
}

fn has_external_id(arrival: &Arrival) -> bool {
    matches!(&arrival.content, Content::Message(message) if message.external_id.is_some())
}
