//! The program as an operator starts it: how it ends, how it comes back, and what it says when something is wrong.

use crate::stage::{self, Stage, place};
use mistok::db::roles;
use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

/// The program, without the caller's settings.
pub fn mistok(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mistok"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MISTOK_") {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A demo that has said it is ready.
pub struct Demo {
    child: Child,
    out: BufReader<ChildStdout>,
    text: String,
}

impl Demo {
    pub fn start(dir: &Path, more: &[&str]) -> Self {
        let mut command = mistok(&["demo", "--port", "0", "--data", dir.to_str().unwrap()]);
        let mut child = command.args(more).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut demo = Self { child, out, text: String::new() };
        demo.read_until("To stop:");
        demo
    }

    fn read_until(&mut self, words: &str) {
        while !self.text.contains(words) {
            if self.out.read_line(&mut self.text).unwrap() == 0 {
                let mut fault = String::new();
                self.child.stderr.take().unwrap().read_to_string(&mut fault).unwrap();
                panic!("no demo: {}{fault}", self.text);
            }
        }
    }

    pub fn signal(&self, name: &str) {
        assert!(kill(name, &self.child.id().to_string()));
    }

    /// Waits for the end; returns how it was.
    pub fn end(mut self) -> Option<i32> {
        self.out.read_to_string(&mut self.text).unwrap();
        self.child.wait().unwrap().code()
    }
}

/// A test that fails leaves nothing behind that runs.
impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// The process of the demo's PostgreSQL, while it runs.
fn postgres(dir: &Path) -> Option<String> {
    let file = fs::read_to_string(dir.join("cluster/postmaster.pid")).ok()?;
    let pid = file.lines().next()?.to_owned();
    kill("-0", &pid).then_some(pid)
}

/// By the shell's own word: a small system has no program of this name.
fn kill(signal: &str, pid: &str) -> bool {
    Command::new("sh").args(["-c", &format!("kill {signal} {pid}")]).stderr(Stdio::null()).status().unwrap().success()
}

/// Whether the system has a program that an example needs; nothing has to be installed for the tests.
pub fn there_is(program: &str) -> bool {
    let there = Command::new(program).arg("--version").stdin(Stdio::null()).output().is_ok();
    if !there {
        eprintln!("there is no {program}: its examples are left out");
    }
    there
}

fn wait_until(what: &str, mut is: impl FnMut() -> bool) {
    for _ in 0..600 {
        if is() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("waited half a minute: {what}");
}

#[test]
fn a_demo_comes_back_after_every_end() {
    let dir = place("demo");
    let env = dir.with_extension("env");
    let mut demo = Demo::start(&dir, &["--env", env.to_str().unwrap()]);
    assert!(demo.text.contains("http://127.0.0.1:"), "{}", demo.text);
    let variables = fs::read_to_string(&env).unwrap();
    assert!(variables.contains("MISTOK_URL=http://127.0.0.1:"), "{variables}");
    for word in ["KAZANKA", "KAZANKA_SOCIAL", "CHARITY", "CARITAS", "VINNYTSIA", "NOVYI_BUH", "FUND", "MINISTRY"] {
        for what in ["CLIENT_ID", "CLIENT_SECRET", "ORGANIZATION_ID"] {
            assert_eq!(
                variables.lines().filter(|line| line.starts_with(&format!("{word}_{what}="))).count(),
                1,
                "{word}_{what}"
            );
        }
    }
    // The first line to paste, as it stands.
    demo.read_until("curl -s");
    let line = demo.text.lines().find(|line| line.starts_with("curl -s")).unwrap();
    if there_is("curl") {
        let answer = Command::new("sh").args(["-c", line]).output().unwrap();
        assert!(said(&answer).contains("\"organization\":{\"name\":\""), "{line}\n{}", said(&answer));
    }
    for path in [env.as_path(), &dir.join("master-key"), &dir.join("signing-key.pem"), &dir.join("audit-key.pem")] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
    let key = fs::read(dir.join("master-key")).unwrap();

    let second = mistok(&["demo", "--port", "0", "--data", dir.to_str().unwrap()]).output().unwrap();
    assert!(!second.status.success() && said(&second).contains("a mistok runs already"), "{}", said(&second));

    // Killed: its PostgreSQL ends by itself, and the next start waits for that.
    let first = postgres(&dir).expect("PostgreSQL runs");
    demo.signal("-KILL");
    demo.end();
    let demo = Demo::start(&dir, &[]);
    let next = postgres(&dir).expect("PostgreSQL runs again");
    assert_ne!(first, next);
    demo.signal("-KILL");
    demo.end();
    wait_until("the PostgreSQL of a killed demo ends", || postgres(&dir).is_none());

    // Asked to stop: everything is ended before it returns.
    for signal in ["-INT", "-TERM"] {
        let demo = Demo::start(&dir, &[]);
        demo.signal(signal);
        assert_eq!(demo.end(), Some(0), "{signal}");
        assert!(postgres(&dir).is_none());
    }
    assert_eq!(fs::read(dir.join("master-key")).unwrap(), key, "keys stay");
    let demo = Demo::start(&dir, &["--env", env.to_str().unwrap()]);
    let tail = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(tail(&fs::read_to_string(&env).unwrap()), tail(&variables), "clients and secrets stay");
    demo.signal("-INT");
    assert_eq!(demo.end(), Some(0));

    let demo = Demo::start(&dir, &["--fresh"]);
    assert_ne!(fs::read(dir.join("master-key")).unwrap(), key, "--fresh begins anew");
    demo.signal("-INT");
    assert_eq!(demo.end(), Some(0));
    fs::remove_dir_all(&dir).unwrap();
    fs::remove_file(&env).unwrap();
}

#[tokio::test]
async fn an_operator_prepares_a_database() {
    let stage = Stage::bare().await;
    let run = |command: &[&str], more: &[(&str, &str)]| mistok(command).envs(more.iter().copied()).output().unwrap();
    let owner = stage.owner_url();
    let done = run(&["migrate"], &[("MISTOK_OWNER_URL", &owner)]);
    assert!(done.status.success() && said(&done).contains("up to date"), "{}", said(&done));
    let done = run(&["migrate", "--down"], &[("MISTOK_OWNER_URL", &owner)]);
    assert!(said(&done).contains("taken back"), "{}", said(&done));

    // Everything at once, as compose does it; passwords may hold any sign.
    let superuser = stage.superuser_url();
    let with = |url: String, password: &str| url.replace('@', &format!(":{password}@"));
    let other = |url: &str| format!("{}/mistok_made", url.rsplit_once('/').unwrap().0);
    let (owner, app) = (with(other(&owner), "it%27s"), with(other(&stage.app_url()), "a%5Cb"));
    let settings = [("MISTOK_SUPERUSER_URL", &*superuser), ("MISTOK_OWNER_URL", &owner), ("MISTOK_DATABASE_URL", &app)];
    for _ in 0..2 {
        let done = run(&["migrate"], &settings);
        assert!(done.status.success(), "{}", said(&done));
    }
    mistok::db::migrate::check(&app).await.unwrap();
    let done = run(&["migrate"], &[("MISTOK_OWNER_URL", "postgresql://nobody@localhost:1/mistok")]);
    assert!(!done.status.success() && said(&done).contains("cannot connect"), "{}", said(&done));
    let done = run(&["migrate", "--print-roles"], &[]);
    assert!(said(&done).contains(&format!("create role {}", roles::APP)), "{}", said(&done));
    drop(stage::connect(&stage.superuser_url()).await);
}

#[tokio::test]
async fn an_operator_registers() {
    let (stage, dir) = (Stage::new().await, place("operator"));
    assert!(mistok(&["keys", dir.to_str().unwrap()]).output().unwrap().status.success());
    let run = |command: &[&str]| {
        let mut command = mistok(command);
        command.env("MISTOK_DATABASE_URL", stage.app_url()).env("MISTOK_MASTER_KEY_FILE", dir.join("master-key"));
        command.output().unwrap()
    };
    let after = |text: &str, label: &str| text.split(label).nth(1).unwrap().lines().next().unwrap().to_owned();

    let wrong = run(&["organization", "register", "--kind", "MINISTRY", "--name", " ", "--edrpou", "99000012"]);
    assert!(!wrong.status.success() && said(&wrong).contains("name:") && said(&wrong).contains("edrpou:"), "{}", said(&wrong));
    let made = run(&["organization", "register", "--kind", "ministry", "--name", "Міністерство", "--edrpou", "99000011"]);
    assert!(made.status.success(), "{}", said(&made));
    let id = after(&said(&made), "\nid: ");
    assert!(said(&run(&["organization", "list", "міністерство"])).contains(&id));

    let made = said(&run(&["application", "register", &id, "--name", "Реєстр"]));
    let (client, secret) = (after(&made, "client id: "), after(&made, "client secret: "));
    let list = said(&run(&["application", "list", &id]));
    assert!(list.contains(&client) && list.contains("registry:write") && !list.contains(&secret), "{list}");
    let rotated = said(&run(&["application", "rotate-secret", &client]));
    assert_ne!(after(&rotated, "client secret: "), secret);
    assert!(said(&run(&["application", "revoke", &client])).contains("revoked"));
    assert!(said(&run(&["application", "list", &id])).contains("REVOKED"));
    // One that signs has no secret; the file holds the public key of RFC 8037, and then one with its private part.
    let file = dir.join("client.json");
    let public = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    fs::write(&file, public).unwrap();
    let key = file.to_str().unwrap();
    let made = said(&run(&["application", "register", &id, "--name", "Підпис", "--public-key", key]));
    let signer = after(&made, "client id: ");
    assert!(!made.contains("secret"), "{made}");
    assert!(said(&run(&["application", "list", &id])).contains("signs with kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
    assert!(said(&run(&["application", "replace-keys", &signer, "--public-key", key])).contains("keys replaced"));
    fs::write(&file, public.replace('}', r#","d":"a private number"}"#)).unwrap();
    for refused in [
        run(&["application", "rotate-secret", &signer]),
        run(&["application", "replace-keys", &signer, "--public-key", key]),
        run(&["application", "replace-keys", &signer, "--public-key", "/no/such/file"]),
        run(&["application", "replace-keys", &signer]),
    ] {
        assert!(!refused.status.success() && !said(&refused).contains("a private number"), "{}", said(&refused));
    }
    let again = run(&["application", "revoke", &client]);
    assert!(!again.status.success(), "{}", said(&again));
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn the_schema_is_printed() {
    let sdl = said(&mistok(&["sdl"]).output().unwrap());
    assert!(sdl.contains("type Query") && sdl.contains("scalar Katottg"), "{sdl}");
}

#[test]
fn what_is_missing_is_told_at_once() {
    let done = mistok(&["serve"]).output().unwrap();
    let said = said(&done);
    assert_eq!(done.status.code(), Some(1));
    for name in ["MISTOK_DATABASE_URL", "MISTOK_MASTER_KEY_FILE", "MISTOK_SIGNING_KEYS", "MISTOK_AUDIT_KEYS"] {
        assert!(said.contains(name), "{name}: {said}");
    }
}

/// Whatever is wrong is told at once, also where a command needs two settings, and a password is none of it.
#[test]
fn all_faults_of_a_command_are_told_at_once() {
    let wrong = ["--database-url", "mysql://x:secret@y/z"];
    let owner = ["--owner-url", "mysql://x:secret@y/z"];
    for (arguments, told) in [
        (vec!["keys", "rotate"], vec!["MISTOK_OWNER_URL", "MISTOK_MASTER_KEY_FILE"]),
        ([&["keys", "rotate", "--master-key-file", "/no/such/file"][..], &owner].concat(), vec!["OWNER_URL", "/no/such/file"]),
        (
            [&["organization", "list", "--master-key-file", "/no/such/file"][..], &wrong].concat(),
            vec!["MISTOK_DATABASE_URL", "/no/such/file"],
        ),
        (
            [&["migrate", "--superuser-url", "mysql://x:secret@y/z"][..], &owner, &wrong].concat(),
            vec!["MISTOK_OWNER_URL", "MISTOK_SUPERUSER_URL", "MISTOK_DATABASE_URL"],
        ),
        (
            vec!["demo", "--origins", "*", "--rate-bucket", "1", "--working-hours", "9"],
            vec!["ORIGINS", "RATE_BUCKET", "WORKING_HOURS"],
        ),
    ] {
        let output = mistok(&arguments).output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(told.iter().all(|name| said.contains(name)) && !said.contains("secret"), "{arguments:?}: {said}");
        assert_eq!(said.matches("the configuration is not complete").count(), 1, "{said}");
        assert_eq!(said.lines().count(), told.len() + 1, "{said}");
    }
}

#[test]
fn keys_are_made_once() {
    let dir = place("keys");
    let make = || said(&mistok(&["keys", dir.to_str().unwrap()]).output().unwrap());
    let first = make();
    assert!(
        first.contains("MISTOK_SIGNING_KEYS=")
            && first.contains("MISTOK_AUDIT_KEYS=")
            && first.contains("MISTOK_MASTER_KEY_FILE="),
        "{first}"
    );
    let key = fs::read(dir.join("signing-key.pem")).unwrap();
    assert_eq!(make(), first);
    assert_eq!(fs::read(dir.join("signing-key.pem")).unwrap(), key);

    // Another master key in the file is the server's still, whoever adds it.
    let file = dir.join("master-key");
    let other = std::os::unix::fs::chown(&file, Some(65534), None).is_ok();
    let add = |more: &[&str]| said(&mistok(&[&["keys", "add", file.to_str().unwrap()], more].concat()).output().unwrap());
    let first = fs::read_to_string(&file).unwrap();
    assert!(add(&[]).contains("the new one is the first") && add(&["--last"]).contains("3 master keys"));
    let keys = fs::read_to_string(&file).unwrap();
    assert_eq!((keys.lines().count(), keys.lines().nth(1)), (3, first.lines().next()));
    let about = fs::metadata(&file).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
    assert!(!other || about.uid() == 65534);
    assert!(add(&["x"]).contains("error") && fs::read_to_string(&file).unwrap() == keys);
    fs::write(&file, "short").unwrap();
    assert!(add(&[]).contains("holds no master key") && fs::read_to_string(&file).unwrap() == "short");
    fs::remove_dir_all(dir).unwrap();
}
