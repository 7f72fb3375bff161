//! The server's process: it starts as our child, stops when we say so, and stops too when we are killed.

use super::{Binaries, Durability, Fault, account::Account};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// How long a start (with the recovery after a crash) or a stop may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again after this long.
const PAUSE: Duration = Duration::from_millis(10);

/// A shell that waits for the end of its input, which comes when we end in whatever way. Told "done" it goes in peace.
/// The process in `$1` was our child and may have ended long ago: it is ours only while its lock file names it.
const WATCH: &str = r#"
read -r done && exit
[ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ] && kill -INT "$1" 2>/dev/null
[ -n "$3" ] || exit
while kill -0 "$1" 2>/dev/null; do sleep 0.05; done
rm -rf -- "$3"
"#;

#[derive(Debug)]
pub(super) struct Server {
    postgres: Child,
    watch: Child,
}

impl Server {
    /// Starts and waits until it takes connections. `doomed` is a directory that goes when we go.
    pub(super) fn start(
        binaries: &Binaries,
        account: &Account,
        cluster: &Path,
        socket: &Path,
        log: &Path,
        doomed: Option<&Path>,
    ) -> Result<Self, Fault> {
        let program = binaries.program("postgres");
        let out = File::create(log).map_err(Fault::io("cannot write", log))?;
        let err = out.try_clone().map_err(Fault::io("cannot write", log))?;
        let mut postgres = Command::new(&program);
        postgres.arg("-D").arg(cluster).arg("-k").arg(socket).stdout(out).stderr(err);
        let mut postgres = {
            account.alone(&mut postgres);
            postgres.spawn().map_err(Fault::io("cannot run", &program))?
        };
        let mut watch = Command::new("/bin/sh");
        watch.args(["-c", WATCH, "watch"]).arg(postgres.id().to_string()).arg(cluster).arg(doomed.unwrap_or(Path::new("")));
        // Its own group: a Ctrl-C of the terminal must not take the watch away before its time.
        watch.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let watch = match watch.spawn() {
            Ok(watch) => watch,
            Err(fault) => {
                let _ = postgres.kill();
                return Err(Fault::io("cannot run", Path::new("/bin/sh"))(fault));
            }
        };
        let mut server = Self { postgres, watch };
        match server.wait_ready(cluster, log) {
            Ok(()) => Ok(server),
            Err(fault) => {
                server.stop();
                Err(fault)
            }
        }
    }

    fn wait_ready(&mut self, cluster: &Path, log: &Path) -> Result<(), Fault> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.postgres.try_wait().map_err(Fault::io("cannot wait for", cluster))? {
                return Err(Fault::Failed { what: "the start of PostgreSQL", said: format!("{status}\n{}", tail(log)) });
            }
            let ready = LockFile::read(cluster).is_some_and(|file| file.pid == self.postgres.id() as i32 && file.ready);
            if ready {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                return Err(Fault::Failed { what: "the start of PostgreSQL in a minute", said: tail(log) });
            }
            sleep(PAUSE);
        }
    }

    /// Fast: open sessions are ended, everything committed is kept. Once more does nothing.
    pub(super) fn stop(&mut self) {
        let begun = Instant::now();
        while let Ok(None) = self.postgres.try_wait() {
            // Again and again: a signal that comes while the server is still starting up is lost.
            let signal = if begun.elapsed() < PATIENCE { Signal::INT } else { Signal::QUIT };
            if let Some(pid) = Pid::from_raw(self.postgres.id() as i32) {
                let _ = kill_process(pid, signal);
            }
            for _ in 0..20 {
                sleep(PAUSE);
                if !matches!(self.postgres.try_wait(), Ok(None)) {
                    break;
                }
            }
        }
        if let Some(mut line) = self.watch.stdin.take() {
            let _ = line.write_all(b"done\n");
        }
        let _ = self.watch.wait();
    }
}

/// `postmaster.pid`: the process and whether it takes connections.
struct LockFile {
    pid: i32,
    ready: bool,
}

impl LockFile {
    fn read(cluster: &Path) -> Option<Self> {
        let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok()?;
        Some(Self { pid, ready: lines.nth(6).is_some_and(|status| status.trim() == "ready") })
    }
}

/// Ends the server that a killed mistok has left on a cluster, if there is one.
pub(super) fn end_orphan(cluster: &Path) -> Result<(), Fault> {
    let Some(pid) = LockFile::read(cluster).and_then(|file| Pid::from_raw(file.pid)) else { return Ok(()) };
    let begun = Instant::now();
    while test_kill_process(pid).is_ok() {
        if !serves(pid, cluster) {
            // After a crash the number belongs to another program; PostgreSQL would take it for a server.
            let lock = cluster.join("postmaster.pid");
            return match fs::remove_file(&lock) {
                Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(Fault::io("cannot remove", &lock)(fault)),
                _ => Ok(()),
            };
        }
        if begun.elapsed() > PATIENCE {
            let said = format!("process {} does not end", pid.as_raw_nonzero());
            return Err(Fault::Failed { what: "stopping the PostgreSQL of an earlier run", said });
        }
        let _ = kill_process(pid, Signal::INT);
        sleep(PAUSE * 10);
    }
    Ok(())
}

/// Whether a process is the server of this cluster: PostgreSQL works inside its data directory.
fn serves(pid: Pid, cluster: &Path) -> bool {
    let number = pid.as_raw_nonzero().to_string();
    if Path::new("/proc/self").exists() {
        return fs::read_link(Path::new("/proc").join(number).join("cwd")).is_ok_and(|place| place == cluster);
    }
    let said = Command::new("ps").args(["-o", "command=", "-p", &number]).output();
    said.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains(&*cluster.to_string_lossy()))
}

/// Of PostgreSQL's own package; some systems have it in one of its own.
const COUNTER: &str = "pg_stat_statements";

/// The cluster's own settings, once, when it is made.
pub(super) fn write_settings(cluster: &Path, durability: Durability, binaries: &Binaries) -> io::Result<()> {
    let mut settings =
        String::from("\n# Written by mistok.\nlisten_addresses = ''\nport = 5432\nunix_socket_permissions = 0700\n");
    if durability == Durability::ThrownAway {
        // Hundreds of short-lived databases: nothing of them is worth a disk's time.
        settings.push_str(
            "max_connections = 500\nfsync = off\nfull_page_writes = off\nsynchronous_commit = off\nwal_level = minimal\nmax_wal_senders = 0\nautovacuum = off\n",
        );
        // Counts statements, so that a test can say that two questions cost the same.
        if binaries.has_module(COUNTER) {
            settings
                .push_str(&format!("shared_preload_libraries = '{COUNTER}'\n{COUNTER}.track = all\n{COUNTER}.max = 20000\n"));
        }
    }
    File::options().append(true).open(cluster.join("postgresql.conf"))?.write_all(settings.as_bytes())
}

/// What the server said last.
fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
