//! What a person may demand: to be erased, and to learn what is kept and who has seen it.

mod erasure;
mod export;
