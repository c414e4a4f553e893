//! `aios-memory`: the memory of AI agents on the command line.
//!
//! Every command prints its result to stdout and all else to stderr, takes `--json`, and exits
//! with 0 (done), 1 (failed), 2 (usage) or 3 (not found). What a command does is in the library;
//! here it is read from arguments and printed.

mod args;
mod command;
mod failure;
mod output;

use std::{collections::BTreeMap, io::Write, process::ExitCode};

use aios_memory::{Administrator, AgentMemory, Effective, MemoryView, Sources};
use clap::Parser;

use crate::{
    args::{Arguments, Command, Global, Verify},
    failure::Failure,
    output::Output,
};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    start_log(&arguments.global);
    let output = Output { json: arguments.global.json, quiet: arguments.global.quiet };
    match run(arguments, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !matches!(failure, Failure::OutputClosed) {
                // Nobody can be told that stderr is gone.
                let _ = writeln!(std::io::stderr(), "{}", failure.told(output.json));
            }
            failure.exit_code()
        }
    }
}

fn run(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let Arguments { global, command } = arguments;
    match command {
        Command::Completions { shell } => return command::completions(shell),
        Command::Config(command) => return command::config(&command, &global, output),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        runtime.map_err(|source| Failure::Io { action: "start the runtime".to_owned(), source })?;
    runtime.block_on(async {
        match command {
            Command::Demo => return command::demo(output).await,
            Command::Model(command) => return command::model(command, output).await,
            Command::Eval(eval) => return command::eval(&eval, &settings(&global)?, output).await,
            Command::Restore(restore) => {
                return command::restore(&restore, &settings(&global)?.config, output).await;
            }
            Command::Repair | Command::Verify(Verify { repair: true }) => {
                return command::repair(settings(&global)?, output).await;
            }
            Command::Reindex(reindex) => {
                return command::reindex(reindex, settings(&global)?, output).await;
            }
            Command::Doctor => return command::doctor(settings(&global), output).await,
            Command::Migrate(migrate) => {
                return command::migrate(&migrate, settings(&global)?, output).await;
            }
            _ => {}
        }
        let memory = AgentMemory::open(settings(&global)?.config).await?;
        let done = match global.view(&memory) {
            Ok(view) => with_memory(&memory, &view, command, &global, output).await,
            Err(error) => Err(error.into()),
        };
        let closed = memory.shutdown().await;
        done?;
        Ok(closed?)
    })
}

async fn with_memory(
    memory: &AgentMemory,
    view: &MemoryView,
    command: Command,
    global: &Global,
    output: Output,
) -> Result<(), Failure> {
    let administrator = memory.administrator();
    match command {
        Command::Ingest(ingest) => {
            let taker = taker(&administrator, view, ingest.owners_from_file)?;
            command::ingest(&taker, &ingest, output).await
        }
        Command::Remember(remember) => command::remember(view, remember, output).await,
        Command::Recall(recall) => command::recall(view, recall, output).await,
        Command::Context(context) => command::context(view, context, output).await,
        Command::Record(record) => {
            command::record(&administrator, view, record, global, output).await
        }
        Command::List(list) => command::list(view, &list, output).await,
        Command::Show(show) => command::show(view, &show.record, output).await,
        Command::History(show) => command::history(view, &show.record, output).await,
        Command::Update(update) => command::update(view, update, output).await,
        Command::Delete(delete) => command::delete(view, &delete, output).await,
        Command::Forget(forget) => command::forget(view, forget, output).await,
        Command::Clear(clear) => command::clear(view, &clear, output).await,
        Command::Backup(backup) => command::backup(&administrator, &backup, output).await,
        Command::Export(export) => command::export(view, &export, output).await,
        Command::Import(import) => {
            let taker = taker(&administrator, view, import.owners_from_file)?;
            command::import(&taker, &import, output).await
        }
        Command::Verify(_) => command::verify(&administrator, output).await,
        Command::Maintain(maintain) => command::maintain(&administrator, &maintain, output).await,
        Command::Stats => command::stats(view, output).await,
        Command::Snapshot => command::snapshot(view, output).await,
        Command::Demo
        | Command::Eval(_)
        | Command::Model(_)
        | Command::Restore(_)
        | Command::Repair
        | Command::Reindex(_)
        | Command::Doctor
        | Command::Migrate(_)
        | Command::Config(_)
        | Command::Completions { .. } => unreachable!("carried out without a memory"),
    }
}

/// The handle that takes a file in. With `owners_from_file` it takes records of every user,
/// narrowed as `view` is; the view of one user cannot.
fn taker(
    administrator: &Administrator,
    view: &MemoryView,
    owners_from_file: bool,
) -> Result<MemoryView, Failure> {
    if !owners_from_file {
        return Ok(view.clone());
    }
    if view.gate().acts_for_user() {
        return Err(Failure::Usage {
            message: "--owners-from-file takes records of every user, and this handle acts for one"
                .to_owned(),
            hint: "leave out --user and the setting memory.user, or leave out --owners-from-file",
        });
    }
    Ok(administrator.narrow(view.gate().filter())?)
}

/// Variables beside our own that say where settings and data are.
const BASE_VARIABLES: &[&str] = &["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"];

/// The settings in effect.
fn settings(global: &Global) -> Result<Effective, Failure> {
    let mut env = BTreeMap::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => drop(env.insert(name, value)),
            // Left out, it would make the default of what it sets, such as another store.
            Err(_) if name.starts_with("AIOS_") || BASE_VARIABLES.contains(&name.as_str()) => {
                return Err(Failure::Usage {
                    message: format!("the environment variable {name} is not UTF-8"),
                    hint: "set it to a value that is UTF-8, or unset it",
                });
            }
            Err(_) => {}
        }
    }
    let sources = Sources { file: global.config.clone(), env, flags: global.flags() };
    Ok(Effective::load(&sources)?)
}

/// Says in one line what clap has to say, or in JSON if that was asked for; help and version are
/// results and go to stdout.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return match error.print() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let rendered = error.render().to_string();
    let message = rendered.split("\n\n").next().unwrap_or_default();
    let message = message.trim_start_matches("error: ").to_owned();
    let hint = "see aios-memory --help, or aios-memory COMMAND --help";
    let failure = Failure::Usage { message, hint };
    let as_json = std::env::args_os().any(|argument| argument == "--json");
    // Nobody can be told that stderr is gone.
    let _ = writeln!(std::io::stderr(), "{}", failure.told(as_json));
    failure.exit_code()
}

/// Logs go to stderr: warnings, and with `-v` what happens.
fn start_log(global: &Global) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (false, 0) => "warn,lance=error,lancedb=error",
        (false, 1) => "info,lance=warn,lancedb=warn",
        (false, _) => "debug",
    };
    let log = tracing_subscriber::fmt().with_env_filter(level).with_writer(std::io::stderr);
    let log = log.with_target(1 < global.verbose);
    match global.json {
        true => log.json().init(),
        false => log.init(),
    }
}
