-- finish_jobs: finish several jobs, each as BullMQ's script moveToFinished does, which also returns the next job to run.
-- KEYS     those of moveToFinished. Keys 11 to 13 depend on the job, and are those of any
-- ARGV     per job: its keys 11 to 13, and the nine arguments of moveToFinished
-- RETURNS  per job: {1, the reply of moveToFinished} | {0, the text of an error}
--- @include "frame"
local PER_JOB = 12
local ARGUMENTS = 9
local finished = {}
for at = 0, #ARGV - 1, PER_JOB do
  KEYS[11], KEYS[12], KEYS[13] = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local arguments = {}
  for i = 1, ARGUMENTS do arguments[i] = ARGV[at + 3 + i] end
  local done, reply = pcall(bullmq, KEYS, arguments)
  if not done then reply = type(reply) == "table" and reply.err or tostring(reply) end
  finished[#finished + 1] = { done and 1 or 0, reply }
end
return finished
