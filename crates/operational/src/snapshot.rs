//! The state of the machine and of its agents, in one value. Not here: querying the machine, which
//! is in `machine`.

use serde::{Deserialize, Serialize};

use crate::{Operational, lock};

impl Operational {
    /// Returns the state of the machine and of its agents. A pushed metric with one of these names
    /// overrides the known value: `cpu.usage`, `memory.used_mb`, `memory.total_mb`, `disk.used_gb`,
    /// `disk.total_gb`, `gpu.utilization`, `tasks.active`, `agents.active`. An unknown value is 0.
    ///
    /// With the feature `sysinfo`, the calling thread queries the machine, at most once a second.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.machine();
        (snapshot.active_tasks, snapshot.active_agents) = self.inner.tasks.count();
        snapshot.loaded_models = lock(&self.inner.loaded_models).clone();
        self.put_metrics(&mut snapshot);
        snapshot
    }

    /// Sets the loaded models that the snapshot reports.
    pub fn report_models(&self, names: Vec<String>) {
        *lock(&self.inner.loaded_models) = names;
    }

    #[cfg(feature = "sysinfo")]
    fn machine(&self) -> Snapshot {
        self.inner.machine.state(self.inner.clock.instant())
    }

    #[cfg(not(feature = "sysinfo"))]
    fn machine(&self) -> Snapshot {
        Snapshot::default()
    }

    fn put_metrics(&self, snapshot: &mut Snapshot) {
        let metric = |key| self.inner.metrics.latest(key).map(|metric| metric.value);
        let put = |field: &mut f64, key| *field = metric(key).unwrap_or(*field);
        put(&mut snapshot.cpu_percent, "cpu.usage");
        put(&mut snapshot.memory_used_mb, "memory.used_mb");
        put(&mut snapshot.memory_total_mb, "memory.total_mb");
        put(&mut snapshot.disk_used_gb, "disk.used_gb");
        put(&mut snapshot.disk_total_gb, "disk.total_gb");
        put(&mut snapshot.gpu_utilization, "gpu.utilization");
        // `as` saturates: a negative number of tasks becomes 0.
        let put = |field: &mut u64, key| *field = metric(key).map_or(*field, |value| value as u64);
        put(&mut snapshot.active_tasks, "tasks.active");
        put(&mut snapshot.active_agents, "agents.active");
    }
}

/// State of the machine and of its agents. MB and GB are 2^20 and 2^30 bytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// Load of all processors together, 0 to 100.
    pub cpu_percent: f64,
    /// RAM in use, in MB.
    pub memory_used_mb: f64,
    /// Total RAM, in MB.
    pub memory_total_mb: f64,
    /// Space in use on the disk of [`Config::disk`](crate::Config::disk), in GB.
    pub disk_used_gb: f64,
    /// Size of that disk, in GB.
    pub disk_total_gb: f64,
    /// Load of the graphics processor, 0 to 100. Known only if it is pushed.
    pub gpu_utilization: f64,
    /// Number of active tasks.
    pub active_tasks: u64,
    /// Number of agents with an active task.
    pub active_agents: u64,
    /// Loaded models, as [reported](Operational::report_models).
    pub loaded_models: Vec<String>,
    /// Load averages of the last 1, 5 and 15 minutes.
    pub load_average: [f64; 3],
    /// Uptime of the machine in seconds.
    pub uptime_seconds: u64,
    /// Number of processes.
    pub processes: u64,
}
