-- One request a random account: POST /v1/accounts/{id}/secrets/payment/verify.
-- BENCH_ACCOUNTS names a file of ids, BENCH_KEY is the API key, BENCH_SECRET the secret that all of them have.
local ids, headers, body = {}, {}, ""
local threads = {}

function setup(thread)
  thread:set("number", #threads + 1)
  table.insert(threads, thread)
end

function init()
  for id in io.lines(os.getenv("BENCH_ACCOUNTS")) do table.insert(ids, id) end
  headers["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY")
  headers["Content-Type"] = "application/json"
  body = '{"secret":"' .. os.getenv("BENCH_SECRET") .. '"}'
  math.randomseed(number)
  good = 0
  bad = 0
end

function request()
  local path = "/v1/accounts/" .. ids[math.random(#ids)] .. "/secrets/payment/verify"
  return wrk.format("POST", path, headers, body)
end

function response(status)
  if status == 200 then good = good + 1 else bad = bad + 1 end
end

function done(summary, latency)
  local good, bad = 0, 0
  for _, thread in ipairs(threads) do
    good = good + thread:get("good")
    bad = bad + thread:get("bad")
  end
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('{"good":%d,"bad":%d,"us":%d,"p50_us":%d,"p99_us":%d}\n',
    good, bad + broken, summary.duration, latency:percentile(50), latency:percentile(99)))
end
