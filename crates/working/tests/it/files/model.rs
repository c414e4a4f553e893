//! Random commands against a plain map of paths to texts.

use std::collections::BTreeMap;

use aios_working::FileCommand;
use proptest::prelude::*;

use super::path;
use crate::opened;

/// A simple model of the commands: whether they succeed, and the files after them.
#[derive(Debug, Default)]
struct Model {
    files: BTreeMap<String, String>,
}

impl Model {
    fn is_dir(&self, at: &str) -> bool {
        at == "/memories" || self.files.keys().any(|path| path.starts_with(&format!("{at}/")))
    }

    fn exists(&self, at: &str) -> bool {
        self.files.contains_key(at) || self.is_dir(at)
    }

    fn is_in_file(&self, at: &str) -> bool {
        self.files.keys().any(|path| at.starts_with(&format!("{path}/")))
    }

    /// Runs a command; returns true if it succeeds.
    fn run(&mut self, command: &FileCommand) -> bool {
        match command {
            FileCommand::View { path, .. } => self.exists(path),
            FileCommand::Create { path, file_text } => {
                let fits = !self.exists(path) && !self.is_in_file(path);
                if fits {
                    self.files.insert(path.clone(), file_text.clone());
                }
                fits
            }
            FileCommand::StrReplace { path, old_str, new_str } => {
                let Some(text) = self.files.get_mut(path) else { return false };
                let is_unique = text.matches(old_str).count() == 1;
                if is_unique {
                    *text = text.replace(old_str, new_str);
                }
                is_unique
            }
            FileCommand::Insert { path, insert_line, insert_text } => {
                let Some(text) = self.files.get_mut(path) else { return false };
                let body = text.strip_suffix('\n').unwrap_or(text);
                let mut lines: Vec<&str> = body.split('\n').collect();
                if text.is_empty() {
                    lines.clear();
                }
                let Ok(at) = usize::try_from(*insert_line) else { return false };
                if lines.len() < at {
                    return false;
                }
                lines.insert(at, insert_text.trim_end_matches('\n'));
                let joined = lines.join("\n");
                *text = if joined.ends_with('\n') { joined } else { joined + "\n" };
                true
            }
            FileCommand::Delete { path } => {
                let before = self.files.len();
                let dir = format!("{path}/");
                if path != "/memories" {
                    self.files.retain(|it, _| it != path && !it.starts_with(&dir));
                }
                self.files.len() < before
            }
            FileCommand::Rename { old_path, new_path } => {
                let is_inside = new_path.starts_with(&format!("{old_path}/"));
                if old_path == "/memories"
                    || !self.exists(old_path)
                    || self.exists(new_path)
                    || is_inside
                    || self.is_in_file(new_path)
                {
                    return false;
                }
                let moved = std::mem::take(&mut self.files).into_iter().map(|(it, text)| {
                    let rest = it.strip_prefix(old_path.as_str());
                    let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with('/'));
                    (rest.map_or(it.clone(), |rest| format!("{new_path}{rest}")), text)
                });
                self.files = moved.collect();
                true
            }
            _ => unreachable!("a new command"),
        }
    }
}

fn paths() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "c.md", "\u{e9}"]);
    let names = prop::collection::vec(name, 0..4);
    names.prop_map(|names| names.iter().fold("/memories".to_owned(), |all, name| all + "/" + name))
}

fn texts() -> impl Strategy<Value = String> {
    "[ab\n\u{e9}]{0,8}"
}

fn commands() -> impl Strategy<Value = FileCommand> {
    prop_oneof![
        1 => paths().prop_map(|path| FileCommand::View { path, view_range: None }),
        4 => (paths(), texts())
            .prop_map(|(path, file_text)| FileCommand::Create { path, file_text }),
        3 => (paths(), "[ab\n]{1,2}", texts()).prop_map(|(path, old_str, new_str)| {
            FileCommand::StrReplace { path, old_str, new_str }
        }),
        3 => (paths(), -1..4_i64, texts()).prop_map(|(path, insert_line, insert_text)| {
            FileCommand::Insert { path, insert_line, insert_text }
        }),
        1 => paths().prop_map(|path| FileCommand::Delete { path }),
        2 => (paths(), paths()).prop_map(|(old_path, new_path)| {
            FileCommand::Rename { old_path, new_path }
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn files_are_a_map_of_paths_to_texts(commands in prop::collection::vec(commands(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_place, working) = opened();
            let mut model = Model::default();
            for command in commands {
                let expected = model.run(&command);
                let reply = working.files().run(command.clone()).await.unwrap();
                assert_eq!(!reply.is_error, expected, "{command:?}: {}", reply.text);
            }
            let mut stored = BTreeMap::new();
            for entry in working.files().list(&path("/memories")).await.unwrap() {
                let file = working.files().get(&entry.path).await.unwrap().unwrap();
                assert_eq!(entry.bytes, file.text.len() as u64);
                stored.insert(entry.path.into(), file.text);
            }
            assert_eq!(stored, model.files);
            assert_eq!(working.upkeep().verify().await.unwrap(), []);
        });
    }
}
