//! The fields by which forgotten texts are recognised. Stored tombstones depend on them: if a field
//! is removed from a list, forgotten texts return; if one is added, names count as forgotten.

use super::*;

#[test]
fn the_table_of_kinds_gives_the_fields_that_stored_tombstones_rely_on() {
    let naming: Vec<&str> = NAMING_FIELDS.iter().copied().collect();
    let others = ["goal_id", "task_id"];
    let naming: Vec<&str> = naming.into_iter().filter(|it| !others.contains(it)).collect();
    assert_eq!(
        naming,
        [
            "agent",
            "agent_name",
            "client",
            "ended_by",
            "evidence",
            "external_id",
            "file_path",
            "id",
            "key",
            "kind",
            "module",
            "name",
            "origin",
            "originals",
            "path",
            "project",
            "provenance",
            "references",
            "role",
            "scope",
            "session",
            "source",
            "speaker",
            "status",
            "subject",
            "superseded_by",
            "tags",
            "tool_name",
            "url",
            "user",
        ]
    );
    let all = |names: &BTreeSet<&'static str>| names.iter().copied().collect::<Vec<_>>();
    let titles = ["agent_name", "file_path", "key", "name", "path", "tool_name"];
    assert_eq!(all(&TITLES), titles);
    let sentences = ["assistant_response", "context", "description", "user_transcript"];
    assert_eq!(all(&SENTENCES), sentences);
    assert_eq!(all(&VALUES), ["chosen", "input", "output", "value"]);
}
