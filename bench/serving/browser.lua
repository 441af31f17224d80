-- A browser's header fields; what follows "--" are further ones, name and value in turn.
-- The request is made once: wrk then sends it without asking Lua.

wrk.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
wrk.headers["Accept"] = "text/css,*/*;q=0.1"
wrk.headers["Accept-Language"] = "en-GB,en;q=0.9"
wrk.headers["Accept-Encoding"] = "gzip, deflate, br, zstd"
wrk.headers["Referer"] = "http://127.0.0.1/"
wrk.headers["Sec-Fetch-Dest"] = "style"
wrk.headers["Sec-Fetch-Mode"] = "no-cors"
wrk.headers["Sec-Fetch-Site"] = "same-origin"
wrk.headers["Connection"] = "keep-alive"

function init(args)
   for place = 1, #args, 2 do
      wrk.headers[args[place]] = args[place + 1]
   end
end

function done(summary, latency)
   io.write(string.format(
      '{"requests": %d, "bytes": %d, "microseconds": %d, "p50": %d, "p99": %d, ' ..
      '"failed": %d, "refused": %d}\n',
      summary.requests, summary.bytes, summary.duration,
      latency:percentile(50), latency:percentile(99),
      summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
      summary.errors.status
   ))
end
