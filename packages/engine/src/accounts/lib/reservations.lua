-- reservations: settles the reservations of attempts whose end nobody reports.
--
-- Needs `base`, `rcall`, `lanes`, `budgets` and `slices`.
-- TOUCHES
local reservations = {}

-- Settles a job's remaining `rsv` and `acs` (false or empty: none). What was reserved counts as spent.
function reservations.settle_lost(job_id, rsv, acs)
  if not rsv and not acs then return end
  if rsv and rsv ~= "" then budgets.settle(lanes.key_of(job_id), rsv) end
  if acs and acs ~= "" then slices.settle(job_id, acs) end
  rcall("HDEL", base .. job_id, F.key_reservation, F.account_reservation)
end
