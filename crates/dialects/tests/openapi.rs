//! The OpenAPI document says what the dialects do: every endpoint, every status and every body of the vectors.
#![forbid(unsafe_code)]

mod support;

use std::collections::BTreeSet;

use countersign_dialects::raw::RawResponse;
use serde_json::Value;
use support::case::Case;
use support::dialects::{NAMES, build};
use support::schema;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

fn document(dialect: &str, settings: &Value) -> Value {
    serde_json::to_value(build(dialect, settings).openapi()).expect("a document")
}

#[test]
fn every_endpoint_is_documented_once_and_nothing_else_is() {
    let mut ids = BTreeSet::new();
    for dialect in NAMES {
        let document = document(dialect, &Value::Null);
        let mut documented = BTreeSet::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for method in METHODS {
                let Some(operation) = item.get(method) else { continue };
                documented.insert(format!("{} {path}", method.to_uppercase()));
                let id = operation["operationId"].as_str().expect("an operation's id").to_owned();
                assert!(id.starts_with(dialect), "{id}");
                assert!(ids.insert(id.clone()), "{id} stands twice");
                assert_eq!(operation["tags"][0].as_str(), Some(*dialect), "{id}");
            }
        }
        let dialect = build(dialect, &Value::Null);
        let endpoints = dialect.endpoints().iter();
        let served: BTreeSet<String> = endpoints.map(|e| format!("{} {}", e.method, e.path)).collect();
        assert_eq!(documented, served);
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_example_fits() {
    for dialect in NAMES {
        let document = document(dialect, &Value::Null);
        walk(&document, &mut |node| {
            if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
                assert!(
                    document.pointer(reference.trim_start_matches('#')).is_some(),
                    "{dialect}: {reference}"
                );
            }
            let Some(described) = node.get("schema") else { return };
            let several = node.get("examples").and_then(Value::as_object).into_iter().flatten();
            let several = several.filter_map(|(_, example)| example.get("value"));
            for example in node.get("example").into_iter().chain(several) {
                // XML and BSON examples are text; only JSON is held against the schema here.
                if let Err(error) = schema::check(&document, described, example) {
                    assert!(example.is_string(), "{dialect}: {example}: {error}");
                }
            }
        });
    }
}

#[test]
fn every_answer_of_a_vector_is_documented() {
    let mut failures = Vec::new();
    for dialect in NAMES {
        for (name, case) in support::cases(dialect) {
            if let Err(error) = documented(dialect, &case) {
                failures.push(format!("{name}: {error}"));
            }
        }
    }
    assert!(failures.is_empty(), "{} answers are not documented:\n{}", failures.len(), failures.join("\n"));
}

fn documented(dialect: &str, case: &Case) -> Result<(), String> {
    let played = case.play(dialect)?;
    let Some((answer, endpoint)) = played.answer.zip(played.endpoint) else { return Ok(()) };
    let document = document(dialect, &case.settings);
    let item = &document["paths"][endpoint.path];
    let method = endpoint.method.as_str().to_lowercase();
    // A setting may take a method away; what is then said about it stands with the method that is left.
    let operation = METHODS.iter().find_map(|other| item.get(&method).or_else(|| item.get(other)));
    let responses = &operation.ok_or("its path is not documented")?["responses"];
    let response = responses.get(answer.status.as_str());
    let response = response.ok_or_else(|| format!("status {} is not documented", answer.status.as_u16()))?;
    body_documented(&document, response, &answer)
}

fn body_documented(document: &Value, response: &Value, answer: &RawResponse) -> Result<(), String> {
    let Some(given) = answer.headers.get("content-type") else { return Ok(()) };
    let given = given.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let content = response["content"].get(given).ok_or_else(|| format!("{given} is not documented"))?;
    if given.ends_with("json") {
        let body = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        return schema::check(document, &content["schema"], &body);
    }
    Ok(())
}

fn walk(node: &Value, visit: &mut impl FnMut(&Value)) {
    visit(node);
    match node {
        Value::Object(members) => members.values().for_each(|member| walk(member, visit)),
        Value::Array(elements) => elements.iter().for_each(|element| walk(element, visit)),
        _ => {}
    }
}
