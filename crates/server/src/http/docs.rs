//! The OpenAPI document, and a page that shows it. The page's files are in this binary, and its content policy lets
//! it ask nobody but this server.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use countersign_dialects::Registry;
use countersign_dialects::raw::RawResponse;
use utoipa::openapi::{Info, OpenApi, Paths};

/// Swagger UI sets styles and draws small images from within its script.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Countersign API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"#;

/// `validatorUrl: null`: the default sends the document to a server elsewhere. No method may be tried out: this
/// page is on the admin listener, and the API is not.
const START: &str = r##"SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  validatorUrl: null,
  supportedSubmitMethods: [],
  queryConfigEnabled: false,
  deepLinking: true,
  docExpansion: "none",
  filter: true,
});
"##;

/// The files of Swagger UI that the page asks for.
const ASSETS: [(&str, &str); 3] = [
    ("swagger-ui.css", "text/css; charset=utf-8"),
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ("favicon-32x32.png", "image/png"),
];

/// One document for all dialects, as JSON.
///
/// # Errors
/// A dialect's part cannot be written as JSON.
pub(super) fn document(registry: &Registry) -> Result<String, serde_json::Error> {
    let mut info = Info::new("Countersign", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "A transaction-password server: it sets, changes, resets and verifies the secret that is asked for just \
         before money moves. One chapter for its own API, and one for each API that it serves unchanged."
            .to_owned(),
    );
    let mut document = OpenApi::new(info, Paths::new());
    for dialect in registry.iter() {
        document.merge(dialect.openapi());
    }
    document.to_json()
}

/// A file of the page; the page itself for an empty name.
pub(super) fn file(name: &str) -> RawResponse {
    let mut response = match name {
        "" => RawResponse::new(StatusCode::OK, "text/html; charset=utf-8", PAGE.as_bytes().to_vec()),
        "start.js" => {
            RawResponse::new(StatusCode::OK, "text/javascript; charset=utf-8", START.as_bytes().to_vec())
        }
        name => asset(name).unwrap_or_else(|| RawResponse::empty(StatusCode::NOT_FOUND)),
    };
    response.headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    response
}

fn asset(name: &str) -> Option<RawResponse> {
    let (name, content_type) = ASSETS.into_iter().find(|(asset, _)| *asset == name)?;
    let file = utoipa_swagger_ui::serve(name, Arc::new(utoipa_swagger_ui::Config::default())).ok()??;
    let mut response = RawResponse::new(StatusCode::OK, content_type, file.bytes.into_owned());
    if file.gzpipped {
        response.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_whole_and_asks_nobody_else() {
        for name in PAGE.split('"').filter_map(|part| part.strip_prefix("/docs/")) {
            assert_eq!(file(name).status, StatusCode::OK, "{name}");
            assert!(!file(name).body.is_empty(), "{name}");
        }
        for text in [PAGE, START] {
            assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("=\"//"));
        }
        assert!(START.contains("validatorUrl: null"));
        let policy = PAGE_POLICY;
        assert!(!policy.to_str().expect("text").contains("http"));
        assert_eq!(file("index.html").status, StatusCode::NOT_FOUND);
        assert_eq!(file("../Cargo.toml").status, StatusCode::NOT_FOUND);
    }
}
