//! The tools, in a directory that they cannot leave: list, read and write. Nothing is run.

use std::{
    error::Error,
    fs,
    io::Read,
    path::{Component, Path, PathBuf},
};

use aios_memory::work::Step;
use serde_json::{Value, json};

/// The tools of the sandbox, with their inputs, as a model is told them.
pub(crate) const TOOLS: &str = "list {\"path\"}: the names in a directory\n\
    read {\"path\"}: the text of a file\n\
    write {\"path\", \"text\"}: writes a file; {PATH} in the text is the first line of that file";

/// Maximum size of a file that is read or written, in bytes.
const BYTES_MAX: u64 = 64 << 10;
/// Maximum number of names in a list.
const NAMES_MAX: usize = 1000;

/// A directory that the tools cannot leave. It must not be writable by others, who could replace a
/// directory by a link between the check and the use.
pub(crate) struct Sandbox {
    root: PathBuf,
}

impl Sandbox {
    pub(crate) fn new(root: &Path) -> Result<Sandbox, Box<dyn Error>> {
        Ok(Sandbox { root: root.canonicalize()? })
    }

    /// Runs a tool and returns its output.
    pub(crate) fn run(&self, step: &Step) -> Result<Value, Box<dyn Error>> {
        let text = |name: &str| {
            let value = step.input[name].as_str();
            value.ok_or_else(|| format!("the input of {} has no text `{name}`", step.tool))
        };
        match step.tool.as_str() {
            "list" => self.list(text("path")?),
            "read" => Ok(json!(self.read(text("path")?)?)),
            "write" => self.write(text("path")?, text("text")?),
            other => Err(format!("there is no tool `{other}`").into()),
        }
    }

    fn list(&self, path: &str) -> Result<Value, Box<dyn Error>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.inside(path)?)?.take(NAMES_MAX) {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(json!(names))
    }

    fn read(&self, path: &str) -> Result<String, Box<dyn Error>> {
        let path = self.inside(path)?;
        if !fs::symlink_metadata(&path)?.is_file() {
            return Err(format!("{} is not a file", path.display()).into());
        }
        let mut text = String::new();
        fs::File::open(&path)?.take(BYTES_MAX + 1).read_to_string(&mut text)?;
        check_size(text.len())?;
        Ok(text)
    }

    fn write(&self, path: &str, text: &str) -> Result<Value, Box<dyn Error>> {
        let filled = self.filled(text)?;
        check_size(filled.len())?;
        let path = self.inside(path)?;
        fs::write(&path, &filled)?;
        Ok(json!({"bytes": filled.len()}))
    }

    /// Replaces each `{PATH}` by the first line of that file.
    fn filled(&self, text: &str) -> Result<String, Box<dyn Error>> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (path, after) = after.split_once('}').ok_or("a { has no }")?;
            filled.push_str(before);
            filled.push_str(self.read(path)?.lines().next().unwrap_or_default());
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// Returns the path of an entry in the directory. Refuses absolute paths, `..` and links.
    fn inside(&self, path: &str) -> Result<PathBuf, Box<dyn Error>> {
        let mut inside = self.root.clone();
        for component in Path::new(path).components() {
            match component {
                Component::Normal(name) => inside.push(name),
                Component::CurDir => {}
                _ => return Err(format!("`{path}` leads out of the sandbox").into()),
            }
            if fs::symlink_metadata(&inside).is_ok_and(|found| found.is_symlink()) {
                return Err(format!("`{path}` is a link, or leads through one").into());
            }
        }
        Ok(inside)
    }
}

fn check_size(bytes: usize) -> Result<(), Box<dyn Error>> {
    match u64::try_from(bytes)? <= BYTES_MAX {
        true => Ok(()),
        false => Err(format!("more than {BYTES_MAX} bytes").into()),
    }
}
