//! What a person may demand of whoever keeps its record: to be erased, and to learn what is kept and who has seen it.

mod erasure;
mod export;
mod page;
mod record;

pub use erasure::ErasureMutation;
pub use export::SubjectQuery;
