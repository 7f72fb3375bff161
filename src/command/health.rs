//! `mistok health`: one question to a running server, for a container that has no curl.

use super::Outcome;
use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

#[derive(clap::Args)]
pub(super) struct Options {
    /// Where the server listens
    #[arg(long, env = "MISTOK_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    listen: String,
}

pub(super) fn run(options: &Options) -> Outcome {
    // A server that listens on all addresses answers on its own one.
    let address = options.listen.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]");
    let wait = Duration::from_secs(5);
    let place = address.to_socket_addrs()?.next().ok_or("no such address")?;
    let mut stream = TcpStream::connect_timeout(&place, wait)?;
    stream.set_read_timeout(Some(wait))?;
    write!(stream, "GET /health/ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer)?;
    let first = String::from_utf8_lossy(&answer);
    let first = first.lines().next().unwrap_or("no answer");
    if first.split(' ').nth(1) == Some("200") { Ok(()) } else { Err(format!("not ready: {first}").into()) }
}
