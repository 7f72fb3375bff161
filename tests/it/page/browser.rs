//! A headless Chromium, driven as its own tools drive it: the DevTools protocol over two pipes, messages ended by a zero byte.

use crate::{command::there_is, stage::place};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

/// How long the page may take for anything.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Browser {
    child: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    profile: PathBuf,
    session: String,
    last: u64,
    /// What the page has said and asked for meanwhile.
    events: Vec<Value>,
}

impl Browser {
    /// With one empty page that prefers these languages; none where there is no Chromium, which is said.
    pub fn start(name: &str, languages: &str) -> Option<Self> {
        let program = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|program| there_is(program))?;
        let profile = place(name);
        fs::create_dir(&profile).unwrap();
        // The shell gives the pipes the numbers that Chromium reads from and writes to.
        let script = format!(
            "exec {program} --headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync \
             --disable-background-networking --disable-component-update --disable-default-apps --disable-dev-shm-usage \
             --force-prefers-reduced-motion --window-size=1280,900 --user-data-dir=\"$0\" --remote-debugging-pipe about:blank \
             3<&0 4>&1 </dev/null >/dev/null 2>&1"
        );
        let mut command = Command::new("sh");
        command.args(["-c", &script]).arg(&profile).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (commands, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut answers = BufReader::new(answers);
            let mut message = Vec::new();
            while answers.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                message.pop();
                if sender.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let (session, events) = (String::new(), Vec::new());
        let mut browser = Self { child, commands, messages, profile, session, last: 0, events };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        let agent = browser.value("navigator.userAgent");
        browser.call("Network.setUserAgentOverride", json!({"userAgent": agent, "acceptLanguage": languages}));
        Some(browser)
    }

    /// One command, and what it answers.
    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let mut command = json!({"id": self.last, "method": method, "params": parameters});
        if !self.session.is_empty() {
            command["sessionId"] = json!(self.session);
        }
        let mut bytes = serde_json::to_vec(&command).unwrap();
        bytes.push(0);
        self.commands.write_all(&bytes).unwrap();
        let until = Instant::now() + PATIENCE;
        loop {
            match self.messages.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(message) if message["id"] == self.last => {
                    assert!(message.get("error").is_none(), "{method}: {message}");
                    return message["result"].clone();
                }
                Ok(event) => self.events.push(event),
                Err(RecvTimeoutError::Timeout) => panic!("{method}: no answer"),
                Err(RecvTimeoutError::Disconnected) => panic!("{method}: Chromium is gone"),
            }
        }
    }

    pub fn go(&mut self, url: &str) {
        self.call("Page.navigate", json!({"url": url}));
        self.until(&format!("location.href.startsWith({url:?}) && document.readyState === 'complete'"));
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let answer =
            self.call("Runtime.evaluate", json!({"expression": expression, "returnByValue": true, "awaitPromise": true}));
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    pub fn text(&mut self, expression: &str) -> String {
        self.value(expression).as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an expression holds.
    pub fn until(&mut self, expression: &str) {
        let until = Instant::now() + PATIENCE;
        while self.value(&format!("Boolean({expression})")) != json!(true) {
            if Instant::now() > until {
                let shown = self.text("document.body.innerText");
                panic!("{expression} never held; {:?} in\n{shown}", self.complaints());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Types into what has the focus.
    pub fn write(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }

    /// Presses a key: Tab, Enter, " ".
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            " " => (32, " "),
            other => panic!("{other}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let name = if key == " " { "Space" } else { key };
            let mut event = json!({"type": kind, "key": key, "code": name, "windowsVirtualKeyCode": code});
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// What went wrong in the page's own eyes: errors of scripts, of the policy, of requests.
    pub fn complaints(&mut self) -> Vec<String> {
        let is_one = |event: &&Value| match event["method"].as_str().unwrap_or_default() {
            "Runtime.exceptionThrown" => true,
            "Runtime.consoleAPICalled" => matches!(event["params"]["type"].as_str(), Some("error" | "warning" | "assert")),
            "Log.entryAdded" => matches!(event["params"]["entry"]["level"].as_str(), Some("error" | "warning")),
            _ => false,
        };
        self.events.iter().filter(is_one).map(Value::to_string).collect()
    }

    /// Every address that was asked for.
    pub fn asked(&self) -> Vec<String> {
        let requests = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        requests.map(|event| event["params"]["request"]["url"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// A header of each request to addresses that end so; none where it was not sent.
    pub fn sent(&self, end: &str, header: &str) -> Vec<Option<String>> {
        let requests = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        let requests = requests.map(|event| &event["params"]["request"]);
        let requests = requests.filter(|request| request["url"].as_str().is_some_and(|url| url.ends_with(end)));
        let named = |request: &Value| {
            let headers = request["headers"].as_object()?;
            headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(header))?.1.as_str().map(str::to_owned)
        };
        requests.map(named).collect()
    }

    /// Forgets what was said so far.
    pub fn forget(&mut self) {
        self.events.clear();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.profile));
    }
}
