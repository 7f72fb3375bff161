//! `mistok`: the commands of the server and of its operator.

mod command;

fn main() -> std::process::ExitCode {
    command::run()
}
