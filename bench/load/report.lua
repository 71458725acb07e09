-- wrk's script: the result as one line of JSON.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"count": %d, "seconds": %.6f, "bytes": %d, "p99_ms": %.4f, "errors": %d}\n', summary.requests,
    summary.duration / 1e6, summary.bytes, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
