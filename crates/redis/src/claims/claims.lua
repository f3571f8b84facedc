-- The claims of one delivery: what became of each of its leads.
--
-- KEYS[1], a hash. Its fields:
--   16 bytes      a lead's key: the claims on it, packed (below)
--   :owner        whose opening is the last one
--   :past:OWNER   who had one before: asked to open late, it takes nothing back
--   :opening      its number: one more than that of the one before
--   :connection   the number of the connection that its owner last used; what comes late by an earlier
--                 one does nothing
--   :steps        how often anything was done: who knows of more than there are was forgotten
--   :recall, :reply   the number of the owner's last recall, and what was replied: it may be asked again
--
-- A lead's claims: the number (4 bytes) of the opening that last met it, and for each claim one byte,
-- the content of the row that it was made for (8 bytes), the length of a text (2 bytes), and the text.
-- The byte is the kind, and GIVEN if a row of that opening has it. The text is the end, of which the
-- script knows nothing; that a lead may be there by it is a kind of its own.
--
-- ARGV: the operation, the owner, its connection, the steps that it knows of, how long all is kept (ms),
-- and the operation's own arguments.
--   open FIRST        takes the delivery over; FIRST is the number of the first opening
--   recall NUMBER (LEAD CONTENT)…
--   claim (LEAD OCCURRENCE)…
--   release (LEAD OCCURRENCE)…
--   settle (LEAD OCCURRENCE KIND TEXT)…
--   look              does nothing
-- Reply: a word (ok, taken, late, forgotten or refused), steps, and for recall, of each row its claim's
-- occurrence (4 bytes), kind, length of the text and text.

local FREE, CLAIMED, SETTLED, THERE, GIVEN = 0, 1, 2, 3, 128

local claims = KEYS[1]
local op, owner = ARGV[1], ARGV[2]
local connection, known_steps, kept = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]

local last = redis.call('HMGET', claims, ':owner', ':opening', ':connection', ':steps', ':recall')

-- Ends every operation that did something.
local function done(reply)
    local steps = redis.call('HINCRBY', claims, ':steps', 1)
    redis.call('PEXPIRE', claims, kept)
    return {'ok', steps, reply or ''}
end

if op == 'open' then
    if last[1] ~= owner then
        if redis.call('HEXISTS', claims, ':past:' .. owner) == 1 then
            return {'taken', 0, ''}
        end
        if last[1] then
            redis.call('HINCRBY', claims, ':opening', 1)
            redis.call('HSET', claims, ':past:' .. last[1], 1)
        else
            redis.call('HSET', claims, ':opening', ARGV[6])
        end
        redis.call('HSET', claims, ':owner', owner)
        redis.call('HDEL', claims, ':connection', ':recall', ':reply')
    end
    return done()
end

if not last[1] then
    return {'forgotten', 0, ''}
end
if last[1] ~= owner then
    return {'taken', 0, ''}
end
local last_connection = tonumber(last[3] or 0)
if connection < last_connection then
    return {'late', 0, ''}
end
if tonumber(last[4]) < known_steps then
    return {'forgotten', 0, ''}
end
if connection > last_connection then
    redis.call('HSET', claims, ':connection', connection)
end

local opening = tonumber(last[2])
local leads = {}

-- Whether a row about the lead may be what a claim of this kind was made for, though it holds something
-- else.
local function casts_doubt(kind)
    return kind == CLAIMED or kind == THERE
end

-- The claims on a lead, without those that an earlier opening left free; and of those that no row has,
-- their places by their content, the last one first, and how many cast doubt.
local function lead_of(key)
    local lead = leads[key]
    if lead then
        return lead
    end
    lead = {waiting = {}, doubts = 0}
    leads[key] = lead
    local packed = redis.call('HGET', claims, key)
    if not packed then
        return lead
    end
    local met_by, at = struct.unpack('>I4', packed)
    lead.is_ours = met_by == opening
    while at <= #packed do
        local kind, content, text
        kind, content, text, at = struct.unpack('>Bc8Hc0', packed, at)
        local given = kind >= GIVEN
        if given then
            kind = kind - GIVEN
        end
        if lead.is_ours or kind ~= FREE then
            lead[#lead + 1] =
                {kind = kind, content = content, text = text, given = given and lead.is_ours}
        end
    end
    for place = #lead, 1, -1 do
        local claim = lead[place]
        if not claim.given then
            local waiting = lead.waiting[claim.content] or {}
            lead.waiting[claim.content] = waiting
            waiting[#waiting + 1] = place
            lead.doubts = lead.doubts + (casts_doubt(claim.kind) and 1 or 0)
        end
    end
    return lead
end

-- Gives a row with this content its claim: the place, and the kind that is known by it.
local function give(lead, content)
    local waiting = lead.waiting[content]
    local place = waiting and table.remove(waiting)
    if place then
        local claim = lead[place]
        claim.given = true
        lead.doubts = lead.doubts - (casts_doubt(claim.kind) and 1 or 0)
        return place, claim.kind
    end
    lead[#lead + 1] = {kind = FREE, content = content, text = '', given = true}
    return #lead, lead.doubts > 0 and CLAIMED or FREE
end

local function write()
    for key, lead in pairs(leads) do
        local parts = {struct.pack('>I4', opening)}
        for _, claim in ipairs(lead) do
            local kind = claim.kind + (claim.given and GIVEN or 0)
            parts[#parts + 1] = struct.pack('>Bc8Hc0', kind, claim.content, #claim.text, claim.text)
        end
        redis.call('HSET', claims, key, table.concat(parts))
    end
end

if op == 'recall' then
    local number = ARGV[6]
    if last[5] == number then
        return done(redis.call('HGET', claims, ':reply'))
    end
    local parts = {}
    for i = 7, #ARGV, 2 do
        local lead = lead_of(ARGV[i])
        local place, kind = give(lead, ARGV[i + 1])
        local text = lead[place].text
        parts[#parts + 1] = struct.pack('>I4BHc0', place - 1, kind, #text, text)
    end
    write()
    local reply = table.concat(parts)
    redis.call('HSET', claims, ':recall', number)
    redis.call('HSET', claims, ':reply', reply)
    return done(reply)
end

if op == 'look' then
    return done()
end

local width = op == 'settle' and 4 or 2
for i = 6, #ARGV, width do
    local lead = lead_of(ARGV[i])
    local claim = lead[ARGV[i + 1] + 1]
    if not lead.is_ours or not claim then
        -- It was given, and is not there: nothing was written yet.
        return {'forgotten', 0, ''}
    end
    if not claim.given or op == 'claim' and claim.kind >= SETTLED then
        return {'refused', 0, ''}
    end
    if op == 'settle' then
        claim.kind, claim.text = tonumber(ARGV[i + 2]), ARGV[i + 3]
    elseif op == 'claim' and claim.kind == FREE then
        claim.kind = CLAIMED
    elseif op == 'release' and claim.kind == CLAIMED then
        claim.kind = FREE
    end
end
write()
return done()
