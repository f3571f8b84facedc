-- One account's slots, shared by every process that calls it.
--
-- KEYS[1], a sorted set: one member for each slot that is taken, its score the time when it is free.
--   ID    a call on its way: free when it can no longer be counted, unless it completes before
--   =ID   a call that was answered, or whose connection broke
--   !ID   a call that was throttled: the server did not let it through
-- KEYS[2], a hash: what is known of the account, for everybody.
--   calls, window   the limit: the lowest that anybody was told of
--   next            no call is granted before
--   wary            until then calls are a full pace apart, and not half of one
--   share           how many of the slots are used, if others were found to use the account
--   probe, step     when one more of them is tried, and how long that waits
--   probing         whether the last change of the share was such a trial
--   changed         when a throttle last changed the limit or the share
--
-- Every time is this server's own, in microseconds: the clocks of the processes don't matter. Nothing
-- of it leaves the script; what is replied is how long to wait.
--
-- ARGV: the operation, what the caller believes of the account, three settings, and the operation's
-- own arguments.
--   acquire ID TIMEOUT
--   complete ID accepted|ended|throttled|never FLOOR AGE NAMED_CALLS NAMED_WINDOW
--   look
--   resume (ID sent|ended LEFT)…
-- Reply: wait (0: granted), slots taken, calls, window, effective slots, the share that was lowered to (0: none).

local slots, account = KEYS[1], KEYS[2]
local op = ARGV[1]
local believed_calls, believed_window = tonumber(ARGV[2]), tonumber(ARGV[3])
local reserve = tonumber(ARGV[4])
local quiet, longest_quiet, wary = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local known = {}
local fields = redis.call('HGETALL', account)
for i = 1, #fields, 2 do
    known[fields[i]] = tonumber(fields[i + 1])
end

local function set(name, value)
    known[name] = value
    if value then
        redis.call('HSET', account, name, string.format('%.0f', value))
    else
        redis.call('HDEL', account, name)
    end
end

-- Takes over a limit if it is lower, or the first; whether it was.
local function learn(calls, window)
    if known.calls and calls * known.window >= known.calls * window then
        return false
    end
    -- A longer window holds the calls that are known for longer.
    if known.window and window > known.window then
        for _, member in ipairs(redis.call('ZRANGE', slots, 0, -1)) do
            redis.call('ZINCRBY', slots, window - known.window, member)
        end
    end
    set('calls', calls)
    set('window', window)
    if known.share and known.share >= calls then
        set('share', nil)
    end
    return true
end

-- How many slots may be taken.
local function effective()
    return math.max(1, math.min(known.share or known.calls, known.calls - reserve))
end

-- Tries one more slot, if it has been quiet for long enough.
local function probe()
    if not known.share or now < known.probe then
        return
    end
    if known.probing then
        -- The last trial went well.
        set('step', quiet)
    end
    set('probing', 1)
    set('probe', now + known.step)
    set('share', known.share + 1)
    if known.share >= known.calls then
        set('share', nil)
    end
end

-- How many of the slots are those of answered calls, and how many the server can have counted.
local function counted()
    local answered, all = 0, 0
    for _, member in ipairs(redis.call('ZRANGE', slots, 0, -1)) do
        local mark = string.sub(member, 1, 1)
        if mark == '=' then
            answered = answered + 1
        end
        if mark ~= '!' then
            all = all + 1
        end
    end
    return answered, all
end

-- Draws the conclusions from a throttled call, which was granted `age` ago: the new share, or 0.
local function throttled(age, calls, window)
    set('wary', now + wary)
    if calls > 0 and learn(calls, window) then
        set('changed', now)
        return 0
    end
    local lowered = 0
    local answered, all = counted()
    -- Calls that were granted before the last change belong to the event that it answered.
    if now - age >= (known.changed or 0) and all < known.calls then
        local before = effective()
        local share = math.max(1, math.min(answered, before - 1))
        if share < before then
            local failed = known.probing and now < known.probe
            set('step', failed and math.min(2 * known.step, longest_quiet) or quiet)
            set('share', share)
            set('probing', nil)
            set('changed', now)
            lowered = share
        end
    end
    if known.share then
        set('probe', now + known.step)
    end
    return lowered
end

redis.call('ZREMRANGEBYSCORE', slots, '-inf', now)
learn(believed_calls, believed_window)

local wait, lowered = 0, 0
if op == 'acquire' then
    local id, timeout = ARGV[8], tonumber(ARGV[9])
    probe()
    local taken, allowed = redis.call('ZCARD', slots), effective()
    if taken >= allowed then
        local at = taken - allowed
        wait = redis.call('ZRANGE', slots, at, at, 'WITHSCORES')[2] - now
    end
    wait = math.max(wait, (known.next or 0) - now)
    if wait <= 0 then
        wait = 0
        redis.call('ZADD', slots, now + timeout + known.window, id)
        local pace = known.window / known.calls
        if now >= (known.wary or 0) then
            pace = pace / 2
        end
        set('next', math.floor(now + pace))
    end
elseif op == 'complete' then
    local id, ending = ARGV[8], ARGV[9]
    local floor, age = tonumber(ARGV[10]), tonumber(ARGV[11])
    local done = redis.call('ZSCORE', slots, '=' .. id) or redis.call('ZSCORE', slots, '!' .. id)
    redis.call('ZREM', slots, id)
    if ending ~= 'never' and not done then
        local mark = '='
        if ending == 'throttled' then
            mark = '!'
            lowered = throttled(age, tonumber(ARGV[12]), tonumber(ARGV[13]))
        end
        local hold = known.window
        if ending == 'accepted' then
            hold = hold - floor
        end
        if hold > 0 then
            redis.call('ZADD', slots, now + hold, mark .. id)
        end
    end
elseif op == 'resume' then
    for i = 8, #ARGV, 3 do
        local id, left = ARGV[i], tonumber(ARGV[i + 2])
        local done = redis.call('ZSCORE', slots, '=' .. id) or redis.call('ZSCORE', slots, '!' .. id)
        if ARGV[i + 1] == 'ended' then
            redis.call('ZREM', slots, id)
            id = '=' .. id
        end
        if not done then
            redis.call('ZADD', slots, now + left, id)
        end
    end
elseif op ~= 'look' then
    return redis.error_reply('ERR no such operation: ' .. op)
end

-- What is free is nobody's business any more, and a pause of all processes makes the account unknown.
local last = redis.call('ZRANGE', slots, -1, -1, 'WITHSCORES')[2]
if last then
    redis.call('PEXPIRE', slots, math.ceil((last - now) / 1000) + 1000)
end
redis.call('PEXPIRE', account, math.ceil((known.window + wary + longest_quiet) / 1000))

return { math.ceil(wait), redis.call('ZCARD', slots), known.calls, known.window, effective(), lowered }
