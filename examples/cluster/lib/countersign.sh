# shellcheck shell=bash
# Countersign: two servers that share the database and the master key, and nothing else.

have_countersign() {
    local root=${BASH_SOURCE[0]%/*}/../../..
    if [[ -z $COUNTERSIGN ]]; then
        say "building countersign"
        (cd "$root" && cargo build --quiet --release --package countersign)
        COUNTERSIGN=${CARGO_TARGET_DIR:-$root/target}/release/countersign
    fi
    [[ -x $COUNTERSIGN ]] || die "no program at $COUNTERSIGN"
}

start_servers() {
    local server
    # A copy, because a home directory need not be open to the user that it runs as.
    install -m 755 "$COUNTERSIGN" "$CLUSTER_DIR/countersign"
    "$CLUSTER_DIR/countersign" keygen --out "$CLUSTER_DIR/secrets/master.key" >/dev/null
    for server in "${SERVERS[@]}"; do
        write_countersign "$server"
        start_countersign "$server"
        wait_for 60 "$server is ready" server_ready "$server"
    done
    : >"$CLUSTER_DIR/secrets/schema"
    make_app
}

server_ready() {
    # It has not entered its namespace at first, so it is looked for everywhere.
    [[ -e /proc/$(<"$CLUSTER_DIR/$1/countersign.pid") ]] ||
        die "countersign on $1 has ended: $(tail -n 3 "$CLUSTER_DIR/$1/countersign.log")"
    [[ $(http_status "$1" "$ADMIN_PORT" /readyz) == 200 ]]
}

# Settings that every server gets from the environment of this command go before these.
write_countersign() {
    local server=$1 folder=$CLUSTER_DIR/$1 here hosts=() database
    here=$(address "$server")
    for database in "${DATABASES[@]}"; do hosts+=("$(address "$database"):$POSTGRES_PORT"); done
    install -d -m 700 -o nobody -g nogroup "$folder"
    install -m 600 -o nobody -g nogroup "$CLUSTER_DIR/secrets/master.key" "$folder/master.key"
    install -m 600 -o nobody -g nogroup "$CLUSTER_DIR/secrets/countersign" "$folder/password"
    cat >"$folder/countersign.toml" <<TOML
[server]
listen = "$here:$SERVER_PORT"
# Metrics and readiness; only for this network.
admin_listen = "$here:$ADMIN_PORT"
trusted_proxies = ["$(address "$PROXY")/32"]

[keys]
master_key_file = "$folder/master.key"

# Here every machine shares the same cores, and hashes take all that there are.
[admission]
hash_nice = 19

[store]
kind = "postgres"

[store.postgres]
# Whichever of them takes writes at the time.
url = "postgresql://countersign@$(IFS=, && echo "${hosts[*]}")/countersign?target_session_attrs=read-write"
password_file = "$folder/password"
ca = "$CLUSTER_DIR/ca.pem"
TOML
    chmod 644 "$folder/countersign.toml"
}

start_countersign() {
    start "$1" countersign nobody "$CLUSTER_DIR/countersign" serve --config "$CLUSTER_DIR/$1/countersign.toml"
}

# The first API key is made at the servers' side of the wall.
make_app() {
    local first=${SERVERS[0]}
    in_space "$first" setpriv --reuid nobody --regid nogroup --clear-groups -- "$CLUSTER_DIR/countersign" \
        apps create --config "$CLUSTER_DIR/$first/countersign.toml" --name demo --output json |
        sed -n 's/.*"api_key": *"\([^"]*\)".*/\1/p' >"$CLUSTER_DIR/secrets/api_key"
    [[ -s $CLUSTER_DIR/secrets/api_key ]] || die "no API key was made"
    say "an API key, in $CLUSTER_DIR/secrets/api_key"
}
