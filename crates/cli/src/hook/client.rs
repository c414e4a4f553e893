//! The process that the host starts: reads the input, lets the service answer, and prints the
//! answer.

use std::{
    ffi::OsString,
    io::{self, Read},
    panic::AssertUnwindSafe,
    path::PathBuf,
    process::{ExitCode, exit},
    thread,
    time::{Duration, Instant},
};

use aios_memory::Config;
use aios_memory_server::{
    CommandAnswer, CommandLine, CommandOutput, Presence, Served, is_ready, run_by_service,
};

use super::{
    Event, Host,
    input::INPUT_BYTES_MAX,
    log::Log,
    marks::mark,
    starting::{end, start},
    state::{DIRECTORY, make_folder},
};
use crate::{
    args::{Arguments, Hook},
    failure::Failure,
    output::print,
    service::circumstances_of_hook,
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
        let circumstances = circumstances_of_hook(&self.config, &self.data_dir);
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

    /// Lets the service answer. Starts one if none is running, and replaces one that another hook
    /// started with another version or other settings.
    async fn ask(&self, line: &CommandLine) -> Result<CommandOutput, String> {
        let (mut has_started, mut ended) = (false, None);
        loop {
            match Presence::find_service(&self.data_dir) {
                Some(service) if ended == Some(service.pid) => {}
                Some(service) => match run_by_service(&service.socket, line).await {
                    CommandAnswer::Done(output) => return Ok(output),
                    // A service that declines after it was replaced would always do so.
                    CommandAnswer::Declined if ended.is_some() => return Err(declined(&service)),
                    CommandAnswer::Declined => {
                        self.replace(&service)?;
                        (has_started, ended) = (false, Some(service.pid));
                    }
                    _ if is_ready(&service.socket).await => {
                        return Err("the running service did not execute the call".to_owned());
                    }
                    _ => {}
                },
                None if !has_started => {
                    has_started = start(&self.data_dir, self.settings_file.as_ref(), &self.config)
                        .map_err(|error| format!("failed to start the service: {error}"))?;
                }
                None => {}
            }
            if self.ends <= Instant::now() {
                return Err("the service did not answer in time".to_owned());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Ends a service that declined the call, if a hook started it.
    ///
    /// # Errors
    /// The problem, for a service that the user or a supervisor started.
    fn replace(&self, service: &Served) -> Result<(), String> {
        if !service.is_on_demand {
            return Err(declined(service));
        }
        self.log.add(&format!(
            "replaces the service (process {}), which has another version or other settings",
            service.pid
        ));
        end(service).map_err(|error| format!("failed to end process {}: {error}", service.pid))
    }
}

/// Describes a service that declined the call.
fn declined(service: &Served) -> String {
    format!(
        "the running service (process {}) has another version or other settings than this hook; \
         restart it with the same ones, or end it, and the next hook starts one",
        service.pid
    )
}
