//! State of the live view: what was received from the service, and what the user selected. Pure:
//! the time is an argument.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::ControlFlow,
    time::Duration,
};

use aios_memory_server::{Live, Looked};
use serde_json::Value;

use super::figures::{Calls, Figures};

/// Maximum number of events in the view.
const EVENTS_MAX: usize = 500;
/// Period over which rates and latencies are computed.
pub(super) const WINDOW: Duration = Duration::from_secs(60);
/// Maximum number of samples in that period.
const SAMPLES_MAX: usize = 301;

/// The live view.
#[derive(Debug, Clone)]
pub(super) struct Model {
    /// The data directory.
    pub(super) place: String,
    pub(super) status: Status,
    pub(super) live: Live,
    pub(super) figures: Figures,
    /// Newest first.
    pub(super) events: VecDeque<Value>,
    /// Number of received events that are not in the view.
    pub(super) skipped: u64,
    pub(super) pane: Pane,
    pub(super) is_paused: bool,
    samples: VecDeque<(Duration, BTreeMap<String, Calls>)>,
    /// First visible line of each pane.
    scrolled: [usize; Pane::ALL.len()],
    /// Number of lines of each pane, and number of lines that fit, when it was last drawn.
    sizes: [(usize, usize); Pane::ALL.len()],
}

/// The state of the service, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Status {
    Running,
    /// It refuses, for this reason.
    Refused(String),
    /// It does not answer.
    Ended,
}

/// A part of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pane {
    Calls,
    Records,
    Work,
    Events,
}

/// A key with a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Press {
    Quit,
    NextPane,
    PreviousPane,
    Up,
    Down,
    PageUp,
    PageDown,
    Pause,
    /// The size of the terminal changed.
    Resized,
}

/// Row for the calls of an operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Called<'a> {
    pub(super) operation: &'a str,
    pub(super) all: &'a Calls,
    /// Calls per second. `None` until the second state was received.
    pub(super) rate: Option<f64>,
    /// Calls whose latency is shown: those of the last minute, or all if there were none.
    pub(super) timed: Calls,
}

impl Pane {
    pub(super) const ALL: [Pane; 4] = [Pane::Calls, Pane::Records, Pane::Work, Pane::Events];

    pub(super) fn title(self) -> &'static str {
        match self {
            Pane::Calls => "Calls",
            Pane::Records => "Records",
            Pane::Work => "Work",
            Pane::Events => "Events",
        }
    }

    fn index(self) -> usize {
        self as usize
    }

    fn moved(self, step: usize) -> Pane {
        Pane::ALL[(self.index() + step) % Pane::ALL.len()]
    }
}

impl Model {
    pub(super) fn new(place: String) -> Model {
        Model {
            place,
            status: Status::Ended,
            live: Live::default(),
            figures: Figures::default(),
            events: VecDeque::new(),
            skipped: 0,
            pane: Pane::Calls,
            is_paused: false,
            samples: VecDeque::new(),
            scrolled: [0; Pane::ALL.len()],
            sizes: [(0, 0); Pane::ALL.len()],
        }
    }

    /// Returns the event position for the next request. `None` before the first one.
    pub(super) fn next(&self) -> Option<u64> {
        (!self.samples.is_empty()).then_some(self.live.next)
    }

    /// Adds a state received at the time `now`.
    pub(super) fn take(&mut self, looked: Looked, now: Duration) {
        let mut live = match looked {
            Looked::Live(live) => *live,
            Looked::Refused(reason) => {
                self.status = Status::Refused(reason);
                return;
            }
            _ => {
                self.status = Status::Ended;
                return;
            }
        };
        self.status = Status::Running;
        let events = std::mem::take(&mut live.events);
        // If the user has scrolled, keeps the visible events in place.
        if 0 < self.scrolled[Pane::Events.index()] {
            self.scrolled[Pane::Events.index()] += events.len();
        }
        events.into_iter().for_each(|event| self.events.push_front(event));
        self.events.truncate(EVENTS_MAX);
        self.skipped += live.skipped;
        self.figures = Figures::read(&live.figures);
        self.live = live;
        self.samples.push_back((now, self.figures.calls.clone()));
        while SAMPLES_MAX < self.samples.len()
            || self.samples.front().is_some_and(|(then, _)| WINDOW < now.saturating_sub(*then))
        {
            self.samples.pop_front();
        }
    }

    /// Returns the rows of calls, the most frequent first.
    pub(super) fn called(&self) -> Vec<Called<'_>> {
        let first = self.samples.front();
        let last = self.samples.back().map_or(Duration::ZERO, |(now, _)| *now);
        let took = first.map_or(Duration::ZERO, |(then, _)| last.saturating_sub(*then));
        let none = Calls::default();
        let mut rows: Vec<Called<'_>> = self
            .figures
            .calls
            .iter()
            .map(|(operation, all)| {
                let before = first.and_then(|(_, calls)| calls.get(operation)).unwrap_or(&none);
                let lately = if took.is_zero() { Calls::default() } else { all.since(before) };
                let rate = (!took.is_zero()).then(|| lately.count() as f64 / took.as_secs_f64());
                let timed = if lately.count() == 0 { all.clone() } else { lately };
                Called { operation, all, rate, timed }
            })
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.all.count()));
        rows
    }

    /// Returns the exact number of lost events, summed over all reasons.
    pub(super) fn lost(&self) -> u64 {
        let lost = &self.live.lost;
        lost.critical + lost.kept + lost.lapped + self.figures.unwritten
    }

    /// Returns the first visible line of a pane.
    pub(super) fn scrolled(&self, pane: Pane) -> usize {
        self.scrolled[pane.index()]
    }

    /// Records the number of lines of a pane, and the number of lines that fit.
    pub(super) fn note_size(&mut self, pane: Pane, lines: usize, fitting: usize) {
        self.sizes[pane.index()] = (lines, fitting);
        let last = lines.saturating_sub(fitting);
        let scrolled = &mut self.scrolled[pane.index()];
        *scrolled = (*scrolled).min(last);
    }

    /// Applies a key.
    pub(super) fn press(&mut self, press: Press) -> ControlFlow<()> {
        let (lines, fitting) = self.sizes[self.pane.index()];
        let last = lines.saturating_sub(fitting);
        let page = fitting.max(1);
        let scrolled = &mut self.scrolled[self.pane.index()];
        match press {
            Press::Quit => return ControlFlow::Break(()),
            Press::NextPane => self.pane = self.pane.moved(1),
            Press::PreviousPane => self.pane = self.pane.moved(Pane::ALL.len() - 1),
            Press::Up => *scrolled = scrolled.saturating_sub(1),
            Press::Down => *scrolled = (*scrolled + 1).min(last),
            Press::PageUp => *scrolled = scrolled.saturating_sub(page),
            Press::PageDown => *scrolled = (*scrolled + page).min(last),
            Press::Pause => self.is_paused = !self.is_paused,
            Press::Resized => {}
        }
        ControlFlow::Continue(())
    }
}
