//! Merging the layers of settings, and recording the layer that each value comes from.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{
    Config, KEYS, Key,
    error::{Error, Origin},
    places::{default_data_dir, default_file},
};

/// Variables of this program that set no key.
const OTHER_VARIABLES: &[&str] = &["AIOS_MEMORY_ADDR", "AIOS_MEMORY_CONFIG"];

/// The key of the data directory.
const DATA_DIR: &str = "memory.data_dir";

/// Short name of the variable that is set most often.
const DATA_DIR_VARIABLE: &str = "AIOS_MEMORY_DATA_DIR";

/// Variables of earlier deployments.
const WORKING_VARIABLE: &str = "AIOS_WORKING_DB";
const LONGTERM_VARIABLE: &str = "AIOS_LONGTERM_DB";

/// The sources of settings, lowest priority first.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The settings file. Default: [`default_file`], which need not exist.
    pub file: Option<PathBuf>,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// The settings on the command line.
    pub flags: Vec<Flag>,
}

/// A setting from the command line.
#[derive(Debug, Clone)]
pub struct Flag {
    /// The name of the flag, such as `--data-dir`.
    pub name: &'static str,
    /// The key that it sets, such as `memory.data_dir`.
    pub key: &'static str,
    /// Its value.
    pub value: String,
}

/// The effective settings, with the origin of each.
#[derive(Debug, Clone)]
pub struct Effective {
    /// The settings.
    pub config: Config,
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
    origins: BTreeMap<String, Origin>,
}

impl Effective {
    /// Merges the sources.
    ///
    /// # Errors
    /// Any [`Error`]. Unknown keys are errors in the file and in the environment.
    pub fn load(sources: &Sources) -> Result<Effective, Error> {
        let env = |name: &str| sources.env.get(name).cloned();
        let mut effective =
            Effective { config: Config::default(), file: None, origins: BTreeMap::new() };
        if let Some((path, text)) = read_file(sources.file.as_deref(), default_file(env))? {
            effective.add_file(&path, &text)?;
            effective.file = Some(path);
        }
        effective.add_environment(&sources.env)?;
        for flag in &sources.flags {
            let key = find(flag.key).expect("flags name keys that exist");
            effective.set(key, &flag.value, Origin::Flag(flag.name))?;
        }
        effective.expand_home(env("HOME").as_deref().map(OsStr::new))?;
        if effective.config.memory.data_dir.as_os_str().is_empty() {
            effective.config.memory.data_dir = default_data_dir(env).ok_or(Error::NoDataDir)?;
        }
        // The system's list of disks contains only absolute paths.
        if let Ok(whole) = std::path::absolute(&effective.config.memory.data_dir) {
            effective.config.memory.data_dir = whole;
        }
        let data_dir = find(DATA_DIR).expect("a key of the table");
        (data_dir.check)(&effective.config).map_err(|expected| Error::Value {
            key: data_dir.path(),
            origin: effective.origin(&data_dir.path()).clone(),
            value: (data_dir.show)(&effective.config).to_string(),
            expected,
        })?;
        Ok(effective)
    }

