//! Commands that the running service of a data directory executes, with the same output and exit
//! code as without it.
//!
//! The service has the memory open, so such a command need not open and close it. A service with
//! another version, other settings or another time zone declines, and the command then uses the
//! files. The time zone is irrelevant for hooks.

use std::{path::Path, process::ExitCode};

use aios_memory::{AgentMemory, Config};
use aios_memory_server::{
    CommandAnswer, CommandLine, CommandOutput, Commands, Presence, Running, run_by_service,
};
use serde_json::json;

use crate::{
    args::{Arguments, Command, FilesCommand},
    output::{Captured, Output, Zone, capture, print},
};

impl Command {
    /// Returns true if a service can execute the command, because it reads neither a file nor stdin
    /// and uses no terminal.
    fn is_served(&self) -> bool {
        match self {
            Command::Remember(remember) => remember.text != "-",
            Command::Recall(_)
            | Command::Context(_)
            | Command::List(_)
            | Command::Show(_)
            | Command::History(_)
            | Command::Facts(_)
            | Command::Files(FilesCommand::View { .. })
            | Command::Resume
            | Command::Stats => true,
            Command::Report(report) => report.html.is_none(),
            Command::Events(events) => !events.follow,
            Command::Snapshot(snapshot) => snapshot.watch.is_none(),
            _ => false,
        }
    }
}

/// Lets the service of the data directory execute a command, if there is one and the command can be
/// served. Returns the exit code.
pub(crate) async fn served(
    arguments: &Arguments,
    words: &[std::ffi::OsString],
    config: &Config,
) -> Option<ExitCode> {
    let is_plain = !arguments.global.no_service && arguments.global.verbose == 0;
    if !is_plain || !arguments.command.is_served() {
        return None;
    }
    let data_dir = std::path::absolute(&config.memory.data_dir).ok()?;
    let socket = Presence::find(&data_dir)?;
    let words = words.iter().map(|word| word.to_str().map(str::to_owned)).collect::<Option<_>>()?;
    let line = CommandLine::new(words, circumstances(config, &data_dir));
    let answer = run_by_service(&socket, &line).await;
    let CommandAnswer::Done(CommandOutput { exit_code, stdout, stderr, .. }) = answer else {
        return None;
    };
    print(&stdout, &stderr);
    Some(ExitCode::from(exit_code))
}

/// Returns everything besides its words that affects a command's output: the version, the settings
/// except those of the service and its log, and the time zone.
fn circumstances(config: &Config, data_dir: &Path) -> String {
    let zone = jiff::tz::TimeZone::system();
    let zone = zone.iana_name().unwrap_or("unknown").to_owned();
    json!([circumstances_of_hook(config, data_dir), zone]).to_string()
}

/// Returns everything besides its words that affects a hook's answer: the same without the time
/// zone, because hooks print no times of the user's zone.
pub(crate) fn circumstances_of_hook(config: &Config, data_dir: &Path) -> String {
    let mut settings = config.clone();
    settings.server = aios_memory::config::Server::default();
    settings.log = aios_memory::config::Log::default();
    settings.memory.data_dir = data_dir.to_owned();
    // The decoder is identified by its path, which differs between builds.
    settings.decoder = aios_memory::longterm::Decoder::Nobody;
    json!([env!("CARGO_PKG_VERSION"), format!("{settings:?}")]).to_string()
}

/// The commands of this program, for its service.
pub(crate) struct ServedCommands;

impl Commands for ServedCommands {
    fn run(&self, memory: AgentMemory, line: CommandLine) -> Running {
        Box::pin(async move {
            let data_dir = std::path::absolute(&memory.config().memory.data_dir).ok()?;
            let words = line.words.into_iter().map(Into::into).collect();
            let Arguments { global, command } = Arguments::read(words).ok()?;
            let own = match command {
                Command::Hook(_) => circumstances_of_hook(memory.config(), &data_dir),
                _ => circumstances(memory.config(), &data_dir),
            };
            if line.circumstances != own {
                return None;
            }
            if !command.is_served() && !matches!(command, Command::Hook(_)) {
                return None;
            }
            let zone = if global.utc { Zone::Utc } else { Zone::Local };
            let output = Output { json: global.json, quiet: global.quiet, zone };
            let work = async {
                let done = match global.view(&memory) {
                    Ok(_) if let Command::Hook(hook) = &command => {
                        let input = line.input.as_deref().unwrap_or_default();
                        Box::pin(crate::hook::answer(&memory, &global, hook, input, output)).await
                    }
                    Ok(view) => {
                        Box::pin(crate::with_memory(&memory, &view, command, &global, output)).await
                    }
                    Err(error) => Err(error.into()),
                };
                match done {
                    Ok(()) => 0,
                    Err(failure) => {
                        failure.tell(output.json);
                        failure.code_of_exit()
                    }
                }
            };
            let (exit_code, Captured { stdout, stderr }) = capture(work).await;
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
            Some(CommandOutput::new(exit_code, text(stdout)?, text(stderr)?))
        })
    }
}
