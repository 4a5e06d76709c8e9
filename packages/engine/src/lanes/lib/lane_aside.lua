-- lane_aside: puts the next job of a lane into another lane of its key, so that the jobs behind it need not wait for it. Part
-- of `lanes`, and included after lib/lane_turns by the script that leases.
--
-- Needs `base`, `rcall`, and what is local to lib/lanes.
-- TOUCHES  mr:lane: (zset)

-- Whether a job must follow others of its key into the lane of a class, because they are before it and wait there. `line` is
-- the one in which the job has its turn. If the other lane is in it too, the turn is the job's own unless that lane is held or shut.
function lanes.is_behind(lane, class, line)
  for _, sibling in ipairs(line.siblings and line.siblings[lane.key] or {}) do
    if sibling.queue.class == class then
      -- Jobs that this call has used are still in the lane, except one that it has popped.
      local used = sibling.used - (sibling.popped and 1 or 0)
      return (sibling.when or line.shut[class]) and rcall("ZCARD", sibling.stored) > used or false
    end
  end
  return rcall("EXISTS", base .. "mr:lane:" .. lane.key .. "|" .. class) == 1
end

-- Puts a job that `look` was given into the lane of a class, with the place that it has among the jobs of its key. lanes.take
-- removes it from its own lane.
function lanes.put_aside(job_id, lane, class)
  local target = base .. "mr:lane:" .. lane.key .. "|" .. class
  local score = rcall("ZSCORE", lane.stored, job_id) or lane.popped and lane.popped[2]
  local had_jobs = rcall("EXISTS", target) == 1
  rcall("ZADD", target, score, job_id)
  lanes.count = lanes.count + 1
  if not had_jobs then
    enter(lane.key, class)
  elseif any_held() and rcall("ZRANK", target, job_id) == 0 then
    release(lane.key .. "|" .. class, lane.key, class)
  end
end
