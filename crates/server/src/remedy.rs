//! The next step after a failure, as text for callers of the service. Steps that only the operator
//! of the service can take are marked as such.

#[cfg(test)]
mod tests;

use aios_memory::Remedy;

/// Returns the text of a remedy.
pub(crate) fn words(remedy: &Remedy) -> String {
    match remedy {
        Remedy::Retry | Remedy::Reopen => "send the call again a little later".to_owned(),
        Remedy::ReduceLoad { setting } => format!(
            "send fewer or larger calls, or have the operator raise the setting `{setting}`"
        ),
        Remedy::RaiseLimit { setting } => {
            format!("remove what is not needed, or have the operator raise `{setting}`")
        }
        Remedy::Purge { setting } => {
            format!("forget records with `purge`, or have the operator raise `{setting}`")
        }
        Remedy::UseInstead { instead } => format!("use {instead}"),
        _ => of_values(remedy).unwrap_or(OPERATOR).to_owned(),
    }
}

const OPERATOR: &str =
    "have the operator of the service run `aios-memory doctor` on its data directory";

fn of_values(remedy: &Remedy) -> Option<&'static str> {
    Some(match remedy {
        Remedy::Correct => "send another value, or leave the field out",
        Remedy::Split => "split it over several calls",
        Remedy::Flatten => "nest the value less deeply",
        Remedy::GiveVector => "send a vector in the space of the store",
        Remedy::RelaxGuard => "remove the finding from the text",
        Remedy::ChooseId => "choose another id",
        Remedy::CheckId => "check the id, or store the record first",
        Remedy::StoreFirst => "store the referenced record first",
        Remedy::StoreAnother => "store another record: this one is immutable",
        Remedy::Update => "update the stored record instead",
        Remedy::UpdateOrForget => "update the stored record instead, or forget it",
        Remedy::StoreInWorking => "store it as a record of its kind",
        Remedy::StorePreference => "store a preference of one user",
        Remedy::StoreAgain => "send the refused records again, corrected",
        Remedy::RestartList => "list from the beginning, or send the cursor of the page before",
        Remedy::NameOwner => {
            "name the owner: call with a token of the user whose record it is, or, if the caller \
             may name users, with the header `aios-user`"
        }
        Remedy::ActForNoUser => "call without a user",
        Remedy::WidenScope => "call as the user of the record, and in its project",
        Remedy::ForgetByKey => "forget these first, by their keys",
        Remedy::NameScope => "name a user, project, agent or session",
        Remedy::NameRecords => "review the proposed records, and send the keys that are meant",
        Remedy::NameDocument => "name one of the documents",
        Remedy::SmallerBatch => "send fewer texts at once",
        Remedy::FreeDisk => "have the operator free space on the disk; nothing is damaged",
        _ => return None,
    })
}
