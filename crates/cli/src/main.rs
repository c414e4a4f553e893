//! `aios-memory`: the memory of AI agents on the command line.
//!
//! Every command prints its result to stdout and everything else to stderr, accepts `--json`, and
//! exits with 0 (done), 1 (failed), 2 (usage) or 3 (not found). The library does the work; this
//! crate parses arguments and prints results.

// The future of a served command contains those of LanceDB.
#![recursion_limit = "256"]

mod args;
mod command;
mod failure;
mod following;
mod hook;
mod imports;
mod install;
mod opening;
mod output;
mod remedy;
mod resident;
mod service;

use std::{collections::BTreeMap, ffi::OsString, process::ExitCode};

use aios_memory::{
    Administrator, AgentMemory, MemoryView,
    config::{Effective, Sources},
};
use nix::sys::stat::{Mode, umask};

use crate::{
    args::{Arguments, Command, Global, Verify},
    failure::Failure,
    opening::Use,
    output::{Output, Zone},
};

/// Mode bits denied on every file that this program creates, independent of the inherited umask.
/// LanceDB leaves the mode of its files to the umask.
const UMASK: Mode = Mode::from_bits_truncate(0o077);

fn main() -> ExitCode {
    umask(UMASK);
    let words: Vec<_> = std::env::args_os().collect();
    // Read before the arguments are parsed, so that parse errors are JSON as well.
    let as_json = args::asks_for_json(&words);
    std::panic::set_hook(Box::new(move |panic| {
        Failure::Panic { what: panic.to_string() }.tell(as_json);
    }));
    let arguments = match Arguments::read(words.clone()) {
        Ok(arguments) => arguments,
        // A host would show the exit code of a usage error to its model.
        Err(_) if args::is_hook(&words) => return ExitCode::SUCCESS,
        Err(error) => return refuse(&error, as_json),
    };
    if let Command::Hook(hook) = &arguments.command {
        return hook::run(&arguments, hook, &words);
    }
    let Global { json, quiet, verbose, utc, .. } = arguments.global;
    // The service has its own log, configured in the settings.
    if !matches!(arguments.command, Command::Serve(_)) {
        output::start_log(verbose, quiet, json);
    }
    let output = Output { json, quiet, zone: if utc { Zone::Utc } else { Zone::Local } };
    match run(arguments, &words, output) {
        Ok(exit_code) => exit_code,
        Err(failure) => {
            failure.tell(output.json);
            failure.exit_code()
        }
    }
}

fn run(arguments: Arguments, words: &[OsString], output: Output) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        runtime.map_err(|source| Failure::Io { action: "start the runtime".to_owned(), source })?;
    runtime.block_on(async {
        if let Ok(settings) = settings(&arguments.global)
            && let Some(exit_code) = service::served(&arguments, words, &settings.config).await
        {
            return Ok(exit_code);
        }
        Box::pin(carry_out(arguments, output)).await.map(|()| ExitCode::SUCCESS)
    })
}

