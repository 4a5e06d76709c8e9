-- books: what the attempts of each API key cost, by day, model, account and labels. The script that settles an attempt counts it
-- here, so the sums are exactly those of the settled attempts. spend/contract.ts says what is counted.
--
-- mr:spend:<day> is of one day, in days since 1970 (UTC). It has a record for each "key|model|account|labels": the numbers
-- in the order of R.spend_of_day, each as a double of 8 bytes, the lowest first. `labels` is a JSON list of names and values in the
-- operator's order, "" if the job has none of them, or "*". For each "key" the hash has R.spend_opening.
-- The records of a day and its opening are the opening of the key's next day, or its total: the audit compares them.
--
-- Needs `base`, `rcall`, `now_ms`, `lanes`, `keep_spend_days` and `spend_labels` (a name on each line).
-- TOUCHES  mr:spend: (hash), mr:spend (hash)
--- @include "redis/lib/numbers"
--- @include "redis/lib/json"
--- @include "spend/lib/totals"
local books = {}

do
  local DAY_MS = 86400000
  -- How many records with labels, and how many without, a key may have in a day.
  local MOST_RECORDS = 100
  -- How many records one command reads: unpack accepts about 8,000 values.
  local AT_ONCE = 2000
  -- The last number is 0: it makes the record longer than 64 bytes. usage/lib/usage_days explains why.
  local LAYOUT, RECORD_BYTES = "<ddddddddd", 72
  local entries, keys, of_keys = {}, {}, {}

  local names = {}
  for name in string.gmatch(spend_labels, "[^\n]+") do names[#names + 1] = name end

  local function labels_of(job_id)
    if #names == 0 then return "" end
    local labels, found = json.read(rcall("HGET", base .. job_id, F.spec))[F.spec_labels], {}
    if type(labels) ~= "table" then return "" end
    for _, name in ipairs(names) do
      if type(labels[name]) == "string" then found[#found + 1], found[#found + 2] = name, labels[name] end
    end
    return #found > 0 and cjson.encode(found) or ""
  end

  local function count(key, name, usage, cost)
    local entry = entries[name]
    if not entry then
      entry = { 0, 0, 0, 0, 0, 0, 0, 0, 0 }
      entries[name] = entry
      if not of_keys[key] then
        of_keys[key], keys[#keys + 1] = {}, key
      end
      table.insert(of_keys[key], name)
    end
    entry[1] = entry[1] + 1
    if not cost then entry[2] = entry[2] + 1 end
    entry[3] = entry[3] + (usage[F.usage_input_tokens] or 0)
    entry[4] = entry[4] + (usage[F.usage_cached_input_tokens] or 0)
    entry[5] = entry[5] + (usage[F.usage_output_tokens] or 0)
    entry[6] = entry[6] + (usage[F.usage_reasoning_tokens] or 0)
    entry[7] = entry[7] + (usage[F.usage_provider_calls] or 0)
    entry[8] = costs.sum(entry[8], cost or 0)
  end

  -- Counts an attempt that was settled now, and adds its cost to its usage. `lane` is the job's stored lane, false if it has no
  -- pool; `route` is R.route or false. Returns the text of the usage, whose text was `text`. Only a route can have a price.
  function books.charge(job_id, lane, route, usage, text)
    local input, output = usage[F.usage_input_tokens] or 0, usage[F.usage_output_tokens] or 0
    local key = lanes.key_of(job_id)
    if not key or (input == 0 and output == 0 and (usage[F.usage_provider_calls] or 0) == 0) then return text end
    local pool = lane and string.match(lane, "^[^|]*|[^|]*|([^|]*)") or ""
    local account, price = string.match(route or "", "^([^ |]+) (%S+) .")
    price = price and costs.read(price)
    local cost = price and costs.of(input, usage[F.usage_cached_input_tokens] or 0, output, price)
    local model = string.match(pool, "^=(.*)") or ""
    count(key, key .. "|" .. model .. "|" .. (account or (model == "" and pool or "")) .. "|" .. labels_of(job_id), usage, cost)
    if not account then return text end
    local member, amount = cost and F.usage_cost or F.usage_unpriced, cost or 1
    usage[member] = amount
    return string.sub(text, 1, -2) .. (#text > 2 and "," or "") .. string.format('"%s":%.0f}', member, amount)
  end

  -- A stored record (false: none) with more added to it. A record that cannot be read counts as none.
  local function add_record(record, more)
    if not record or #record ~= RECORD_BYTES then return struct.pack(LAYOUT, unpack(more)) end
    local sum = { struct.unpack(LAYOUT, record) }
    for i = 1, #more do sum[i] = math.min(sum[i] + more[i], costs.MOST) end
    return struct.pack(LAYOUT, unpack(sum, 1, #more))
  end

  local openings, changed = {}, {}
  -- How the day began for a key, made if it begins now. `total` is the key's total before this call.
  local function opening_of(hash, key, total)
    local known = openings[key]
    if known then return known end
    local text = rcall("HGET", hash, key) or ""
    --- @record spend_opening text
    known = { labelled = numbers.whole(labelled) or 0, others = numbers.whole(others) or 0,
      opening = numbers.whole(opening) or total.micros, before = numbers.whole(before) or total.day, names = names or "" }
    openings[key], changed[#changed + 1] = known, key
    return known
  end

  local function add_name(state, name)
    state.names = (state.names == "" or state.names == "-") and name or state.names .. "\n" .. name
    return name
  end

  -- Makes room for a record that the day does not have yet. Returns its name: "*" stands for what there is no room for.
  local function open_record(hash, name, key, total)
    local state = opening_of(hash, key, total)
    local model, account, labels = string.match(name, "^[^|]*|([^|]*)|([^|]*)|(.*)$")
    if labels ~= "" then
      if state.labelled < MOST_RECORDS then
        state.labelled = state.labelled + 1
        return add_name(state, name)
      end
      name = key .. "|" .. model .. "|" .. account .. "|*"
      if rcall("HEXISTS", hash, name) == 1 then return name end
    end
    if state.others < MOST_RECORDS then
      state.others = state.others + 1
      return add_name(state, name)
    end
    local rest = key .. "|*|*|*"
    return rcall("HEXISTS", hash, rest) == 1 and rest or add_name(state, rest)
  end

  -- Writes the records of a day: of these keys, whose totals are by key.
  local function write_day(day, day_keys, all)
    local hash, list, owners = base .. "mr:spend:" .. string.format("%.0f", day), {}, {}
    for _, key in ipairs(day_keys) do
      for _, name in ipairs(of_keys[key]) do list[#list + 1], owners[name] = name, key end
    end
    local is_new = rcall("EXISTS", hash) == 0
    for from = 1, #list, AT_ONCE do
      local to = math.min(from + AT_ONCE - 1, #list)
      local before, fields = rcall("HMGET", hash, unpack(list, from, to)), {}
      for i = from, to do
        local name, text = list[i], before[i - from + 1]
        local place = text and name or open_record(hash, name, owners[name], all[owners[name]])
        -- Several records of a call may share the one for all others, so that one is written at once.
        if place == name then
          fields[#fields + 1], fields[#fields + 2] = name, add_record(text, entries[name])
        else
          rcall("HSET", hash, place, add_record(rcall("HGET", hash, place), entries[name]))
        end
      end
      if #fields > 0 then rcall("HSET", hash, unpack(fields)) end
    end
    for _, key in ipairs(changed) do
      local one = openings[key]
      rcall("HSET", hash, key, string.format("%.0f %.0f %.0f %.0f ", one.labelled, one.others, one.opening, one.before) .. one.names)
    end
    openings, changed = {}, {}
    if is_new then rcall("PEXPIRE", hash, string.format("%.0f", keep_spend_days * DAY_MS)) end
  end

  -- Writes what was counted. Scripts call it once, after their last attempt.
  function books.flush()
    local today = math.floor(now_ms / DAY_MS)
    for from = 1, #keys, AT_ONCE do
      local some = { unpack(keys, from, math.min(from + AT_ONCE - 1, #keys)) }
      local list, all, days, fields = totals.of(base .. "mr:spend", some), {}, {}, {}
      for i, key in ipairs(some) do
        all[key] = list[i]
        -- Another scheduler's clock may have begun the key's next day. The day before is closed then.
        local day = list[i].day == today + 1 and list[i].day or today
        days[day] = days[day] or {}
        table.insert(days[day], key)
      end
      for day, day_keys in pairs(days) do
        write_day(day, day_keys, all)
        for _, key in ipairs(day_keys) do
          local total = all[key]
          total.day = day
          for _, name in ipairs(of_keys[key]) do total.micros = costs.sum(total.micros, entries[name][8]) end
          fields[#fields + 1], fields[#fields + 2] = key, totals.text(total)
        end
      end
      rcall("HSET", base .. "mr:spend", unpack(fields))
    end
  end
end
