//! Attacks. Each is a test that fails when the defence against it is taken away.

mod estate;
mod strangers;
mod texts;
mod walk;
