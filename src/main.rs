//! `mistok`: the commands of the server and of its operator. All of them live in the library: what is generic in it, the whole schema, is then
//! compiled once.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    mistok::command::run()
}
