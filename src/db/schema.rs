//! Tables as diesel knows them. Generated from the catalogue: `MISTOK_UPDATE=1 cargo test schema_is_generated`.
