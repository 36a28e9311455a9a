-- The same small GET over and over: /auth/user/bind/currency-pass/verify-by-status.
-- BENCH_TOKEN is a session's access token. Nothing is done for an answer, so that wrk itself costs as little as it can.
wrk.path = "/auth/user/bind/currency-pass/verify-by-status"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")

function done(summary, latency)
  local errors = summary.errors
  local bad = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format('{"good":%d,"bad":%d,"us":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests - errors.status, bad, summary.duration, latency:percentile(50), latency:percentile(99)))
end
