//! Attacks. Each is a test that fails when the defence against it is taken away.

mod drain;
mod estate;
mod flood;
mod secrets;
mod strangers;
mod texts;
mod walk;