async fn carry_out(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let Arguments { global, command } = arguments;
    match command {
        Command::Completions { shell } => return command::completions(shell, output),
        Command::Config(command) => return command::config(&command, &global, output),
        Command::Kinds(kinds) => return command::kinds(&kinds, output),
        Command::Token(command) => return command::token(command, &global, output),
        Command::Install(install) => return install::install(&install, &global, output),
        _ => {}
    }
    let usage = command.usage();
    if usage != Use::Nothing {
        let settings = settings(&global);
        opening::check_upkeep(&command, &global, settings.as_ref().ok())?;
        if let Ok(settings) = &settings {
            opening::check_use(&command, &settings.config)?;
            opening::check_stored(&command, &settings.config)?;
        }
    }
    match command {
        Command::DecodeRows => return command::decode_rows().await,
        Command::Demo => return command::demo(output).await,
        Command::Model(command) => return command::model(command, output).await,
        Command::Eval(eval) => {
            return Box::pin(command::eval(eval, settings(&global)?, output)).await;
        }
        Command::Restore(restore) => {
            return command::restore(&restore, &settings(&global)?.config, output).await;
        }
        Command::Repair | Command::Verify(Verify { repair: true }) => {
            let settings = settings(&global)?;
            let _scratch = opening::keep_temporary_files_in(&settings.config);
            return Box::pin(command::repair(settings, output)).await;
        }
        Command::Reindex(reindex) => {
            let settings = settings(&global)?;
            let _scratch = opening::keep_temporary_files_in(&settings.config);
            return Box::pin(command::reindex(reindex, settings, output)).await;
        }
        Command::Events(events) => {
            return command::events_of_service(&events, settings(&global)?.config, output).await;
        }
        #[cfg(feature = "top")]
        Command::Top(top) => {
            return command::top(&top, &settings(&global)?.config, &global, output).await;
        }
        Command::Doctor => {
            return Box::pin(command::doctor(settings(&global), output)).await;
        }
        Command::Serve(serve) => {
            let config = settings(&global)?.config;
            let _scratch = opening::keep_temporary_files_in(&config);
            return Box::pin(command::serve(&serve, config, &global, output)).await;
        }
        Command::Mcp(mcp) => {
            return command::mcp(&mcp, settings(&global)?.config, &global).await;
        }
        Command::Migrate(migrate) => {
            return Box::pin(command::migrate(&migrate, settings(&global)?, output)).await;
        }
        _ => {}
    }
    let (config, _empty) = opening::without_traces(settings(&global)?.config, &command)?;
    let _scratch = opening::keep_temporary_files_in(&config);
    let memory = opening::open(config, &command, output).await?;
    let done = match global.view(&memory) {
        Ok(view) => Box::pin(with_memory(&memory, &view, command, &global, output)).await,
        Err(error) => Err(error.into()),
    };
    opening::close(memory, usage, output).await;
    done
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
        Command::Files(files) => command::files(view, files, output).await,
        Command::Learn(learn) => command::learn(view, &learn, output).await,
        Command::Facts(facts) => command::facts(view, facts, output).await,
        Command::Clear(clear) => command::clear(view, &clear, output).await,
        Command::Resume => command::resume(view, output).await,
        Command::Backup(backup) => command::backup(&administrator, &backup, output).await,
        Command::Export(export) => command::export(view, &export, output).await,
        Command::Import(import) => {
            let taker = taker(&administrator, view, import.owners_from_file)?;
            command::import(&taker, &import, output).await
        }
        Command::Verify(_) => command::verify(&administrator, output).await,
        Command::Maintain(maintain) => command::maintain(&administrator, &maintain, output).await,
        Command::Stats => command::stats(view, output).await,
        Command::Report(report) => command::report(view, &report, output).await,
        Command::Events(events) => command::events(memory, &events, output),
        Command::Snapshot(snapshot) => command::snapshot(view, &snapshot, output).await,
        #[cfg(feature = "top")]
        Command::Top(_) => unreachable!("handled before the memory is opened"),
        Command::Demo
        | Command::Eval(_)
        | Command::Model(_)
        | Command::Restore(_)
        | Command::Repair
        | Command::Reindex(_)
        | Command::Doctor
        | Command::Migrate(_)
        | Command::Config(_)
        | Command::Kinds(_)
        | Command::Serve(_)
        | Command::Mcp(_)
        | Command::Token(_)
        | Command::Hook(_)
        | Command::Install(_)
        | Command::DecodeRows
        | Command::Completions { .. } => unreachable!("handled before the memory is opened"),
    }
}

/// Returns the handle for ingesting or importing a file. With `owners_from_file`, it may write
/// records of every user, narrowed like `view`. Fails if `view` acts for one user.
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
            message: "--owners-from-file stores records of every user, but this command acts for \
                      one user"
                .to_owned(),
            hint: "omit --user and unset memory.user, or omit --owners-from-file",
        });
    }
    Ok(administrator.narrow(view.gate().filter())?)
}

/// Environment variables of other programs that determine the location of settings and data.
const BASE_VARIABLES: &[&str] = &["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"];

/// Loads the settings in effect from the file, the environment and the flags.
fn settings(global: &Global) -> Result<Effective, Failure> {
    let mut env = BTreeMap::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => drop(env.insert(name, value)),
            // Ignoring the variable would silently use a default, such as another store.
            Err(_) if name.starts_with("AIOS_") || BASE_VARIABLES.contains(&name.as_str()) => {
                return Err(Failure::Usage {
                    message: format!("the environment variable {name} is not UTF-8"),
                    hint: "set it to a UTF-8 value, or unset it",
                });
            }
            Err(_) => {}
        }
    }
    let sources = Sources { file: global.config.clone(), env, flags: global.flags() };
    let mut effective = Effective::load(&sources)?;
    effective.config.decoder = command::decoder();
    Ok(effective)
}

/// Prints a parse error in one line, or as JSON if `as_json`. Prints help and version to stdout,
/// because they are results.
fn refuse(error: &clap::Error, as_json: bool) -> ExitCode {
    if !error.use_stderr() {
        return match error.print() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let rendered = error.render().to_string();
    let message = rendered.split("\n\n").next().unwrap_or_default();
    let mut message = message.trim_start_matches("error: ").to_owned();
    for tip in rendered.lines().filter_map(|line| line.trim_start().strip_prefix("tip: ")) {
        message.push_str(&format!("; {tip}"));
    }
    let hint = "see `aios-memory --help`, or `aios-memory COMMAND --help`";
    let failure = Failure::Usage { message, hint };
    failure.tell(as_json);
    failure.exit_code()
}
