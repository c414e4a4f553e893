//! The state of the machine, queried at most once a second.

use std::{
    fmt,
    path::PathBuf,
    sync::Mutex,
    time::{Duration, Instant},
};

use sysinfo::{CpuRefreshKind, DiskRefreshKind, Disks, ProcessRefreshKind, RefreshKind, System};

use crate::{Snapshot, lock};

/// Time for which an answer is valid.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);

const MB: f64 = (1_u64 << 20) as f64;
const GB: f64 = (1_u64 << 30) as f64;

pub(crate) struct Machine {
    /// Locked while the machine is queried. A thread that finds it locked uses the last answer.
    source: Mutex<Source>,
    last: Mutex<Snapshot>,
}

struct Source {
    /// `None` on a system that cannot be queried.
    system: Option<System>,
    disks: Option<Disks>,
    /// Path whose disk is reported.
    path: PathBuf,
    asked_at: Option<Instant>,
}

impl Machine {
    /// Reads the processor times, so that the first query can report the load since then.
    pub(crate) fn new(path: PathBuf) -> Machine {
        let cpu = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing().with_usage());
        let source = Source {
            system: System::new_with_specifics(cpu).ok(),
            disks: Disks::new().ok(),
            path,
            asked_at: None,
        };
        Machine { source: Mutex::new(source), last: Mutex::default() }
    }

    pub(crate) fn state(&self, now: Instant) -> Snapshot {
        if let Ok(mut source) = self.source.try_lock()
            && source.asked_at.is_none_or(|at| REFRESH_INTERVAL <= now.duration_since(at))
        {
            source.asked_at = Some(now);
            let state = source.ask();
            *lock(&self.last) = state;
        }
        lock(&self.last).clone()
    }
}

impl Source {
    fn ask(&mut self) -> Snapshot {
        let mut state = Snapshot::default();
        if let Some(system) = &mut self.system {
            system.refresh_specifics(
                RefreshKind::nothing()
                    .with_cpu(CpuRefreshKind::nothing().with_usage())
                    .with_processes(ProcessRefreshKind::nothing().without_tasks()),
            );
            system.refresh_memory();
            state.cpu_percent = f64::from(system.global_cpu_usage());
            state.memory_used_mb = system.used_memory() as f64 / MB;
            state.memory_total_mb = system.total_memory() as f64 / MB;
            state.processes = system.processes().len() as u64;
        }
        if let Ok(load) = System::load_average() {
            state.load_average = [load.one, load.five, load.fifteen];
        }
        state.uptime_seconds = System::uptime().unwrap_or(0);
        if let Some(disks) = &mut self.disks {
            disks.refresh_specifics(true, DiskRefreshKind::nothing().with_storage());
            let mounted = disks.iter().filter(|disk| self.path.starts_with(disk.mount_point()));
            let innermost = mounted.max_by_key(|disk| disk.mount_point().as_os_str().len());
            if let Some(disk) = innermost {
                let used = disk.total_space().saturating_sub(disk.available_space());
                state.disk_used_gb = used as f64 / GB;
                state.disk_total_gb = disk.total_space() as f64 / GB;
            }
        }
        state
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").finish_non_exhaustive()
    }
}
