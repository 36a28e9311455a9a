# shellcheck shell=bash
# HAProxy: one address for callers, in front of every Countersign that is ready.

start_proxy() {
    start_haproxy
    wait_for 15 "HAProxy lets callers through" proxy_passes
}

# An answer of Countersign's own to somebody without a key.
proxy_passes() { [[ $(http_status "$PROXY" "$HTTP_PORT" /v1/accounts/nobody) == 401 ]]; }

start_haproxy() {
    local folder=$CLUSTER_DIR/$PROXY server
    install -d -m 755 "$folder"
    cat >"$folder/haproxy.cfg" <<CONFIG
global
    maxconn 2000
    log stdout format raw local0 notice

defaults
    mode http
    log global
    timeout connect 2s
    timeout check 3s
    timeout client 75s
    # Longer than a server takes to answer that it has failed (server.request_timeout_s).
    timeout server 40s
    # A request is sent to another server only if no connection came about: then nothing of it was read.
    retries 2
    option redispatch
    retry-on conn-failure

frontend callers
    bind $(address "$PROXY"):$HTTP_PORT
    # While no server is ready callers hear it at once, and when to come again.
    http-request return status 503 content-type application/problem+json hdr Retry-After 1 string '{"type":"urn:countersign:problem:unavailable","title":"Unavailable","status":503,"code":"unavailable"}' if { nbsrv(servers) eq 0 }
    default_backend servers

backend servers
    balance leastconn
    # The path is that of the admin listener, which no caller reaches. 503 while no database that can be written to is reached.
    option httpchk GET /readyz
    http-check expect status 200
    default-server check port $ADMIN_PORT inter 1s fastinter 250ms downinter 250ms fall 2 rise 1
CONFIG
    for server in "${SERVERS[@]}"; do
        echo "    server $server $(address "$server"):$SERVER_PORT" >>"$folder/haproxy.cfg"
    done
    chmod 644 "$folder/haproxy.cfg"
    start "$PROXY" haproxy nobody haproxy -db -f "$folder/haproxy.cfg"
}
