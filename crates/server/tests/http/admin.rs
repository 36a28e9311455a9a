//! The admin listener's pages.

use crate::site::{scene, server};
use crate::wire::request;

#[tokio::test(flavor = "multi_thread")]
async fn metrics_show_every_series_from_the_start() {
    let scene = scene(server()).await;
    request(scene.at.public, "GET /probe/echo?secret=canary", "", "").await;
    request(scene.at.public, "GET /canary", "", "").await;
    let page = request(scene.at.admin, "GET /metrics", "", "").await;
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for kind in ["login", "payment", "query"] {
        for decoy in ["true", "false"] {
            let series = format!("countersign_comparisons_total{{kind=\"{kind}\",decoy=\"{decoy}\"}} 0");
            assert!(page.body.contains(&series), "{series}\n{}", page.body);
        }
        for name in ["guesses_charged", "locks", "refused_locked"] {
            let series = format!("countersign_{name}_total{{kind=\"{kind}\"}} 0");
            assert!(page.body.contains(&series), "{series}");
        }
    }
    for series in [
        "countersign_requests_total{dialect=\"native\",endpoint=\"/probe/echo\",outcome=\"done\"} 1",
        "countersign_requests_total{dialect=\"native\",endpoint=\"none\",outcome=\"rejected\"} 1",
        "countersign_codes_total{purpose=\"payment_reset\",delivered=\"true\"} 0",
        "countersign_common_secrets_total{kind=\"payment\",refused=\"true\"} 0",
        "countersign_hash_queue_depth 0",
        "countersign_hash_places 5",
        "countersign_hash_places_taken 0",
        "countersign_refused_overloaded_total{reason=\"full\"} 0",
        "countersign_refused_overloaded_total{reason=\"target\"} 0",
        "countersign_refused_overloaded_total{reason=\"deadline\"} 0",
        "countersign_verifiers_remade_total{step=\"dropped\"} 0",
        "countersign_verifiers_stale_waiting 0",
        "countersign_store_batch_size_bucket{le=\"1024\"}",
        "countersign_store_commits_total",
        "countersign_build_info{version=",
        "process_start_time_seconds ",
        "countersign_request_seconds_bucket{dialect=\"native\",le=",
    ] {
        assert!(page.body.contains(series), "{series}\n{}", page.body);
    }
    assert!(!page.body.contains("canary"), "a path or query became a label");
    assert!(page.body.lines().all(|line| line.starts_with('#') || line.is_empty() || line.contains(' ')));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_names_each_check() {
    let scene = scene(server()).await;
    let alive = request(scene.at.admin, "GET /livez", "", "").await;
    assert_eq!((alive.status, alive.body.as_str()), (200, r#"{"status":"alive"}"#));
    let ready = request(scene.at.admin, "GET /readyz", "", "").await;
    assert_eq!(ready.status, 200);
    assert_eq!(
        ready.body,
        r#"{"checks":{"accepting":"ok","hash_pool":"ok","store":"ok","writes":"ok"},"status":"ready"}"#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_are_served_by_this_server_alone() {
    let scene = scene(server()).await;
    let at = scene.at.admin;
    let document = request(at, "GET /openapi.json", "", "").await;
    assert!(document.body.contains("/probe/echo") && document.body.contains("Countersign"));
    let page = request(at, "GET /docs", "", "").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("connect-src 'self'") && !policy.contains("http"), "{policy}");
    for asset in ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "start.js"] {
        assert!(page.body.contains(asset), "{asset}");
    }
    assert!(request(at, "GET /docs/start.js", "", "").await.body.contains("validatorUrl: null"));
    assert_eq!(request(at, "GET /docs/../metrics", "", "").await.status, 404);
    assert_eq!(request(at, "POST /metrics", "", "").await.status, 405);
    assert_eq!(request(at, "GET /probe/echo", "", "").await.status, 404, "no dialect on the admin listener");
    assert_eq!(
        request(scene.at.public, "GET /metrics", "", "").await.status,
        404,
        "and no metrics on the public one"
    );
    let index = request(at, "GET /", "", "").await;
    assert!(index.body.contains("/docs") && index.body.contains("/metrics"));
}
