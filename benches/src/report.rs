//! Results of a run: rows of measurements, and targets with the ratios reached. Printed as one
//! table and written as JSON.

use std::{
    env, fmt, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use serde::Serialize;

/// Results of one run.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Measurements.
    pub rows: Vec<Row>,
    /// Targets.
    pub targets: Vec<Target>,
    /// Workloads or rivals that could not be measured, with the reason.
    pub notes: Vec<String>,
}

/// One contender in one workload.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Workload.
    pub workload: String,
    /// Contender.
    pub contender: String,
    /// Unit of the measurements, such as `ns` or `bytes`.
    pub unit: &'static str,
    /// Median over the rounds, for one operation.
    pub median: f64,
    /// Minimum and maximum of the rounds. `None` for a single round.
    pub spread: Option<(f64, f64)>,
    /// Quantiles of single operations, if measured.
    pub tail: Option<Tail>,
}

/// Quantiles of single operations.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Tail {
    /// The median.
    pub p50: u64,
    /// 95th percentile.
    pub p95: u64,
    /// 99th percentile.
    pub p99: u64,
    /// 99.9th percentile.
    pub p999: u64,
    /// Maximum.
    pub max: u64,
}

/// A target for a ratio or a measurement.
#[derive(Debug, Clone, Serialize)]
pub struct Target {
    /// The comparison.
    pub what: String,
    /// The ratio or value reached.
    pub ratio: f64,
    /// Unit: `x` for a ratio.
    pub unit: &'static str,
    /// The limit.
    pub bound: Bound,
    /// True if the target was reached.
    pub reached: bool,
}

/// Limit of a target, with its direction.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The value must not exceed the limit.
    AtMost(f64),
    /// The value must not be below the limit.
    AtLeast(f64),
}

impl Report {
    /// Adds a row in nanoseconds, with one value per round.
    ///
    /// # Panics
    /// If there are no rounds.
    pub fn add(&mut self, workload: &str, contender: &str, rounds: &[f64]) {
        self.rows.push(Row::new(workload, contender, "ns", rounds));
    }

    /// Returns the median of `contender` in `workload`.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn median(&self, workload: &str, contender: &str) -> f64 {
        self.row(workload, contender).median
    }

    /// Returns the row of `contender` in `workload`.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, workload: &str, contender: &str) -> &Row {
        self.find(workload, contender)
            .unwrap_or_else(|| panic!("no row `{workload}` of `{contender}`"))
    }

    /// Returns the row of `contender` in `workload`, if it was measured.
    #[must_use]
    pub fn find(&self, workload: &str, contender: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.workload == workload && row.contender == contender)
    }

    /// Adds a row of single operations, in nanoseconds.
    ///
    /// # Panics
    /// If there are no samples.
    pub fn add_tail(&mut self, workload: &str, contender: &str, mut samples: Vec<u64>) {
        let tail = Tail::of(&mut samples);
        let row = Row::new(workload, contender, "ns", &[tail.p50 as f64]);
        self.rows.push(Row { tail: Some(tail), ..row });
    }

    /// Adds a target for a ratio.
    pub fn target(&mut self, what: &str, ratio: f64, bound: Bound) {
        self.target_in(what, ratio, "x", bound);
    }

    /// Adds a target for a value in `unit`.
    pub fn target_in(&mut self, what: &str, ratio: f64, unit: &'static str, bound: Bound) {
        let reached = match bound {
            Bound::AtMost(limit) => ratio <= limit,
            Bound::AtLeast(limit) => limit <= ratio,
        };
        self.targets.push(Target { what: what.to_owned(), ratio, unit, bound, reached });
    }

    /// Adds a note about a workload or rival that could not be measured.
    pub fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }

    /// Ends a bench target: prints the report, writes it as JSON to `bench/NAME.json` in the target
    /// directory, and prints the path.
    #[allow(clippy::print_stdout, reason = "it is what a bench is for")]
    #[must_use]
    pub fn conclude(&self, name: &str) -> ExitCode {
        println!("{self}");
        match self.save(name) {
            Ok(path) => {
                println!("written to {}", path.display());
                ExitCode::SUCCESS
            }
            Err(error) => {
                println!("failed to write the report: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn save(&self, name: &str) -> io::Result<PathBuf> {
        // The program is in `<target>/<profile>/deps`.
        let own = env::current_exe()?;
        let target = own.ancestors().nth(3).unwrap_or(Path::new("target"));
        let path = target.join("bench").join(name).with_extension("json");
        self.write(&path)?;
        Ok(path)
    }

    /// Writes the report as JSON to `path`, and creates missing directories.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        fs::write(path, serde_json::to_string_pretty(self)? + "\n")
    }
}

impl Row {
    /// Creates a row from one value per round.
    ///
    /// # Panics
    /// If there are no rounds.
    #[must_use]
    pub fn new(workload: &str, contender: &str, unit: &'static str, rounds: &[f64]) -> Row {
        let mut sorted = rounds.to_vec();
        sorted.sort_by(f64::total_cmp);
        Row {
            workload: workload.to_owned(),
            contender: contender.to_owned(),
            unit,
            median: sorted[sorted.len() / 2],
            spread: (1 < sorted.len()).then(|| (sorted[0], sorted[sorted.len() - 1])),
            tail: None,
        }
    }
}

impl Tail {
    /// Sorts `samples` and returns their quantiles.
    ///
    /// # Panics
    /// If there are no samples.
    #[must_use]
    pub fn of(samples: &mut [u64]) -> Tail {
        samples.sort_unstable();
        let at = |share| quantile(samples, share);
        Tail { p50: at(0.5), p95: at(0.95), p99: at(0.99), p999: at(0.999), max: at(1.0) }
    }
}

/// Returns the value at `share` of sorted values: 0 is the first, 1 the last.
///
/// # Panics
/// If there are no values.
pub(crate) fn quantile<T: Copy>(sorted: &[T], share: f64) -> T {
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<34} {:<28} {:>14} {:>21}  {:>8} {:>8} {:>8} {:>8} {:>9}",
            "workload", "contender", "median", "least .. most", "p50", "p95", "p99", "p99.9", "max"
        )?;
        let mut last = "";
        for row in &self.rows {
            let name = if row.workload == last { "" } else { &row.workload };
            last = &row.workload;
            let decimals = if row.median < 1.0 { 3 } else { 1 };
            let median = format!("{:.decimals$} {}", row.median, row.unit);
            let spread = row.spread.map_or(String::new(), |(a, b)| format!("{a:.1} .. {b:.1}"));
            write!(f, "{name:<34} {:<28} {median:>14} {spread:>21}", row.contender)?;
            match row.tail {
                Some(t) => {
                    let Tail { p50, p95, p99, p999, max } = t;
                    writeln!(f, "  {p50:>8} {p95:>8} {p99:>8} {p999:>8} {max:>9}")?;
                }
                None => writeln!(f)?,
            }
        }
        writeln!(f)?;
        for target in &self.targets {
            let (word, limit) = match target.bound {
                Bound::AtMost(limit) => ("at most", limit),
                Bound::AtLeast(limit) => ("at least", limit),
            };
            let mark = if target.reached { "reached" } else { "MISSED" };
            let Target { ratio, unit, what, .. } = target;
            writeln!(f, "{mark:<8} {ratio:>8.2} {unit}  {word} {limit} {unit}  {what}")?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        Ok(())
    }
}
