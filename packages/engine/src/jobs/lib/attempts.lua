-- attempts: decides when an attempt is spent, whether it was its job's last, and whether the job is a suspect after it.
-- No script has a rule of its own.
--
--   how it ended   spent                               its job's last
--   complete       yes                                 yes
--   fail           yes                                 yes
--   retry          yes                                 no: the scheduler retries only a job that has attempts left
--   bounce         in every (max_bounces + 1)th        if it is spent and no attempt is left
--                  episode of bounces
--   release, wait  no                                  no
--   lost           yes                                 if no attempt is left, if the job has now lost more than
--                                                      max_stalls workers, or if its options cannot be read
--
-- An attempt is also spent, however it ended, if its job ends with it for another reason: its cancellation was requested,
-- or its deadline has passed.
-- A job becomes a suspect if it has lost a worker, and spends an attempt that is not its last, and the next lost worker
-- would end it: it has one attempt left, or has lost max_stalls workers. It stays a suspect. lanes/lib/lanes says what
-- follows from it.
--
-- Needs `rcall`.
-- TOUCHES
--- @include "redis/lib/numbers"
--- @include "redis/lib/json"
local attempts = {}

-- Whether the end of an attempt spends it. For a bounce, attempts.after has the exception.
attempts.SPENDS = { complete = true, fail = true, retry = true, bounce = false, release = false, wait = false, lost = true }

-- How many attempts a job has spent when it ends, if `spent` were spent before and it ends in its place `prev`.
function attempts.at_end(spent, prev)
  return prev == "active" and spent + 1 or spent
end

-- What the end of an attempt means for a job that does not end for another reason. `job` has its key; its options, if
-- they were read; spent, the attempts spent before; stalls, how many workers it has lost, or nil; for a lost worker
-- max_stalls; and for a bounce max_bounces, and the number of its episodes, or nil if this episode was counted before.
-- Returns how many attempts are spent now, or nil if this one is not; if it was the last, the reason ("attempts",
-- "stalls" or "unreadable"); and whether the job is a suspect.
function attempts.after(how, job)
  local spends = attempts.SPENDS[how]
  if how == "bounce" and job.episodes then spends = job.episodes % (job.max_bounces + 1) == 0 end
  if not spends then return nil, nil, false end
  local spent = job.spent + 1
  -- Most jobs that are retried never lost a worker. Their options need not be read.
  if how == "retry" and not job.stalls then return spent, nil, false end
  local allowed = numbers.whole(json.read(job.options or rcall("HGET", job.key, F.bull_options)).attempts)
  local left = (allowed or 1) - spent
  local many_stalls = job.max_stalls and job.stalls >= job.max_stalls
  if how ~= "retry" then
    if not allowed then return spent, "unreadable", false end
    if many_stalls and job.stalls > job.max_stalls then return spent, "stalls", false end
    if left <= 0 then return spent, "attempts", false end
  end
  return spent, nil, job.stalls ~= nil and (left <= 1 or many_stalls or false)
end
