//! Describes the records that a report covers.

use aios_memory::Report;

/// Returns a description of the records that a report covers.
pub(super) fn covered(report: &Report) -> String {
    let scope = &report.scope;
    let whose = match &scope.user {
        Some(user) => format!("{user} and shared records"),
        None if scope.all_users => "all users".to_owned(),
        None => "shared records".to_owned(),
    };
    let parts = [("project", &scope.project), ("agent", &scope.agent), ("session", &scope.session)];
    parts.iter().fold(whose, |words, (what, name)| match name {
        Some(name) => format!("{words}, {what} {name}"),
        None => words,
    })
}
