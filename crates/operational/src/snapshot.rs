//! The state of the machine and of the agents on it, in one value. Not here: how the machine is
//! asked, which is `machine`'s.

use serde::Serialize;

use crate::{Operational, lock};

impl Operational {
    /// How things stand. What was pushed as a metric of one of these names goes before what the
    /// machine says; all is zero where neither knows: `cpu.usage`, `memory.used_mb`,
    /// `memory.total_mb`, `disk.used_gb`, `disk.total_gb`, `gpu.utilization`, `tasks.active`,
    /// `agents.active`.
    ///
    /// With the feature `sysinfo` the machine is asked at most once a second, by the caller of
    /// this.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.machine();
        (snapshot.active_tasks, snapshot.active_agents) = self.inner.tasks.count();
        snapshot.loaded_models = lock(&self.inner.loaded_models).clone();
        self.put_metrics(&mut snapshot);
        snapshot
    }

    /// Says which models are loaded now, for the snapshot.
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
        // `as` saturates: a negative number of tasks is none.
        let put = |field: &mut u64, key| *field = metric(key).map_or(*field, |value| value as u64);
        put(&mut snapshot.active_tasks, "tasks.active");
        put(&mut snapshot.active_agents, "agents.active");
    }
}

/// How the machine and the agents on it are. MB and GB are 2^20 and 2^30 bytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// How busy all processors together are, 0 to 100.
    pub cpu_percent: f64,
    /// RAM in use.
    pub memory_used_mb: f64,
    /// RAM that there is.
    pub memory_total_mb: f64,
    /// Bytes in use on the disk of [`Config::disk`](crate::Config::disk).
    pub disk_used_gb: f64,
    /// The size of that disk.
    pub disk_total_gb: f64,
    /// How busy the graphics processor is, 0 to 100. Known only if it is pushed.
    pub gpu_utilization: f64,
    /// How many tasks are active.
    pub active_tasks: u64,
    /// How many agents have an active task.
    pub active_agents: u64,
    /// Which models are loaded, as [reported](Operational::report_models).
    pub loaded_models: Vec<String>,
    /// The load averages of the last 1, 5 and 15 minutes.
    pub load_average: [f64; 3],
    /// For how long the machine has been up.
    pub uptime_seconds: u64,
    /// How many processes there are.
    pub processes: u64,
}
