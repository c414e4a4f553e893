//! `top`: a live view of the running service in the terminal, or its state once as text.
//!
//! [`model`] is the state, [`rows`] and [`draw`] turn it into lines and screens, and [`screen`] is
//! the terminal. This file requests the state of the service and connects them.

mod draw;
mod figures;
mod model;
mod rows;
mod screen;

use std::{io, path::PathBuf, time::Duration};

use aios_memory::Config;
use aios_memory_server::{Looked, Presence, look};
use serde_json::{Value, json};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::JoinHandle,
    time::Instant,
};

use self::{
    model::{Model, Pane},
    rows::Look,
    screen::Taken,
};
use crate::{
    args::{Global, Top},
    failure::Failure,
    output::{Output, harmless, has_screen},
};

/// Time limit for an answer of the service.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);
/// Width of the text of `--once`.
const TEXT_WIDTH: usize = 100;

pub(crate) async fn top(
    top: &Top,
    config: &Config,
    global: &Global,
    output: Output,
) -> Result<(), Failure> {
    check(top, global, output)?;
    let data_dir = std::path::absolute(&config.memory.data_dir)
        .map_err(|source| Failure::Io { action: "find the data directory".to_owned(), source })?;
    let user = global.acting_user(&config.memory.user).map(str::to_owned);
    let place = data_dir.display().to_string();
    let source = Source { data_dir, socket: top.socket.clone(), user };
    let mut model = Model::new(place);
    model.take(first(&source).await?, Duration::ZERO);
    let look = Look { has_color: has_color(), zone: output.zone.time_zone(), harmless };
    match top.once {
        true => print(&model, &look, output),
        false => watch(model, &look, source, top.interval).await,
    }
}

/// Refuses flags and outputs that the view does not support.
fn check(top: &Top, global: &Global, output: Output) -> Result<(), Failure> {
    let (_, project, others) = global.bound();
    if project.is_some() || others {
        return Err(Failure::Usage {
            message: "the live view is that of the whole service".to_owned(),
            hint: "omit the flags of the scope; --user selects whose goals and tasks are shown",
        });
    }
    if !top.once && (output.json || !has_screen()) {
        return Err(Failure::Usage {
            message: "the live view needs a terminal".to_owned(),
            hint: "pass --once, or use `aios-memory snapshot`, `aios-memory --json stats` or \
                   `aios-memory events --follow`",
        });
    }
    Ok(())
}

/// The observed service.
#[derive(Debug, Clone)]
struct Source {
    data_dir: PathBuf,
    socket: Option<PathBuf>,
    user: Option<String>,
}

impl Source {
    /// Requests the state of the service, which may have been restarted on another socket.
    async fn look(&self, next: Option<u64>) -> Looked {
        let socket = self.socket.clone().or_else(|| Presence::find(&self.data_dir));
        let Some(socket) = socket else { return Looked::NoService };
        let looking = look(&socket, self.user.as_deref(), next);
        tokio::time::timeout(ANSWER_TIME_MAX, looking).await.unwrap_or(Looked::NoService)
    }
}

/// Returns the first state. Fails if the service does not run or refuses.
async fn first(source: &Source) -> Result<Looked, Failure> {
    match source.look(None).await {
        Looked::Refused(reason) => Err(Failure::Unsound {
            what: format!(
                "the service does not show itself: {reason}; start it again with this version"
            ),
        }),
        looked @ Looked::Live(_) => Ok(looked),
        _ => Err(Failure::NotFound {
            message: "no service runs for the data directory".to_owned(),
            hint: "start one with `aios-memory serve`",
        }),
    }
}

