/**
 * What happens to a session in Redis in one go. Each script is given the head's key and builds the others from it. The layout
 * is that of layout.ts. Scripts answer `{word, ...}`: `ok`, or why not.
 */
import { createHash } from 'node:crypto';

export interface Script {
  readonly source: string;
  /** By which Redis knows it. */
  readonly sha: string;
}

/** Reads the head into local variables; `keep` writes it and makes everything live longer. */
const PRELUDE = `
local key, audio, said = KEYS[1], KEYS[1] .. ':a', KEYS[1] .. ':p'
local kind = redis.call('TYPE', key).ok
if kind == 'none' then return {'missing'} end
if kind ~= 'string' then return {'foreign'} end
local raw = redis.call('GET', key)
if #raw < 43 or string.sub(raw, 1, 5) ~= 'VOXS\\2' then return {'foreign'} end
local finished, rate, following, token, total, base, open, length = struct.unpack('>BI4I4I4I8I8I8B', raw, 6)
local owner, setup = string.sub(raw, 44, 43 + length), string.sub(raw, 44 + length)
-- Its key lapses when its machine is gone; its ear is gone at once when only the process is.
local function lives(instance)
  if redis.call('EXISTS', ARGV[1] .. 'alive:' .. instance) == 0 then return false end
  return redis.call('PUBSUB', 'NUMSUB', ARGV[1] .. 'to:' .. instance)[2] > 0
end
local function head()
  return 'VOXS\\2' .. struct.pack('>BI4I4I4I8I8I8B', finished, rate, following, token, total, base, open, #owner) .. owner .. setup
end
local function keep(ms)
  redis.call('SET', key, head(), 'PX', ms)
  redis.call('PEXPIRE', audio, ms)
  redis.call('PEXPIRE', said, ms)
  local now = redis.call('TIME')
  redis.call('ZADD', ARGV[1] .. 'all', now[1] * 1000 + ms, key)
end
`;

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/** ARGV: prefix, timeout ms, head, most sessions. */
export const CREATE = script(`
-- First, because a full Redis refuses a script only before it has changed anything.
if not redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[2], 'NX') then return {'foreign'} end
local now = redis.call('TIME')
local all = ARGV[1] .. 'all'
redis.call('ZREMRANGEBYSCORE', all, 0, now[1] * 1000)
if redis.call('ZCARD', all) >= tonumber(ARGV[4]) then
  redis.call('DEL', KEYS[1])
  return {'full'}
end
redis.call('ZADD', all, now[1] * 1000 + ARGV[2], KEYS[1])
return {'ok'}
`);

/** ARGV: prefix, timeout ms, instance. Answers the head. */
export const CLAIM = script(`${PRELUDE}
if finished == 1 then return {'ok', head()} end
if owner ~= ARGV[3] and (owner == '' or not lives(owner)) then
  owner = ARGV[3]
  token = token + 1
end
keep(ARGV[2])
return {'ok', head()}
`);

/** ARGV: prefix, timeout ms, instance, token or -1, rate, seq or -1, most bytes, elements without their number... Answers fresh, seq, index, living owner. */
export const APPEND = script(`${PRELUDE}
if finished == 1 then return {'finished'} end
local mine, seq = tonumber(ARGV[4]), tonumber(ARGV[6])
if mine >= 0 and (owner ~= ARGV[3] or token ~= mine) then return {'lost'} end
local index = redis.call('LLEN', audio)
local alive = owner
if owner ~= '' and owner ~= ARGV[3] and not lives(owner) then alive = '' end
if rate ~= 0 and rate ~= tonumber(ARGV[5]) then return {'rate', rate} end
if seq >= 0 and seq == following - 1 then
  keep(ARGV[2])
  return {'ok', 0, seq, index, alive}
end
if seq >= 0 and seq ~= following then return {'gap', following} end
local bytes = 0
for at = 8, #ARGV do bytes = bytes + struct.unpack('>I4', ARGV[at]) end
if total - base + bytes > tonumber(ARGV[7]) then return {'large'} end
local number = struct.pack('>I4', following)
for at = 8, #ARGV do redis.call('RPUSH', audio, number .. ARGV[at]) end
rate = tonumber(ARGV[5])
following = following + 1
total = total + bytes
keep(ARGV[2])
return {'ok', 1, following - 1, index, alive}
`);

/** ARGV: prefix, timeout ms, instance, token, open from, finished, phrases... Answers how many elements went. */
export const TELL = script(`${PRELUDE}
if finished == 1 or owner ~= ARGV[3] or token ~= tonumber(ARGV[4]) then return {'lost'} end
for at = 7, #ARGV do redis.call('RPUSH', said, ARGV[at]) end
open = tonumber(ARGV[5])
finished = tonumber(ARGV[6])
local gone = 0
while true do
  local first = redis.call('LINDEX', audio, 0)
  if not first then break end
  local bytes = struct.unpack('>I4', first, 5)
  if finished == 0 and base + bytes > open then break end
  redis.call('LPOP', audio)
  base = base + bytes
  gone = gone + 1
end
keep(ARGV[2])
return {'ok', gone}
`);

/** ARGV: prefix, timeout ms, instance, token. */
export const RELEASE = script(`${PRELUDE}
if finished == 1 or owner ~= ARGV[3] or token ~= tonumber(ARGV[4]) then return {'lost'} end
owner = ''
redis.call('SET', key, head(), 'KEEPTTL')
return {'ok'}
`);

export const SCRIPTS: readonly Script[] = [CREATE, CLAIM, APPEND, TELL, RELEASE];
