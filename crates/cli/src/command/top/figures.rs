//! Parses the metrics of the service from the Prometheus text format. Unknown lines are skipped.

use std::collections::BTreeMap;

/// Metrics at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Figures {
    /// Calls by operation.
    pub(super) calls: BTreeMap<String, Calls>,
    /// Records by kind: in working memory, and in long-term memory.
    pub(super) records: BTreeMap<String, (u64, u64)>,
    /// Metrics without labels, by name without the prefix.
    single: BTreeMap<String, f64>,
    /// Events that could not be stored.
    pub(super) unwritten: u64,
}

/// Calls of one operation since the start of the service.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Calls {
    /// Number of calls by outcome, such as `ok`.
    pub(super) outcomes: BTreeMap<String, u64>,
    /// Number of calls up to a duration in seconds, cumulative. The last bound is infinite.
    buckets: Vec<(f64, u64)>,
}

impl Figures {
    /// Reads the text.
    pub(super) fn read(text: &str) -> Figures {
        let mut figures = Figures::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, labels, value)) = parsed(line) {
                figures.take(name, &labels, value);
            }
        }
        figures
    }

    fn take(&mut self, name: &str, labels: &BTreeMap<String, String>, value: f64) {
        let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
        match name {
            "requests_total" => {
                let calls = self.calls.entry(label("operation")).or_default();
                *calls.outcomes.entry(label("outcome")).or_default() += whole(value);
            }
            "request_seconds_bucket" => {
                let bound = label("le").parse().unwrap_or(f64::INFINITY);
                let calls = self.calls.entry(label("operation")).or_default();
                match calls.buckets.iter_mut().find(|(known, _)| *known == bound) {
                    Some((_, count)) => *count += whole(value),
                    None => calls.buckets.push((bound, whole(value))),
                }
            }
            "records" => {
                let (working, longterm) = self.records.entry(label("kind")).or_default();
                let count = if label("tier") == "working" { working } else { longterm };
                *count += whole(value);
            }
            "events_lost" => self.unwritten += whole(value),
            _ if labels.is_empty() => drop(self.single.insert(name.to_owned(), value)),
            _ => {}
        }
    }

    /// Returns a metric without labels, such as `connections`. 0 if the service does not have it.
    pub(super) fn single(&self, name: &str) -> f64 {
        self.single.get(name).copied().unwrap_or_default()
    }

    /// Returns a metric without labels that is a count.
    pub(super) fn count(&self, name: &str) -> u64 {
        whole(self.single(name))
    }
}

impl Calls {
    /// Returns the number of calls.
    pub(super) fn count(&self) -> u64 {
        self.outcomes.values().sum()
    }

    /// Returns the number of calls that failed.
    pub(super) fn failed(&self) -> u64 {
        self.count() - self.outcomes.get("ok").copied().unwrap_or_default()
    }

    /// Returns the calls since `before`, or all calls if the service was restarted in the meantime.
    pub(super) fn since(&self, before: &Calls) -> Calls {
        if self.count() < before.count() || self.buckets.len() != before.buckets.len() {
            return self.clone();
        }
        let outcomes = self.outcomes.iter().map(|(outcome, count)| {
            let earlier = before.outcomes.get(outcome).copied().unwrap_or_default();
            (outcome.clone(), count.saturating_sub(earlier))
        });
        let buckets = self.buckets.iter().zip(&before.buckets);
        let buckets = buckets.map(|((bound, now), (_, then))| (*bound, now.saturating_sub(*then)));
        Calls { outcomes: outcomes.collect(), buckets: buckets.collect() }
    }

    /// Returns the duration in seconds within which a share of the calls ended, interpolated within
    /// its bucket as in Prometheus. Beyond the last finite bound, returns that bound. `None`
    /// without calls.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        let total = self.buckets.last()?.1;
        if total == 0 {
            return None;
        }
        let rank = share * total as f64;
        let (mut lower, mut below) = (0.0, 0);
        for (bound, count) in &self.buckets {
            if rank <= *count as f64 {
                if bound.is_infinite() || *count == below {
                    return Some(lower);
                }
                let within = (rank - below as f64) / (count - below) as f64;
                return Some(lower + (bound - lower) * within);
            }
            (lower, below) = (*bound, *count);
        }
        Some(lower)
    }
}

/// Metrics are counts, far below the limit of exact integers in `f64`.
fn whole(value: f64) -> u64 {
    value.max(0.0) as u64
}

/// Parses `aios_memory_NAME{LABEL="VALUE",...} NUMBER`.
fn parsed(line: &str) -> Option<(&str, BTreeMap<String, String>, f64)> {
    let line = line.strip_prefix("aios_memory_")?;
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        None => (BTreeMap::new(), rest),
        Some(rest) => labels(rest)?,
    };
    let value = rest.split_whitespace().next()?.parse().ok()?;
    Some((name, labels, value))
}

/// Parses labels up to their closing brace, and returns the rest.
fn labels(mut rest: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches(',');
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, after) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next()? {
                (at, '"') => break at,
                (_, '\\') => match chars.next()?.1 {
                    'n' => value.push('\n'),
                    c => value.push(c),
                },
                (_, c) => value.push(c),
            }
        };
        labels.insert(name.to_owned(), value);
        rest = &after[end + 1..];
    }
}