/// Returns false if `NO_COLOR` is set (<https://no-color.org>).
fn has_color() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Prints the view once.
fn print(model: &Model, look: &Look, output: Output) -> Result<(), Failure> {
    output.result(&as_json(model), |out| {
        for line in rows::header(model, look) {
            writeln!(out, "{line}")?;
        }
        for pane in Pane::ALL {
            writeln!(out, "\n{}", rows::title(model, pane))?;
            let rows = rows::rows(model, pane, TEXT_WIDTH, look);
            for line in rows.heading.iter().chain(&rows.lines) {
                writeln!(out, "{}", line.to_string().trim_end())?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

fn as_json(model: &Model) -> Value {
    let live = &model.live;
    let calls = model.called().into_iter().map(|called| {
        json!({
            "operation": called.operation,
            "calls": called.all.count(),
            "outcomes": called.all.outcomes,
            "p50_seconds": called.timed.quantile(0.5),
            "p99_seconds": called.timed.quantile(0.99),
        })
    });
    let records = model.figures.records.iter().map(|(kind, (working, longterm))| {
        json!({"kind": kind, "working": working, "longterm": longterm})
    });
    json!({
        "machine": live.machine,
        "connections": model.figures.count("connections"),
        "streams": model.figures.count("streams"),
        "journal_pending": model.figures.count("journal_pending"),
        "feed_lag": model.figures.count("feed_lag"),
        "lost": {
            "unwritten": model.figures.unwritten,
            "critical": live.lost.critical,
            "kept": live.lost.kept,
            "lapped": live.lost.lapped,
        },
        "calls": calls.collect::<Vec<_>>(),
        "records": records.collect::<Vec<_>>(),
        "active": live.active,
        "tasks": live.tasks,
        "goals": live.goals,
        "events": model.events,
    })
}

/// Shows the view until a key or a signal ends it.
async fn watch(
    mut model: Model,
    look: &Look,
    source: Source,
    interval: Duration,
) -> Result<(), Failure> {
    let failed =
        |action: &str, source: io::Error| Failure::Io { action: action.to_owned(), source };
    let mut ending = Ending::new().map_err(|it| failed("wait for signals", it))?;
    let mut taken = Taken::take().map_err(|it| failed("use the terminal", it))?;
    let began = Instant::now();
    let mut due = began + interval;
    let mut looking: Option<JoinHandle<Looked>> = None;
    loop {
        show(&mut taken, &mut model, look).map_err(|it| failed("draw on the terminal", it))?;
        tokio::select! {
            press = taken.keys.recv() => match press {
                Some(press) if model.press(press).is_continue() => {}
                _ => return Ok(()),
            },
            () = ending.came() => return Ok(()),
            looked = answered(&mut looking) => {
                model.take(looked, began.elapsed());
                due = Instant::now() + interval;
            }
            () = tokio::time::sleep_until(due), if looking.is_none() && !model.is_paused => {
                let (source, next) = (source.clone(), model.next());
                looking = Some(tokio::spawn(async move { source.look(next).await }));
            }
        }
    }
}

fn show(taken: &mut Taken, model: &mut Model, look: &Look) -> io::Result<()> {
    let mut sizes = Vec::new();
    taken.terminal.draw(|frame| {
        let area = frame.area();
        sizes = draw::draw(model, look, area, frame.buffer_mut());
    })?;
    for (pane, lines, fitting) in sizes {
        model.note_size(pane, lines, fitting);
    }
    Ok(())
}

/// Waits for the answer to a request in progress, if any.
async fn answered(looking: &mut Option<JoinHandle<Looked>>) -> Looked {
    let Some(task) = looking else { return std::future::pending().await };
    let looked = task.await;
    *looking = None;
    match looked {
        Ok(looked) => looked,
        // The terminal was restored for the panic message, so the view must end.
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Looked::NoService,
    }
}

/// The signals that end the view.
struct Ending([Signal; 4]);

impl Ending {
    fn new() -> io::Result<Ending> {
        Ok(Ending([
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
            signal(SignalKind::quit())?,
        ]))
    }

    async fn came(&mut self) {
        let [terminate, interrupt, hangup, quit] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
            _ = quit.recv() => {}
        }
    }
}
