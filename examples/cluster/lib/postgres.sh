# shellcheck shell=bash
# PostgreSQL under Patroni: one leads, two stand by in step. What is acknowledged is on all that answer, on two at least.

# Passwords, and the authority by which the databases prove who they are.
make_secrets() {
    local secrets=$CLUSTER_DIR/secrets name node
    install -d -m 700 "$secrets"
    for name in superuser replication countersign; do
        openssl rand -hex 24 >"$secrets/$name"
    done
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
        -subj "/CN=$CLUSTER_NAME cluster" -keyout "$secrets/ca.key" -out "$secrets/ca.pem" 2>/dev/null
    cp "$secrets/ca.pem" "$CLUSTER_DIR/ca.pem"
    chmod 644 "$CLUSTER_DIR/ca.pem"
    for node in "${DATABASES[@]}"; do make_certificate "$node"; done
}

make_certificate() {
    local node=$1 secrets=$CLUSTER_DIR/secrets folder=$CLUSTER_DIR/$1
    install -d -m 700 -o postgres -g postgres "$folder"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$node" \
        -keyout "$folder/tls.key" -out "$secrets/$node.csr" 2>/dev/null
    openssl x509 -req -in "$secrets/$node.csr" -CA "$secrets/ca.pem" -CAkey "$secrets/ca.key" -CAcreateserial \
        -days 3650 -extfile <(echo "subjectAltName=IP:$(address "$node"),DNS:$node") -out "$folder/tls.pem" 2>/dev/null
    chown postgres:postgres "$folder/tls.key" "$folder/tls.pem"
    chmod 600 "$folder/tls.key"
}

start_databases() {
    local node
    for node in "${DATABASES[@]}"; do
        write_patroni "$node"
        start_patroni "$node"
    done
    wait_for 60 "a database leads" leader
    wait_for 90 "the others stand by in step" in_step
}

start_patroni() { start "$1" patroni postgres patroni "$CLUSTER_DIR/$1/patroni.yml"; }

# Times, in seconds. A leader holds a lease of `ttl` in etcd and renews it every `loop_wait`.
#
# ttl 20: the least that Patroni takes. When a leader's machine dies or is cut off, this is how long nobody leads.
# loop_wait 2: how soon a node sees what has changed; each turn costs a few requests to etcd, so no shorter.
# retry_timeout 5: how long a leader that does not reach etcd goes on trying before it steps down; an election of etcd
#   takes up to two. loop_wait and twice retry_timeout must fit into ttl.
# primary_start_timeout 0: a leader whose PostgreSQL has died hands over at once instead of starting it again first.
# wal_sender_timeout, tcp_user_timeout 3: how long a leader waits for a standby, or a client, that has gone silent. While
#   one that stands by in step is silent, nothing commits.
# wal_retrieve_retry_interval 200 ms: how soon a standby that was turned away tries again. A new leader commits nothing
#   before one has come; the usual 5 s would all be gap.
write_patroni() {
    local node=$1 folder=$CLUSTER_DIR/$1 here hosts=() other
    here=$(address "$node")
    for other in "${DATABASES[@]}"; do hosts+=("$(address "$other"):$ETCD_PORT"); done
    install -m 600 -o postgres -g postgres /dev/null "$folder/patroni.yml"
    cat >"$folder/patroni.yml" <<YAML
scope: $CLUSTER_NAME
name: $node
restapi:
  listen: $here:$PATRONI_PORT
  connect_address: $here:$PATRONI_PORT
$(if patroni_needs_v2; then echo etcd; else echo etcd3; fi):
  hosts: [$(IFS=, && echo "${hosts[*]}")]
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 2
    retry_timeout: 5
    primary_start_timeout: 0
    # A commit is acknowledged when every other machine that answers has it on its disk; without any nothing commits. Both
    # are waited for, because one that is ahead of a new leader is of no use before it was rewound, ten seconds later.
    synchronous_mode: true
    synchronous_mode_strict: true
    synchronous_node_count: 2
    postgresql:
      use_pg_rewind: true
      parameters:
        synchronous_commit: "on"
        max_connections: 200
        wal_keep_size: 256MB
        wal_sender_timeout: 3s
        wal_receiver_timeout: 3s
        wal_retrieve_retry_interval: 200ms
        tcp_user_timeout: 3s
        tcp_keepalives_idle: 3
        tcp_keepalives_interval: 1
  initdb:
    - encoding: UTF8
    - locale: C.UTF-8
    - data-checksums
postgresql:
  listen: $here:$POSTGRES_PORT
  connect_address: $here:$POSTGRES_PORT
  bin_dir: $POSTGRES_BIN
  data_dir: $folder/data
  pgpass: $folder/pgpass
  parameters:
    unix_socket_directories: $folder
    shared_buffers: 64MB
    # Files, so that nothing is left in /dev/shm after a kill.
    dynamic_shared_memory_type: mmap
    ssl: "on"
    ssl_cert_file: $folder/tls.pem
    ssl_key_file: $folder/tls.key
  pg_hba:
    - local all postgres peer
    - hostssl replication replicator $CLUSTER_NET.0/24 scram-sha-256
    - hostssl all postgres $CLUSTER_NET.0/24 scram-sha-256
    - hostssl countersign countersign $CLUSTER_NET.0/24 scram-sha-256
  authentication:
    superuser: {username: postgres, password: $(<"$CLUSTER_DIR/secrets/superuser"), sslmode: verify-full, sslrootcert: $CLUSTER_DIR/ca.pem}
    replication: {username: replicator, password: $(<"$CLUSTER_DIR/secrets/replication"), sslmode: verify-full, sslrootcert: $CLUSTER_DIR/ca.pem}
YAML
}

# The role and the empty database; Countersign makes the schema.
make_database() {
    local first
    first=$(leader)
    sql "$first" "create role countersign login password '$(<"$CLUSTER_DIR/secrets/countersign")'" >/dev/null
    sql "$first" "create database countersign owner countersign" >/dev/null
    say "an empty database for Countersign"
}

# sql NODE SQL: as superuser, on the machine itself, in the database that exists.
sql() {
    local node=$1 database=postgres
    set -- "${2:-}"
    if [[ -e $CLUSTER_DIR/secrets/schema ]]; then database=countersign; fi
    HOME=$CLUSTER_DIR/$node in_space "$node" setpriv --reuid postgres --regid postgres --init-groups \
        psql --no-psqlrc --host "$CLUSTER_DIR/$node" --port "$POSTGRES_PORT" --dbname "$database" \
        --tuples-only --no-align --set ON_ERROR_STOP=1 ${1:+--command "$1"}
}
