"""What Redis does in one step, in Lua. The keys of an answer are: the answer, the user's generation, the lock."""

from __future__ import annotations

LOOK = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return {redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2]), redis.call('GET', KEYS[3]), now}
"""
# The question is over: keep the answer if no revocation came in between, let go of the lock or rest, and wake who waits.
FINISH = """
local kept = 0
if (redis.call('GET', KEYS[2]) or '') == ARGV[1] then
    kept = 1
    local life = tonumber(ARGV[3])
    if life > 0 then redis.call('SET', KEYS[1], ARGV[2], 'PX', life) elseif life == 0 then redis.call('DEL', KEYS[1]) end
end
if redis.call('GET', KEYS[3]) == ARGV[4] then
    if kept == 1 and tonumber(ARGV[5]) > 0 then
        redis.call('SET', KEYS[3], ARGV[6], 'PX', ARGV[5])
    else
        redis.call('DEL', KEYS[3])
    end
end
redis.call('PUBLISH', ARGV[7], ARGV[8])
return kept
"""
# Only if nothing was learned since it was seen that there is something to ask.
LOCK = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
return redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) and 1 or 0
"""
REVOKE = """
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
"""
RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""
