//! A child process that runs one test of the calling test binary.
//!
//! The parent starts a test by its name and passes a path. Parent and child exchange lines in
//! order, over the child's stdin and stdout. A line is written completely or not at all, so a
//! killed child leaves only whole lines.
//!
//! ```no_run
//! use std::fs;
//!
//! use aios_memory_tests::child::{self, Child};
//!
//! // With the attribute `#[test]`, in a module `crash`. Does nothing in the parent.
//! fn child() {
//!     let Some(dir) = child::place() else { return };
//!     fs::write(dir.join("note"), "text").expect("the parent passed a directory");
//!     child::say("written");
//!     std::thread::park();
//! }
//!
//! // With the attribute `#[test]`.
//! fn a_written_file_survives_a_kill() {
//!     let dir = std::env::temp_dir();
//!     let mut writer = Child::start("crash::child", &dir);
//!     assert_eq!(writer.hear().as_deref(), Some("written"));
//!     assert!(writer.kill().is_empty());
//!     assert_eq!(fs::read_to_string(dir.join("note")).ok().as_deref(), Some("text"));
//! }
//! ```

use std::{
    env,
    fmt::Display,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{self, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Environment variable with the path for a child.
const PLACE: &str = "AIOS_TEST_CHILD_PLACE";

/// Prefix of the child's lines, which distinguishes them from those of the test harness.
const SAID: &str = "said ";

/// Maximum time to wait for a child, so that one that hangs does not block the suite forever.
const PATIENCE: Duration = Duration::from_secs(300);

/// Returns the path that the parent passed. `None` in a process that is not a child, in which case
/// the test should return.
#[must_use]
pub fn place() -> Option<PathBuf> {
    env::var_os(PLACE).map(PathBuf::from)
}

/// Sends a line to the parent, in one write.
///
/// # Panics
/// If the parent has ended.
pub fn say(line: impl Display) {
    // The harness prints the name of the test without a line end.
    let line = format!("\n{SAID}{line}\n");
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).expect("the parent lives");
    out.flush().expect("the parent lives");
}

/// Returns the command that runs `test`, such as `crash::child`, of this binary as a child.
///
/// # Panics
/// If this binary has no path.
#[must_use]
pub fn command(test: &str, place: &Path) -> Command {
    let mut command = Command::new(env::current_exe().expect("a test binary has a path"));
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(PLACE, place);
    command
}

/// A running child. It is killed on drop.
#[derive(Debug)]
pub struct Child {
    process: process::Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Child {
    /// Starts `test` of this binary.
    ///
    /// # Panics
    /// If the process cannot be started.
    #[must_use]
    pub fn start(test: &str, place: &Path) -> Child {
        Child::of(command(test, place))
    }

    /// Starts a command, with pipes for its stdin and stdout.
    ///
    /// # Panics
    /// If the process cannot be started.
    #[must_use]
    pub fn of(mut command: Command) -> Child {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = piped.spawn().expect("the program can be started");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("stdout is a pipe"));
        Child { process, input, output }
    }

    /// Sends a line to the child, on its stdin.
    ///
    /// # Panics
    /// If the child has ended.
    pub fn tell(&mut self, line: &str) {
        let input = self.input.as_mut().expect("the input is open until the end");
        writeln!(input, "{line}").expect("the child lives");
    }

    /// Returns the next line from the child. `None` if it has ended.
    ///
    /// # Panics
    /// If the child prints bytes that are not UTF-8.
    pub fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        loop {
            line.clear();
            self.output.read_line(&mut line).expect("a child prints UTF-8");
            // An incomplete last line is dropped.
            let whole = line.strip_suffix('\n')?;
            if let Some(said) = whole.strip_prefix(SAID) {
                return Some(said.to_owned());
            }
        }
    }

    /// Returns the next `count` lines from the child.
    ///
    /// # Panics
    /// If the child ends earlier.
    #[must_use]
    pub fn hear_some(&mut self, count: usize) -> Vec<String> {
        let heard: Vec<String> = (0..count).map_while(|_| self.hear()).collect();
        assert_eq!(heard.len(), count, "the child ended by itself, and said {heard:?}");
        heard
    }

    /// Sends a line to the child, and returns its next line.
    ///
    /// # Panics
    /// If the child ends without an answer.
    pub fn ask(&mut self, line: &str) -> String {
        self.tell(line);
        self.hear().expect("the child answers")
    }

    /// Returns `true` if the child has ended.
    ///
    /// # Panics
    /// If the system does not know the child.
    pub fn has_ended(&mut self) -> bool {
        self.process.try_wait().expect("the process is a child").is_some()
    }

    /// Kills the child. Returns its lines that were not read.
    ///
    /// # Panics
    /// If the system does not know the child.
    pub fn kill(mut self) -> Vec<String> {
        self.process.kill().expect("the process is a child");
        self.process.wait().expect("the process is a child");
        self.rest()
    }

    /// Kills the child when `reached` returns `true`. Returns `false` if the child ended by itself.
    /// The child's unread output must fit into a pipe.
    ///
    /// # Panics
    /// If neither happens within five minutes.
    pub fn kill_when(mut self, mut reached: impl FnMut() -> bool) -> bool {
        let began = Instant::now();
        while !reached() {
            if self.has_ended() {
                return false;
            }
            assert!(began.elapsed() < PATIENCE, "the child neither ends nor gets there");
            thread::yield_now();
        }
        self.process.kill().expect("the process is a child");
        // A process ended by a signal has no exit code.
        self.process.wait().expect("the process is a child").code().is_none()
    }

    /// Closes the child's stdin and waits for its end. Returns its lines that were not read.
    ///
    /// # Panics
    /// If the child fails.
    pub fn end(mut self) -> Vec<String> {
        drop(self.input.take());
        let said = self.rest();
        let status = self.process.wait().expect("the process is a child");
        assert!(status.success(), "the child failed: {status}; it said {said:?}");
        said
    }

    fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.hear()).collect()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // The child may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests;
