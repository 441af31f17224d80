-- A browser's header fields; what follows "--" is how many different requests there are, by their
-- cookie, and further fields, name and value in turn. A single one wrk sends without asking Lua.

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
   for place = 2, #args, 2 do
      wrk.headers[args[place]] = args[place + 1]
   end
   local count = tonumber(args[1])
   if count == 1 then
      return
   end
   local requests = {}
   for number = 1, count do
      wrk.headers["Cookie"] = string.format("session=%09d", number)
      requests[number] = wrk.format()
   end
   local at = 0
   function request()
      at = at % count + 1
      return requests[at]
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
