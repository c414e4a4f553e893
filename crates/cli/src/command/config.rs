//! `config`: the settings, their origins, and a settings file with every default. Also
//! `completions`.

use std::{
    fs::{DirBuilder, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::PathBuf,
};

use aios_memory::{Config, config::default_file as default_config_file};
use clap::CommandFactory;
use serde_json::json;

use crate::{
    args::{Arguments, ConfigCommand, Global},
    failure::Failure,
    output::{Output, shown as shown_path},
    settings,
};

pub(crate) fn config(
    command: &ConfigCommand,
    global: &Global,
    output: Output,
) -> Result<(), Failure> {
    match command {
        ConfigCommand::Show => {
            let effective = settings(global)?;
            output.result(&effective.to_json(), |out| write!(out, "{}", effective.to_toml()))?;
        }
        ConfigCommand::Path => {
            let path = path(global)?;
            let shown = json!({"path": path, "exists": path.exists()});
            output.result(&shown, |out| writeln!(out, "{}", shown_path(&path)))?;
        }
        ConfigCommand::Init { force } => {
            let path = path(global)?;
            write_template(&path, *force)?;
            let shown = json!({"path": path});
            output.result(&shown, |out| writeln!(out, "wrote {}", shown_path(&path)))?;
        }
    }
    Ok(())
}

/// Prints the completion script of a shell.
pub(crate) fn completions(shell: clap_complete::Shell, output: Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "aios-memory", &mut script);
    let mut out = output.stdout();
    out.write_all(&script)?;
    Ok(out.flush()?)
}

/// Returns the path of the settings file: the given one, or the platform's default.
fn path(global: &Global) -> Result<PathBuf, Failure> {
    let default = || default_config_file(|name| std::env::var(name).ok());
    global.config.clone().or_else(default).ok_or(Failure::Usage {
        message: "the settings file has no default path: HOME is not set".to_owned(),
        hint: "pass --config FILE",
    })
}

fn write_template(path: &PathBuf, force: bool) -> Result<(), Failure> {
    let failed = |source| Failure::Io { action: format!("write {}", path.display()), source };
    if let Some(parent) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(failed)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).truncate(true).mode(0o600);
    match force {
        true => options.create(true),
        false => options.create_new(true),
    };
    let mut file = match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Failure::Usage {
                message: format!("{} already exists", path.display()),
                hint: "pass --force to overwrite it, or --config to write another file",
            });
        }
        opened => opened.map_err(failed)?,
    };
    file.set_permissions(Permissions::from_mode(0o600)).map_err(failed)?;
    file.write_all(Config::template().as_bytes()).map_err(failed)
}
