//! `/openapi.json`: what differs from path to path is written down by hand, what all have in common is added here.

use std::sync::LazyLock;

use heapwood_http_bridge::Answer;
use serde_json::{Map, Value, json};

use super::pages::PAGES;

/// What any request may be answered with, whatever it asks for.
const COMMON: &[(&str, &str)] = &[
    ("400", "BadRequest"),
    ("403", "Forbidden"),
    ("408", "Timeout"),
    ("413", "TooLarge"),
    ("417", "ExpectationFailed"),
    ("421", "Misdirected"),
    ("429", "RateLimited"),
    ("431", "HeadTooLarge"),
    ("500", "Internal"),
    ("502", "BadGateway"),
    ("503", "Unavailable"),
    ("504", "GatewayTimeout"),
    ("505", "VersionNotSupported"),
];

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let mut document: Value =
        serde_json::from_str(include_str!("openapi.json")).expect("a test parses the same file");
    complete(&mut document);
    document.to_string()
});

/// `GET /openapi.json`.
pub(crate) fn answer() -> Answer {
    Answer::new(200, "application/json", DOCUMENT.as_str())
}

fn complete(document: &mut Value) {
    document["info"]["version"] = json!(crate::VERSION);
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for page in PAGES {
        paths.insert(page.path.to_owned(), json!({"get": page_operation(page.path)}));
    }
    for (path, item) in paths {
        let Some(operations) = item.as_object_mut() else {
            continue;
        };
        let id = format!("options{path}");
        let allowed = json!({"204": {"description": "The Allow header tells the methods", "headers": {"Allow": {"schema": {"type": "string"}}}}});
        operations.insert("options".to_owned(), json!({"operationId": id, "responses": allowed}));
        if let Some(get) = operations.get("get") {
            let head = head_of(get);
            operations.insert("head".to_owned(), head);
        }
        operations.values_mut().for_each(add_common_responses);
    }
}

fn page_operation(path: &str) -> Value {
    json!({
        "operationId": format!("page{path}"), "tags": ["page"], "summary": "A file of the dashboard",
        "parameters": [{"name": "If-None-Match", "in": "header", "description": "The tag of the file one has", "schema": {"type": "string"}}],
        "responses": {
            "200": {"description": "The file", "headers": {"ETag": {"schema": {"type": "string"}}}, "content": {"*/*": {"schema": {"type": "string"}}}},
            "304": {"description": "It has not changed"},
        },
    })
}

/// `HEAD` is `GET` without bodies.
fn head_of(get: &Value) -> Value {
    let mut head = get.clone();
    head["operationId"] = json!(format!("head {}", get["operationId"].as_str().unwrap_or_default()));
    if let Some(responses) = head["responses"].as_object_mut() {
        for response in responses.values_mut().filter_map(Value::as_object_mut) {
            response.remove("content");
        }
    }
    head
}

/// Adds what every operation may answer, where it says nothing of its own.
fn add_common_responses(operation: &mut Value) {
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
        return;
    };
    let known: Map<String, Value> = COMMON
        .iter()
        .map(|(status, name)| {
            ((*status).to_owned(), json!({"$ref": format!("#/components/responses/{name}")}))
        })
        .filter(|(status, _)| !responses.contains_key(status))
        .collect();
    responses.extend(known);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bridge::routes::ROUTES;
    use std::collections::BTreeSet;

    fn document() -> Value {
        serde_json::from_slice(&answer().body).unwrap()
    }

    fn operations(document: &Value) -> Vec<(String, String, Value)> {
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if method != "parameters" {
                    all.push((path.clone(), method.to_uppercase(), operation.clone()));
                }
            }
        }
        all
    }

    #[test]
    fn exactly_what_is_served_is_described() {
        let described: BTreeSet<(String, String)> =
            operations(&document()).into_iter().map(|(path, method, _)| (path, method)).collect();
        let mut served = BTreeSet::new();
        for route in ROUTES {
            for method in route.allow().split(", ") {
                served.insert((route.template.to_owned(), method.to_owned()));
            }
        }
        for page in PAGES {
            for method in ["GET", "HEAD", "OPTIONS"] {
                served.insert((page.path.to_owned(), method.to_owned()));
            }
        }
        pretty_assertions::assert_eq!(described, served);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn walk(document: &Value, value: &Value) {
            match value {
                Value::Object(fields) => {
                    if let Some(Value::String(reference)) = fields.get("$ref") {
                        let pointer = reference.strip_prefix('#').unwrap();
                        assert!(document.pointer(pointer).is_some(), "{reference}");
                    }
                    fields.values().for_each(|v| walk(document, v));
                }
                Value::Array(values) => values.iter().for_each(|v| walk(document, v)),
                _ => {}
            }
        }
        let document = document();
        walk(&document, &document);
    }

    #[test]
    fn every_operation_has_an_id_of_its_own_its_path_parameters_and_responses() {
        let document = document();
        let mut ids = BTreeSet::new();
        for (path, method, operation) in operations(&document) {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(ids.insert(id), "{method} {path}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
            for (status, response) in responses {
                assert!(
                    response.get("$ref").is_some() || response["description"].is_string(),
                    "{path} {status}"
                );
            }
            let varying = path.split('/').filter(|part| part.starts_with('{')).count();
            let parameters = document["paths"][&path]["parameters"].as_array();
            let in_path = parameters.into_iter().flatten().filter(|p| {
                let reference = p["$ref"].as_str().unwrap().trim_start_matches('#');
                document.pointer(reference).unwrap()["in"] == "path"
            });
            assert_eq!(in_path.count(), varying, "{path}");
        }
    }
}
