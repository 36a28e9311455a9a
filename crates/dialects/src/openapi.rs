//! The OpenAPI document of a server: the parts of its dialects in one.

use utoipa::openapi::{InfoBuilder, License, OpenApi, OpenApiBuilder};

/// Merges the dialects' parts. Names of schemas and operations carry their dialect's name, so that nothing is lost.
#[must_use]
pub fn document(parts: impl Iterator<Item = OpenApi>) -> OpenApi {
    let mut license = License::new("Apache-2.0 OR MIT");
    license.identifier = Some("Apache-2.0 OR MIT".to_owned());
    let info = InfoBuilder::new()
        .title("Countersign")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The transaction-password server: its own API, and those that existing clients speak.",
        ))
        .license(Some(license))
        .build();
    let whole = OpenApiBuilder::new().info(info).build();
    parts.fold(whole, OpenApi::merge_from)
}
