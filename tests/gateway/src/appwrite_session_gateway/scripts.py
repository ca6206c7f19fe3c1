"""What Redis does in one step, in Lua. The keys of a credential are: the answer, the user's generation, the lock."""

from __future__ import annotations

# The time, and the history of the data: the replication id of a primary. A replica has none that counts.
_HERE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local replication = redis.call('INFO', 'replication')
local history = ''
if string.find(replication, 'role:master', 1, true) then history = string.match(replication, 'master_replid:(%w+)') or '' end
"""
LOOK = f"""{_HERE}
return {{redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2]), redis.call('GET', KEYS[3]), now, history}}
"""
# Begins a question, only if nothing was learned since it was seen that there is one. Makes a generation if there is none.
LOCK = f"""{_HERE}
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return false end
if not redis.call('SET', KEYS[3], ARGV[2], 'NX', 'PX', ARGV[3]) then return false end
local generation = redis.call('GET', KEYS[2])
if not generation then
    generation = ARGV[4]
    redis.call('SET', KEYS[2], generation, 'PX', ARGV[5])
end
return {{generation, now, history}}
"""
# Ends a question: keeps the answer if no revocation came in between, lets go of the lock or rests, and wakes who waits. Gives 0
# if a revocation came in between, or can have been lost with another Redis. An answer that there is no memory for counts, and is
# not kept.
FINISH = f"""{_HERE}
local counts = redis.call('GET', KEYS[2]) == ARGV[1] and history == ARGV[9]
if redis.call('GET', KEYS[3]) == ARGV[4] then
    if counts and tonumber(ARGV[5]) > 0 then
        redis.pcall('SET', KEYS[3], ARGV[6], 'PX', ARGV[5])
    else
        redis.call('DEL', KEYS[3])
    end
end
if counts then
    local life = tonumber(ARGV[3])
    if life > 0 then
        local kept = redis.pcall('SET', KEYS[1], ARGV[2], 'PX', life)
        if kept.err then redis.call('DEL', KEYS[1]) end
        if redis.call('PTTL', KEYS[2]) < life then redis.call('PEXPIRE', KEYS[2], life) end
    elseif life == 0 then
        redis.call('DEL', KEYS[1])
    end
end
redis.call('PUBLISH', ARGV[7], ARGV[8])
return counts and 1 or 0
"""
# Both commands work in a Redis that is full. The first one fails where nothing can be written.
REVOKE = f"""{_HERE}
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[1], '{{"revoked":' .. ARGV[2] .. ',"at":' .. string.format('%.0f', now) .. '}}')
return 1
"""
# Dates a revocation for workers that begin later. A Redis that is full cannot keep it. Those that are too many or too old go; in
# the place of the former, everybody counts as revoked at that time.
DATE = f"""{_HERE}
redis.pcall('ZADD', KEYS[1], now, ARGV[1])
redis.pcall('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
local over = redis.call('ZCARD', KEYS[1]) - ARGV[3]
if over > 0 then
    local last = redis.call('ZRANGE', KEYS[1], over - 1, over - 1, 'WITHSCORES')
    redis.call('ZREMRANGEBYRANK', KEYS[1], 0, over - 1)
    local everybody = redis.call('ZSCORE', KEYS[1], ARGV[4])
    if not everybody or tonumber(everybody) < tonumber(last[2]) then
        redis.pcall('ZADD', KEYS[1], last[2], ARGV[4])
    end
end
redis.pcall('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""
# Begins an epoch that is later than every one before. A full Redis cannot store it; then the clock keeps it apart from the next.
BEGIN = f"""{_HERE}
local epoch = math.max((tonumber(redis.call('GET', KEYS[1])) or 0) + 1, now)
local text = string.format('%.0f', epoch)
redis.pcall('SET', KEYS[1], text)
redis.call('PUBLISH', ARGV[1], '{{"epoch":' .. text .. '}}')
return {{epoch, now, history}}
"""
# Whether a revocation could be written now: this fails where one would.
BEAT = f"""{_HERE}
redis.call('DEL', KEYS[1])
return {{now, history}}
"""
RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""
