//! What processes have used, by the system's own accounting (Linux).

use std::{fs, time::Duration};

/// A tick of the accounting: 100 a second on every Linux of ours.
const TICK: Duration = Duration::from_millis(10);

/// Processor time of a process, its ended children included.
fn of(pid: u32) -> Option<(u32, Duration)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11..15)?.iter().filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Some((fields.get(1)?.parse().ok()?, TICK * u32::try_from(ticks).ok()?))
}

/// Processor time of a process and of all that it has started.
pub fn with_children(pid: u32) -> Duration {
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let children = ids.filter_map(of).filter(|(parent, _)| *parent == pid).map(|(_, spent)| spent);
    children.sum::<Duration>() + of(pid).map_or(Duration::ZERO, |(_, spent)| spent)
}

/// A line of a process's status in MiB: `VmRSS` now, `VmHWM` at the most.
pub fn memory(pid: u32, line: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kib = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'))?;
    Some(kib.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}

/// The first number of a file, as of a process in its lock file.
pub fn number(path: &std::path::Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.lines().next()?.trim().parse().ok()
}