    /// Returns the origin of the value of `key`, such as `search.limit`.
    #[must_use]
    pub fn origin(&self, key: &str) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::Default)
    }

    /// Returns the settings as TOML, each with its origin in a comment.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for key in KEYS {
            if key.section != section {
                let gap = if section.is_empty() { "" } else { "\n" };
                section = key.section;
                text.push_str(&format!("{gap}[{section}]\n"));
            }
            let (value, origin) = ((key.show)(&self.config), self.origin(&key.path()));
            text.push_str(&format!("{} = {value}  # {origin}\n", key.name));
        }
        text
    }

    /// Returns the settings as JSON: `{"file", "settings": {"section.key": {"value", "origin"}}}`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let settings: serde_json::Map<_, _> = KEYS
            .iter()
            .map(|key| {
                let origin = self.origin(&key.path()).to_string();
                let value = json!({"value": (key.show)(&self.config), "origin": origin});
                (key.path(), value)
            })
            .collect();
        json!({"file": self.file, "settings": settings})
    }

    /// Replaces `~` by the home directory in all paths, regardless of their origin.
    fn expand_home(&mut self, home: Option<&OsStr>) -> Result<(), Error> {
        for key in KEYS {
            let value = (key.show)(&self.config);
            (key.expand)(&mut self.config, home).map_err(|problem| Error::Value {
                key: key.path(),
                origin: self.origin(&key.path()).clone(),
                value: value.as_str().unwrap_or_default().to_owned(),
                expected: format!("an absolute path ({problem})"),
            })?;
        }
        Ok(())
    }

    fn add_file(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start).min(text.len());
            let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            let problem = error.message().trim().replace('\n', ", ");
            Error::Syntax { path: path.to_owned(), line, problem }
        })?;
        let origin = Origin::File(path.to_owned());
        self.add_table(&table, "", &origin)
    }

    /// Applies the settings in a table of the file; `above` is the table's path.
    fn add_table(
        &mut self,
        table: &toml::Table,
        above: &str,
        origin: &Origin,
    ) -> Result<(), Error> {
        for (name, value) in table {
            let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
            if let Some(key) = find(&path) {
                (key.read)(&mut self.config, value).map_err(|expected| Error::Value {
                    key: path.clone(),
                    origin: origin.clone(),
                    value: value.to_string(),
                    expected,
                })?;
                self.origins.insert(path, origin.clone());
                continue;
            }
            let inside = format!("{path}.");
            match value.as_table() {
                Some(section) if KEYS.iter().any(|key| key.path().starts_with(&inside)) => {
                    self.add_table(section, &path, origin)?;
                }
                Some(section) if !section.is_empty() => {
                    let first = section.keys().next().map(String::as_str).unwrap_or_default();
                    return Err(unknown(&format!("{path}.{first}"), origin.clone()));
                }
                _ => return Err(unknown(&path, origin.clone())),
            }
        }
        Ok(())
    }

    fn add_environment(&mut self, env: &BTreeMap<String, String>) -> Result<(), Error> {
        self.add_earlier_names(env)?;
        let data_dir = find(DATA_DIR).expect("a key of the table");
        for (variable, value) in env.iter().filter(|(name, _)| name.starts_with("AIOS_MEMORY_")) {
            if OTHER_VARIABLES.contains(&variable.as_str()) {
                continue;
            }
            let named = KEYS.iter().find(|key| key.variable() == *variable);
            let key = match variable.as_str() {
                DATA_DIR_VARIABLE => data_dir,
                _ => named.ok_or_else(|| unknown_variable(variable))?,
            };
            self.set(key, value, Origin::Environment(variable.clone()))?;
        }
        Ok(())
    }

    /// Applies the variables of earlier deployments: the given path of `working.db`, and its
    /// directory for all other files, unless the file sets the data directory.
    fn add_earlier_names(&mut self, env: &BTreeMap<String, String>) -> Result<(), Error> {
        for (variable, is_file) in [(LONGTERM_VARIABLE, false), (WORKING_VARIABLE, true)] {
            let Some(value) = env.get(variable).filter(|value| !value.is_empty()) else { continue };
            let origin = Origin::Environment(variable.to_owned());
            if is_file {
                let key = find("working.path").expect("a key of the table");
                self.set(key, value, origin.clone())?;
            }
            let beside = Path::new(value).parent().filter(|dir| !dir.as_os_str().is_empty());
            let key = find(DATA_DIR).expect("a key of the table");
            if let (Some(dir), Origin::Default) = (beside, self.origin(&key.path())) {
                self.set(key, &dir.display().to_string(), origin)?;
            }
        }
        Ok(())
    }

    /// Applies a value of the environment or of a flag. An empty data directory is refused, because
    /// it is probably an unset variable of a script. Only the file may request the default this
    /// way.
    fn set(&mut self, key: &Key, value: &str, origin: Origin) -> Result<(), Error> {
        let parsed = match value.is_empty() && key.path() == DATA_DIR {
            true => Err("a directory; without a value, omit it for the default".to_owned()),
            false => (key.parse)(&mut self.config, value),
        };
        match parsed {
            Ok(()) => {
                self.origins.insert(key.path(), origin);
                Ok(())
            }
            Err(expected) => {
                Err(Error::Value { key: key.path(), origin, value: value.to_owned(), expected })
            }
        }
    }
}

/// Reads the settings file: the named one, which must exist, or else the default one.
fn read_file(
    named: Option<&Path>,
    default: Option<PathBuf>,
) -> Result<Option<(PathBuf, String)>, Error> {
    let Some(path) = named.map(Path::to_owned).or(default) else { return Ok(None) };
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::File { path, source }),
    }
}

fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path() == path)
}

fn unknown(key: &str, origin: Origin) -> Error {
    let nearest = nearest(key, KEYS.iter().map(Key::path));
    Error::UnknownKey { key: key.to_owned(), origin, nearest }
}

fn unknown_variable(variable: &str) -> Error {
    let nearest = nearest(variable, KEYS.iter().map(Key::variable));
    let origin = Origin::Environment(variable.to_owned());
    Error::UnknownKey { key: variable.to_owned(), origin, nearest }
}

/// Returns the name in `known` with the smallest edit distance to `name`.
fn nearest(name: &str, known: impl Iterator<Item = String>) -> String {
    let nearest = known.min_by_key(|known| strsim::damerau_levenshtein(name, known));
    nearest.expect("there are settings")
}
