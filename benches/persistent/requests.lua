-- Each request asks for a challenge of the next customer. Called with the customers' file, the number of the one to begin
-- with, and how many threads there are.

local started = 0

function setup(thread)
  thread:set("thread_number", started)
  started = started + 1
end

local requests, at = {}, 0

function init(arguments)
  local all = {}
  for line in io.lines(arguments[1]) do
    local name, token = line:match("^(%S+) (%S+)$")
    local headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
    all[#all + 1] = wrk.format("POST", "/accounts/" .. name .. "/tan/challenge/sms", headers, "{}")
  end
  local threads = tonumber(arguments[3])
  for number = thread_number, #all - 1, threads do
    requests[#requests + 1] = all[(number + tonumber(arguments[2])) % #all + 1]
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
