-- Asks the gateway who makes a call, for haproxy.cfg. HAProxy's HTTP client is used, so nothing has to be installed.

-- The credential in every carrier, and what the gateway's rule about foreign websites looks at. Not the ones of the connection.
local ASKED = {
    "cookie", "authorization", "x-fallback-cookies", "x-appwrite-session", "origin", "sec-websocket-version",
    "x-forwarded-for", "x-forwarded-host",
}
-- Of a refusal. HAProxy itself tells the length of the body.
local TOLD = { "content-type", "cache-control", "retry-after", "www-authenticate", "x-problem-type" }

-- A gateway that cannot be asked is no reason to let anybody in, nor to take anybody's session for invalid.
local UNAVAILABLE = {
    status = 503,
    headers = {
        ["content-type"] = { "application/problem+json" }, ["cache-control"] = { "no-store" },
        ["retry-after"] = { "1" }, ["x-problem-type"] = { "auth_unavailable" },
    },
    body = '{"type":"auth_unavailable","status":503,"retryAfter":1}',
}

-- HAProxy counts the values of a header from 0, Lua counts from 1.
local function all_of(values)
    local list = {}
    for index = 0, #values do
        list[index + 1] = values[index]
    end
    return list
end

core.register_action("check_session", { "http-req" }, function(txn, url, milliseconds)
    local given = txn.http:req_get_headers()
    local headers = { ["x-forwarded-method"] = { txn.f:method() } }
    for _, name in ipairs(ASKED) do
        if given[name] then
            headers[name] = all_of(given[name])
        end
    end

    local client = core.httpclient()
    local asked, answer = pcall(client.get, client, { url = url, headers = headers, timeout = tonumber(milliseconds) })
    -- Of a gateway that cannot be reached HAProxy says 503 itself. What the gateway says has a type.
    if not asked or (answer.status ~= 200 and not (answer.headers or {})["x-problem-type"]) then
        answer = UNAVAILABLE
    end

    if answer.status == 200 then
        for name, values in pairs(answer.headers) do
            if name:sub(1, 7) == "x-user-" then
                txn.http:req_set_header(name, values[0])
            end
        end
        return
    end

    local reply = txn:reply({ status = answer.status, body = answer.body })
    for _, name in ipairs(TOLD) do
        for _, value in pairs(answer.headers[name] or {}) do
            reply:add_header(name, value)
        end
    end
    txn:done(reply)
end, 2)
