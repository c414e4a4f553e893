//! The list of a directory, two levels deep. Pure.

use std::collections::BTreeMap;

use super::{path::FilePath, text::size, tree::Tree};

/// Shown size of a directory. The reference shows that of its file system, which is this one on
/// most systems.
const DIRECTORY_SIZE: &str = "4K";

/// A file or directory in the listed one.
enum Item<'t> {
    File {
        bytes: u64,
    },
    /// A directory with its files and directories, by name.
    Directory(BTreeMap<&'t str, Item<'t>>),
}

/// Lists the directory `dir`, which the caller called `given`. Names that begin with `.` are left
/// out.
pub(super) fn list(tree: &Tree, dir: &FilePath, given: &str) -> String {
    let mut lines = vec![
        format!(
            "Here're the files and directories up to 2 levels deep in {given}, excluding hidden \
             items:"
        ),
        format!("{DIRECTORY_SIZE}\t{given}"),
    ];
    for (name, item) in items(tree, dir) {
        match item {
            Item::File { bytes } => lines.push(format!("{}\t{given}/{name}", size(bytes))),
            Item::Directory(inner) => {
                lines.push(format!("{DIRECTORY_SIZE}\t{given}/{name}/"));
                for (below, item) in inner {
                    lines.push(match item {
                        Item::File { bytes } => {
                            format!("{}\t{given}/{name}/{below}", size(bytes))
                        }
                        Item::Directory(_) => format!("{DIRECTORY_SIZE}\t{given}/{name}/{below}/"),
                    });
                }
            }
        }
    }
    lines.join("\n")
}

/// Returns the entries of a directory and of its subdirectories, by name.
fn items<'t>(tree: &'t Tree, dir: &FilePath) -> BTreeMap<&'t str, Item<'t>> {
    let mut items = BTreeMap::new();
    for (path, head) in tree.below(dir) {
        let file = Item::File { bytes: head.bytes };
        let names: Vec<&str> = path.as_str()[dir.as_str().len() + 1..].split('/').take(3).collect();
        let is_hidden = |name: &str| name.starts_with('.');
        match *names.as_slice() {
            [name, ..] if is_hidden(name) => {}
            [name] => drop(items.insert(name, file)),
            // A directory with only hidden files is listed, without them.
            [name, below, ..] if is_hidden(below) => drop(directory(&mut items, name)),
            [name, below] => drop(directory(&mut items, name).insert(below, file)),
            [name, below, ..] => drop(directory(directory(&mut items, name), below)),
            [] => {}
        }
    }
    items
}

/// Returns the directory `name` among `items`. No file has the path of a directory.
fn directory<'i, 't>(
    items: &'i mut BTreeMap<&'t str, Item<'t>>,
    name: &'t str,
) -> &'i mut BTreeMap<&'t str, Item<'t>> {
    let item = items.entry(name).or_insert_with(|| Item::Directory(BTreeMap::new()));
    match item {
        Item::Directory(inner) => inner,
        Item::File { .. } => unreachable!("a file and a directory have one path"),
    }
}
