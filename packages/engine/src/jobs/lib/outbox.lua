-- outbox: records the ends of jobs and groups that somebody wants to hear of, in the call that brings them. Schedulers
-- take the entries out again, and deliver them (webhooks/contract.ts). An end is recorded if its key subscribes to its type
-- of event, or if the job or group has a callback.
--
-- mr:outbox is a stream with an entry for each end. mr:subscribers has the types that each key subscribes to, separated by
-- spaces, for example "job.succeeded group.*"; "*" stands for all types, and "+result" asks for results. A shard of an
-- internal queue has no subscribers.
--
-- An entry that could not be moved is set aside in mr:outbox-aside:<list>, a stream too, which is tried again at the time that
-- mr:outbox-aside has for the list. The list is the entry's key, or "-" for entries that cannot be read. The bytes of an entry
-- count for its key (lib/stored) until it is taken out of the stream that it is in.
--
-- Most calls record nothing: they cost one command, whatever number of jobs they end. lib/outbox_entries is loaded when a
-- call first has something to record.
--
-- Needs `base`, `rcall`, `now_text`, `lanes` and `stored`.
-- TOUCHES  mr:subscribers (hash)
local outbox = { ends = {} }

-- Whether any key of the shard subscribes to anything. The hash also has its version.
local function any_subscriber()
  if outbox.any == nil then outbox.any = rcall("HLEN", base .. "mr:subscribers") > 1 end
  return outbox.any
end

-- Notes the end of a job, which token ended. body is its result or failure. callback is its F.callback, or false.
function outbox.note(job_id, state, token, spent, body, callback)
  if not callback and not any_subscriber() then return end
  local noted = outbox.ends
  local n = #noted
  noted[n + 1], noted[n + 2], noted[n + 3], noted[n + 4], noted[n + 5], noted[n + 6] = job_id, state, token, spent, body, callback
end

-- Records what was noted, and the ends of groups (groups.get). Scripts call it by ends.flush.
function outbox.flush(finished)
  if not outbox.ends[1] and not finished[1] then return end
--- @include "jobs/lib/outbox_entries"
  outbox_entries.add(outbox.ends, finished)
  outbox.ends = {}
end
