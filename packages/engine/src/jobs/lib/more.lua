-- more: the options that few jobs have, read and checked before anything is written.
--
-- Needs `rcall` and `schedules`.
-- TOUCHES
--- @include "redis/lib/numbers"
--- @include "redis/lib/json"
local rare_options = {}

local TIMES = { "run_at_ms", "expires_at_ms", "deadline_ms", "keep_ms", "est", "group_index" }

-- The jobs of a group that follow one another have the same options.
local last_text, last_more

-- The options in a job's `more`, as a table; nil if it is malformed. only_group: it names a group and nothing else. Only the
-- options of a job with `dedup` may be altered.
function rare_options.read(text)
  if text == last_text then return last_more end
  local more = json.read(text)
  for _, name in ipairs(TIMES) do
    if more[name] ~= nil then
      more[name] = numbers.whole(more[name])
      if not more[name] then return nil end
    end
  end
  local idempotency, dedup = more.idempotency, more.dedup
  if idempotency ~= nil then
    more.idempotency_key = type(idempotency) == "string" and string.match(idempotency, "^%d+:(.*)$")
    if not more.idempotency_key then return nil end
  end
  if more.content_hash ~= nil and (type(more.content_hash) ~= "string" or string.find(more.content_hash, " ")) then return nil end
  for _, name in ipairs({ "group", "finalizes" }) do
    if more[name] ~= nil and (type(more[name]) ~= "string" or not string.find(more[name], "^[%w-]+~%w+~%w+$")) then return nil end
  end
  if more.run ~= nil and not schedules.is_run(more.run) then return nil end
  if dedup ~= nil then
    if type(dedup) ~= "table" or type(dedup.key) ~= "string" then return nil end
    dedup.ms = numbers.whole(dedup.ms)
    if not dedup.ms or dedup.ms < 0 or dedup.mode ~= "throttle" and dedup.mode ~= "debounce" then return nil end
  end
  if more.callback ~= nil and more.callback ~= "end" and more.callback ~= "result" then return nil end
  if next(more) == nil then return nil end
  more.only_group = more.group and next(more, next(more)) == nil
  if not dedup then last_text, last_more = text, more end
  return more
end
