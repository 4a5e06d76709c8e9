-- events: writes events for BullMQ's QueueEvents, in BullMQ's stream and form.
--
-- Needs `base`, `rcall` and `max_events`, the stream's length; 0: no events.
-- TOUCHES  events (stream)
local events = { on = max_events > 0, key = base .. "events" }

function events.add(name, job_id, field, value, field2, value2)
  if not events.on then return end
  if field2 then
    rcall("XADD", events.key, "*", "event", name, "jobId", job_id, field, value, field2, value2)
  elseif field then
    rcall("XADD", events.key, "*", "event", name, "jobId", job_id, field, value)
  else
    rcall("XADD", events.key, "*", "event", name, "jobId", job_id)
  end
  events.added = true
end

function events.flush()
  if events.added then rcall("XTRIM", events.key, "MAXLEN", "~", max_events) end
end
