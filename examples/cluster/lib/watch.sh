# shellcheck shell=bash
# Who does what at this moment. Everybody is asked from this machine, so a machine that is cut off does not answer.

# The name of the one database that says it leads and holds the lease.
leader() {
    local node
    for node in "${DATABASES[@]}"; do
        if [[ $(http_status "$node" "$PATRONI_PORT" /leader) == 200 ]]; then echo "$node" && return; fi
    done
    return 1
}

# Whether both others stand by in step.
in_step() {
    local node sync=0
    for node in "${DATABASES[@]}"; do
        if [[ $(http_status "$node" "$PATRONI_PORT" /synchronous) == 200 ]]; then sync=$((sync + 1)); fi
    done
    ((sync == 2))
}

http_status() {
    curl --silent --max-time 2 --output /dev/null --write-out '%{http_code}' "http://$(address "$1"):$2$3" || true
}

status() {
    local node
    [[ -e $CLUSTER_DIR ]] || die "it is not up"
    printf '%-8s %-14s %-9s %-24s %-10s %s\n' machine address network role in\ step behind
    for node in "${DATABASES[@]}"; do database_line "$node"; done
    for node in "${SERVERS[@]}"; do line "$node" "$(server_role "$node")" - -; done
    line "$PROXY" "$(proxy_role)" - -
}

line() { printf '%-8s %-14s %-9s %-24s %-10s %s\n' "$1" "$(address "$1")" "$(network "$1")" "$2" "$3" "$4"; }

network() { if is_cut "$1"; then echo cut; else echo up; fi; }

database_line() {
    local node=$1 role lead behind=- step=-
    # Asked on the machine itself: it knows what it believes to be, also while it is cut off.
    case $(in_space "$node" curl --silent --max-time 2 "http://$(address "$node"):$PATRONI_PORT/patroni" || true) in
        *'"role": "master"'* | *'"role": "primary"'*) role=leads ;;
        *'"state": "running"'*) role=follows ;;
        '') role="nothing runs" ;;
        *) role="is starting" ;;
    esac
    if [[ $role == leads && $(http_status "$node" "$PATRONI_PORT" /leader) != 200 ]]; then role="believes it leads"; fi
    if [[ $role == follows ]]; then
        step=$([[ $(http_status "$node" "$PATRONI_PORT" /synchronous) == 200 ]] && echo yes || echo no)
        if lead=$(leader); then
            behind=$(sql "$lead" "select pg_wal_lsn_diff(pg_current_wal_lsn(), flush_lsn) || ' bytes'
                from pg_stat_replication where application_name = '$node'" 2>/dev/null || true)
            behind=${behind:-not connected}
        fi
    fi
    line "$node" "$role" "$step" "$behind"
}

server_role() {
    runs "$1" countersign || { echo "nothing runs" && return; }
    if [[ $(http_status "$1" "$ADMIN_PORT" /readyz) == 200 ]]; then echo ready; else echo "not ready"; fi
}

proxy_role() { if runs "$PROXY" haproxy; then echo "asks who is ready"; else echo "nothing runs"; fi; }
