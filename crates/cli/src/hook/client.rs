//! The process that the host starts: reads the input, lets the service answer, and prints the
//! answer.

use std::{
    ffi::OsString,
    io::{self, Read},
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    process::{ExitCode, exit},
    thread,
    time::{Duration, Instant},
};

use aios_memory::Config;
use aios_memory_server::{CommandLine, CommandOutput, Presence, is_ready, run_by_service};

use super::{
    Event, Host,
    input::INPUT_BYTES_MAX,
    log::Log,
    marks::mark,
    starting::start,
    state::{DIRECTORY, make_folder},
};
use crate::{
    args::{Arguments, Hook},
    failure::Failure,
    output::print,
    service::circumstances,
};

/// Interval of attempts to reach a starting service.
const PAUSE: Duration = Duration::from_millis(10);

/// Runs a hook. Problems are reported in the log of hooks, never in the exit code.
pub(crate) fn run(arguments: &Arguments, hook: &Hook, words: &[OsString]) -> ExitCode {
    let begun = Instant::now();
    let settings = match crate::settings(&arguments.global) {
        Ok(settings) => settings,
        Err(failure) => return without_log(&failure),
    };
    let data_dir = match std::path::absolute(&settings.config.memory.data_dir) {
        Ok(data_dir) => data_dir,
        Err(source) => return without_log(&failed("find the data directory", source)),
    };
    let log = Log::new(&data_dir, &hook.host, &hook.event);
    let of_panic = log.clone();
    std::panic::set_hook(Box::new(move |panic| of_panic.add(&panic.to_string())));
    if let Err(source) = make_folder(&data_dir.join(DIRECTORY)) {
        return without_log(&failed("create the data directory", source));
    }
    let (Some(host), Some(event)) = (Host::named(&hook.host), Event::named(&hook.event)) else {
        log.add("unknown host or event; update aios-memory, or install its hooks again");
        return ExitCode::SUCCESS;
    };
    let time_max = Duration::from_millis(settings.config.hook.time_max_ms);
    let client = Client {
        data_dir,
        config: settings.config,
        settings_file: arguments.global.config.clone(),
        log: log.clone(),
        ends: begun + time_max,
    };
    watch(client.data_dir.clone(), log.clone(), host, event, (begun, time_max));
    let words: Option<Vec<String>> =
        words.iter().map(|word| word.to_str().map(str::to_owned)).collect();
    // A panic has already been logged.
    let is_done = std::panic::catch_unwind(AssertUnwindSafe(|| match words {
        None => Err("an argument is not UTF-8".to_owned()),
        Some(words) => client.run(words),
    }));
    if let Ok(Err(problem)) = &is_done {
        log.add(problem);
    }
    mark(&client.data_dir, host, event, matches!(is_done, Ok(Ok(()))));
    ExitCode::SUCCESS
}

/// Prints a problem of a hook without a log. If a hook succeeds, hosts do not show stderr, or show
/// it only to a user who requests details.
fn without_log(failure: &Failure) -> ExitCode {
    failure.tell(false);
    ExitCode::SUCCESS
}

fn failed(action: &str, source: io::Error) -> Failure {
    Failure::Io { action: action.to_owned(), source }
}

/// Ends the process at its time limit, even if it is blocked.
fn watch(
    data_dir: PathBuf,
    log: Log,
    host: Host,
    event: Event,
    (begun, time_max): (Instant, Duration),
) {
    thread::spawn(move || {
        thread::sleep((begun + time_max).saturating_duration_since(Instant::now()));
        log.add(&format!("gave up after {} ms", time_max.as_millis()));
        mark(&data_dir, host, event, false);
        exit(0);
    });
}

struct Client {
    data_dir: PathBuf,
    config: Config,
    settings_file: Option<PathBuf>,
    log: Log,
    ends: Instant,
}

impl Client {
    fn run(&self, words: Vec<String>) -> Result<(), String> {
        let mut input = String::new();
        let read = io::stdin().take(INPUT_BYTES_MAX + 1).read_to_string(&mut input);
        read.map_err(|error| format!("failed to read the input: {error}"))?;
        if INPUT_BYTES_MAX < input.len() as u64 {
            return Err(format!("the input has more than {INPUT_BYTES_MAX} bytes"));
        }
        let circumstances = circumstances(&self.config, &self.data_dir);
        let line = CommandLine::new(words, circumstances).with_input(input);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("failed to start the runtime: {error}"))?;
        let CommandOutput { exit_code, stdout, stderr, .. } = runtime.block_on(self.ask(&line))?;
        let mut notes: Vec<&str> = stderr.lines().collect();
        // The last line is the error.
        let problem = if exit_code == 0 { None } else { Some(notes.pop().unwrap_or_default()) };
        notes.iter().for_each(|note| self.log.add(note));
        if let Some(problem) = problem {
            return Err(problem.to_owned());
        }
        print(&stdout, "");
        Ok(())
    }

    /// Lets the service answer. Starts one if none is running.
    async fn ask(&self, line: &CommandLine) -> Result<CommandOutput, String> {
        let mut has_started = false;
        loop {
            match Presence::find(&self.data_dir) {
                Some(socket) => {
                    if let Some(output) = run_by_service(&socket, line).await {
                        return Ok(output);
                    }
                    self.check_declined(&socket).await?;
                }
                None if !has_started => {
                    start(&self.data_dir, self.settings_file.as_ref(), &self.config)
                        .map_err(|error| format!("failed to start the service: {error}"))?;
                    has_started = true;
                }
                None => {}
            }
            if self.ends <= Instant::now() {
                return Err("the service did not answer in time".to_owned());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Fails if the service accepts calls but declined this one.
    async fn check_declined(&self, socket: &Path) -> Result<(), String> {
        match is_ready(socket).await {
            true => Err("the running service is of another version, or has other settings or \
                         another time zone; end it, and the next hook starts one"
                .to_owned()),
            false => Ok(()),
        }
    }
}
