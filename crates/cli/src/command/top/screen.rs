//! The terminal: its alternate screen, raw keys, and restoring it on every exit.

use std::{
    io, panic,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use ratatui::{
    Terminal,
    backend::CrosstermBackend,
    crossterm::{
        cursor::Show,
        event::{self, Event, KeyCode, KeyEventKind, KeyModifiers},
        execute,
        terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
    },
};
use tokio::sync::mpsc;

use super::model::Press;
use crate::output::{Screen, screen};

/// Interval at which the reader of keys checks if it should end.
const POLL: Duration = Duration::from_millis(100);
/// Maximum number of waiting keys.
const KEYS_MAX: usize = 64;

/// True while the terminal is in raw mode.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal, until it is dropped.
pub(super) struct Taken {
    pub(super) terminal: Terminal<CrosstermBackend<Screen>>,
    pub(super) keys: mpsc::Receiver<Press>,
    reader: Option<JoinHandle<()>>,
    is_over: Arc<AtomicBool>,
}

impl Taken {
    /// Switches the terminal to raw mode. A later panic restores it before it is reported.
    pub(super) fn take() -> io::Result<Taken> {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            give_back();
            report(panic);
        }));
        IS_TAKEN.store(true, Ordering::SeqCst);
        let opened = open();
        if opened.is_err() {
            give_back();
        }
        let terminal = opened?;
        let (send, keys) = mpsc::channel(KEYS_MAX);
        let is_over = Arc::<AtomicBool>::default();
        let over = Arc::clone(&is_over);
        let reader = thread::spawn(move || read_keys(&send, &over));
        Ok(Taken { terminal, keys, reader: Some(reader), is_over })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.keys.close();
        if let Some(reader) = self.reader.take() {
            // The thread ends within its polling interval. It fails only by a panic, which was
            // reported.
            let _ = reader.join();
        }
        give_back();
    }
}

fn open() -> io::Result<Terminal<CrosstermBackend<Screen>>> {
    enable_raw_mode()?;
    execute!(screen(), EnterAlternateScreen)?;
    let mut terminal = Terminal::new(CrosstermBackend::new(screen()))?;
    terminal.clear()?;
    Ok(terminal)
}

/// Restores the terminal, once. Failures cannot be reported, because the terminal may be gone.
fn give_back() {
    if IS_TAKEN.swap(false, Ordering::SeqCst) {
        let _ = disable_raw_mode();
        let _ = execute!(screen(), LeaveAlternateScreen, Show);
    }
}

/// Reads keys until the view ends or the terminal is gone.
fn read_keys(send: &mpsc::Sender<Press>, is_over: &AtomicBool) {
    while !is_over.load(Ordering::SeqCst) {
        let press = match event::poll(POLL) {
            Ok(false) => continue,
            Ok(true) => event::read().map(press_of),
            Err(error) => Err(error),
        };
        match press {
            Ok(None) => {}
            Ok(Some(press)) => {
                if send.blocking_send(press).is_err() {
                    return;
                }
            }
            // If the sender is dropped, the view ends.
            Err(_) => return,
        }
    }
}

/// Returns the function of a key.
fn press_of(event: Event) -> Option<Press> {
    let key = match event {
        Event::Resize(..) => return Some(Press::Resized),
        Event::Key(key) if key.kind != KeyEventKind::Release => key,
        _ => return None,
    };
    let has_control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char('c' | 'd') if has_control => Press::Quit,
        KeyCode::Char('q') | KeyCode::Esc => Press::Quit,
        KeyCode::Char('p') | KeyCode::Char(' ') => Press::Pause,
        KeyCode::Tab | KeyCode::Right => Press::NextPane,
        KeyCode::BackTab | KeyCode::Left => Press::PreviousPane,
        KeyCode::Up | KeyCode::Char('k') => Press::Up,
        KeyCode::Down | KeyCode::Char('j') => Press::Down,
        KeyCode::PageUp => Press::PageUp,
        KeyCode::PageDown => Press::PageDown,
        _ => return None,
    })
}
