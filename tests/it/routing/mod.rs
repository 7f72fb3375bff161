//! To whom a person may be sent: the rule against a model, and every refusal as a sender meets it.

mod asked;
mod model;
