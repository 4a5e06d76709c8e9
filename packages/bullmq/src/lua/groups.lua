-- groups: the waiting jobs of a queue, in groups that share the workers fairly.
--
-- Each waiting job is in two sorted sets. `wait` has all of them in BullMQ's order: jobs without a priority have scores
-- below 0, the others the scores that BullMQ gives them. The set of the job's class in its group has the same score.
-- `fair:ready` has the groups that may run, by virtual time: the lowest is next, and each job moves its group on by its cost
-- divided by the group's weight. A group without jobs stays until its turn comes, so that it cannot gain by leaving.
-- `fair:held` has, with the same times, the groups that a limit holds; `fair:until` says when, if the limit is a rate.
--
-- `wait` and `prioritized` are types that BullMQ's own scripts refuse, so a program without this backend fails at once.
-- `wait` names every waiting job also to BullMQ's removal of orphaned jobs, which otherwise would delete them.
--
-- What few calls need is in more.lua.
local rcall = redis.call
local groups = {}

-- Scores of jobs without a priority are around this one, -2^52, and stay exact.
local PLAIN = -4503599627370496
local LOWEST = -9007199254740991
-- A step of one priority in BullMQ's scores.
local RUN = 4294967296
-- Groups that one call looks at, because Redis serves nothing else while a script runs.
local MOST_EXAMINED = 200

-- The groups of jobs that this script has stored, or has removed.
local known = {}
local flags_of = {}

-- The group of a job. Jobs without one are the group "".
local function group_of(base, job_id)
  local job_key = base .. job_id
  local group = known[job_key]
  if not group then
    group = rcall("HGET", job_key, F.group) or ""
    known[job_key] = group
  end
  return group
end

-- Which parts the queue uses. Parts that it does not use cost nothing.
local function flags(base)
  local found = flags_of[base]
  if not found then
    local values = rcall("HMGET", base .. "fair:meta", F.limits, F.rates, F.counts, F.costs, F.classes)
    found = { limits = values[1], rates = values[2], counts = values[3], costs = values[4], classes = values[5] }
    flags_of[base] = found
  end
  return found
end

-- Every function that a script defines costs time in each call, so most are defined when they are first needed.
local function more()
  if not groups.remove then
--- @include "more"
  end
  return groups
end

-- Puts a job with its score into its group.
function groups.place(base, job_id, score)
  local group = group_of(base, job_id)
  rcall("ZADD", base .. "wait", score, job_id)
  if score < 0 then
    rcall("ZADD", base .. "fair:0:" .. group, score, job_id)
  else
    more().place_in_class(base, group, job_id, score)
  end
  if not rcall("ZSCORE", base .. "fair:ready", group) then more().activate(base, group) end
end

-- Puts a job at the end of the jobs of its priority, or at their head.
function groups.put(base, job_id, priority, at_head)
  local number = rcall("INCR", base .. "fair:seq")
  if priority == 0 then
    groups.place(base, job_id, at_head and PLAIN - number or PLAIN + number)
  else
    groups.place(base, job_id, priority * RUN + (at_head and 0 or number % RUN))
  end
end

-- The number of waiting jobs without a priority, or of those with one.
function groups.count(base, with_priority)
  if with_priority then return rcall("ZCOUNT", base .. "wait", RUN, "+inf") end
  return rcall("ZCOUNT", base .. "wait", LOWEST, 0)
end

-- Takes the next job of all groups in fair order, or nothing.
function groups.take(base)
  local uses = flags(base)
  local ready = base .. "fair:ready"
  if uses.rates then more().release_due(base) end
  for _ = 1, MOST_EXAMINED do
    local head = rcall("ZRANGE", ready, 0, 1, "WITHSCORES")
    local group, time = head[1], head[2]
    if not group then
      -- The marker "1" tells a worker when to ask again.
      local due = uses.rates and more().next_release(base)
      if due then rcall("ZADD", base .. "marker", due, "1") end
      return nil
    end
    local limits = uses.limits and more().limits_of(base, group)
    if limits and not groups.may_start(base, group, limits, uses.counts) then
      groups.hold(base, group, time)
    else
      local job
      if uses.classes then job = more().pop(base, group) else job = rcall("ZPOPMIN", base .. "fair:0:" .. group) end
      local job_id = job[1]
      if not job_id then
        rcall("ZREM", ready, group)
        if uses.counts then groups.stop(base, group) end
      else
        local cost = uses.costs and tonumber(rcall("HGET", base .. job_id, F.cost) or 1) or 1
        local until_ms = limits and limits.max and groups.charge(base, group, limits, cost)
        if until_ms then
          groups.put_back(base, group, job_id, tonumber(job[2]))
          if uses.counts then groups.stop(base, group) end
          groups.hold(base, group, time, until_ms)
        else
          rcall("ZREM", base .. "wait", job_id)
          -- A group that is alone gives up no turn.
          if head[3] then rcall("ZADD", ready, time + cost / (limits and limits.weight or 1), group) end
          return job_id, tonumber(job[2])
        end
      end
    end
  end
  -- A worker asks again at once.
  rcall("ZADD", base .. "marker", 0, "0")
end
