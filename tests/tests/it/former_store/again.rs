//! The sources of a former store, ingested again.

use std::path::Path;

use aios_exchange::{
    export,
    import::{self, ImportOptions},
    ingest::{self, IngestOptions},
};
use aios_memory::{AgentMemory, Kind, MemoryView, Mode, RememberOptions, Scope};

use super::{Former, all, expected, fixture};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sources_of_a_former_store_read_again_add_nothing() {
    // Documents are identified by the path under which they were read.
    std::env::set_current_dir(fixture()).unwrap();
    let former = Former::new();
    let memory = former.open().await;
    let before = all(&memory).await;
    let mut faults = Vec::new();
    for again in expected("again") {
        let arguments = again["arguments"].as_array().unwrap();
        let mut arguments: Vec<&str> = arguments.iter().map(|it| it.as_str().unwrap()).collect();
        let Some(view) = view_of(&memory, &mut arguments) else { continue };
        let outcome = read_again(&view, &arguments).await;
        // A conversation whose parts name two owners is now refused; its records exist.
        if let Err(fault) = outcome
            && !fault.contains("two owners are named")
        {
            faults.push(format!("{arguments:?}: {fault}"));
        }
    }
    let after = all(&memory).await;
    let new: Vec<_> = after.keys().filter(|name| !before.contains_key(name)).collect();
    assert!(new.is_empty(), "added: {new:?}\n{}", faults.join("\n"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let gone: Vec<_> = before.keys().filter(|name| !after.contains_key(name)).collect();
    assert!(gone.is_empty(), "removed: {gone:?}");
    memory.shutdown().await.unwrap();
}

/// Removes the flags from a command and returns the view that they select, or `None` if the user's
/// name is now refused. Files that name owners now need the administrator (`--owners-from-file`).
/// Previously, the sample of a LoCoMo file became the user; this version does not take the user
/// from the file, so the file is read as that user.
fn view_of(memory: &AgentMemory, arguments: &mut Vec<&str>) -> Option<MemoryView> {
    let mut scope = Scope::default();
    let mut user = None;
    while arguments[0].starts_with("--") {
        let (flag, value) = (arguments.remove(0), arguments.remove(0));
        match flag {
            "--user" => user = Some(value),
            "--agent" => scope.agent = Some(value.to_owned()),
            "--session" => scope.session = Some(value.to_owned()),
            _ => panic!("{flag}"),
        }
    }
    let view = match (user, arguments[0]) {
        (Some(user), _) => match memory.for_user(user) {
            Ok(view) => view,
            Err(_) => return None,
        },
        (None, "ingest") if arguments[1].contains("locomo") => memory.for_user("talk-7").unwrap(),
        (None, "ingest" | "import") => MemoryView::clone(&memory.administrator()),
        (None, _) => memory.for_shared(),
    };
    Some(view.narrow(&scope.into()).unwrap())
}

fn told(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

async fn read_again(view: &MemoryView, arguments: &[&str]) -> Result<(), String> {
    let tally = match arguments {
        ["ingest", file] => {
            let report = ingest::file(view, *file, IngestOptions::default()).await.map_err(told)?;
            if report.failed_count != 0 {
                return Err(format!("{:?}", report.failed));
            }
            report.tally
        }
        ["import", "--from", file] if file.ends_with("export.jsonl") => {
            let path = Path::new(file);
            let report = export::read_back(view, path, Mode::Apply, |_| {}).await.map_err(told)?;
            if !report.failed.is_empty() {
                return Err(format!("{:?}", report.failed));
            }
            report.tally
        }
        ["import", "--from", file] => {
            let report = import::file(view, *file, ImportOptions::default()).await.map_err(told)?;
            if report.failed_count != 0 {
                return Err(format!("{:?}", report.failed));
            }
            report.tally
        }
        ["remember", text, flags @ ..] => {
            let mut options = RememberOptions::default();
            for flag in flags.chunks(2) {
                match flag {
                    ["--tag", tag] => options = options.with_tag(*tag),
                    ["--importance", share] => options.importance = share.parse().unwrap(),
                    ["--collection", name] => options.kind = Kind::meant_by(name).unwrap(),
                    _ => panic!("{flag:?}"),
                }
            }
            let remembered = view.remember_with(text, options).await.map_err(told)?;
            return match remembered.known {
                true => Ok(()),
                false => Err("it is not known".to_owned()),
            };
        }
        _ => panic!("{arguments:?}"),
    };
    match (tally.added, tally.updated, tally.conflicting_count, tally.refused) {
        (0, 0, 0, 0) => Ok(()),
        _ => Err(format!("{tally:?}")),
    }
}
