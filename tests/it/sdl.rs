//! The schema that partners read is the schema that answers them.

use mistok::graphql::schema;
use std::{fs, path::Path};

#[test]
fn sdl_is_committed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/schema.graphql");
    let says = schema::sdl();
    if std::env::var_os("MISTOK_UPDATE").is_some() {
        fs::write(&path, &says).unwrap();
    }
    let stands = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == says,
        "schema/schema.graphql is not what the server answers with: MISTOK_UPDATE=1 cargo test sdl_is_committed"
    );
}
