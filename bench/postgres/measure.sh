#!/bin/sh
# What PostgreSQL spends on charges, settlements and reads: its processor time, its log and its disk.
#
#     FILLFACTOR=100 sh bench/postgres/measure.sh [ACCOUNTS] [SECONDS] [ROUNDS]
#
# makes a throwaway PostgreSQL in a temporary folder (as user postgres when called by root), fills it, and prints lines
# of `what batch writers among each_us wal_bytes full_pages a_second`, of each the round that took least:
# whatever else the machine does only adds. Needs Debian's `postgresql` package.
# `each_us` is the processor time of all of the server's processes for each charge, settlement or read. The time it takes to
# make up ids and records, which the real client brings along, is measured by itself ("ids") and is to be taken off.
set -eu
accounts=${1:-1000000} seconds=${2:-3} rounds=${3:-3}
here=$(cd "$(dirname "$0")" && pwd)
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
home=$(mktemp -d) as=
if [ "$(id -u)" = 0 ]; then chown postgres "$home" && as='runuser -u postgres --'; fi
cd "$home"
export PGHOST="$home" PGUSER=postgres PGDATABASE=postgres
stop() { $as "$bin/pg_ctl" -D "$home/data" -m immediate -w stop >/dev/null 2>&1 || true; cd /; rm -rf "$home"; }
trap stop EXIT
trap 'exit 1' INT TERM
$as "$bin/initdb" -D "$home/data" -A trust --no-sync >/dev/null
cat >>"$home/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$home'
shared_buffers = '2GB'
max_wal_size = '16GB'
checkpoint_timeout = '1h'
autovacuum = off
CONF
$as "$bin/pg_ctl" -D "$home/data" -l "$home/log" -w start >/dev/null
main=$(head -n 1 "$home/data/postmaster.pid")
ask() { psql -XAtq -v ON_ERROR_STOP=1 "$@"; }
ask -f "${SCHEMA:-$here/../../crates/store/migrations/postgres/0001_records.sql}" >/dev/null
ask -c "ALTER TABLE accounts SET (fillfactor = ${FILLFACTOR:-100})"
ask -v accounts="$accounts" -f "$here/fill.sql" >/dev/null

echo "# $(ask -c 'SHOW server_version'), $accounts accounts, $seconds s each, $(nproc) cores"
ask -F ' ' -c "SELECT '# bytes an account', relname, pg_relation_size(oid) / $accounts FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') AND relname ~ '^(accounts|names|mobiles)' ORDER BY 2" \
    -c "SELECT '# bytes an event', relname, pg_relation_size(oid) / (2 * $accounts) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') AND relname ~ '^events' ORDER BY 2"

children() { cat "/proc/$main/task/$main/children"; }
ask -c 'SELECT 1' >/dev/null
# Its own processes, without any that serves a client.
own=$(children | wc -w)
# Clock ticks of the server and of all of its processes, those that ended too: they are counted once they have.
ticks() {
    while [ "$(children | wc -w)" -gt "$own" ]; do sleep 0.05; done
    sum=$(awk '{ print $14 + $15 + $16 + $17 }' "/proc/$main/stat")
    for child in $(children); do
        sum=$((sum + $(awk '{ print $14 + $15 }' "/proc/$child/stat" 2>/dev/null || echo 0)))
    done
    echo "$sum"
}
wal() { ask -F ' ' -c "SELECT pg_stat_force_next_flush()" -c "SELECT wal_bytes, wal_fpi, wal_records FROM pg_stat_wal" | tail -n 1; }

# what, batch, writers, among how many accounts
measure() {
    script="$home/$1.sql"
    case $1 in
    read) cat "$here/read.sql" ;;
    warm-up) cat "$here/ids.sql" "$here/settle.sql" ;;
    ids) cat "$here/ids.sql" ;;
    *) cat "$here/ids.sql" "$here/$1.sql" ;;
    esac >"$script"
    set -- "$1" "$2" "$3" "$4" "$(ticks)" $(wal)
    told=$(pgbench -n -M prepared -c "$3" -j "$3" -T "$seconds" -D batch="$2" -D among="$4" -f "$script" 2>&1)
    set -- "$@" "$(ticks)" $(wal)
    done=$(echo "$told" | awk '/transactions actually processed/ { print $NF }' | cut -d/ -f1)
    rate=$(echo "$told" | awk '/^tps/ { print $3 }')
    [ -n "$done" ] || { echo "$told" >&2; exit 1; }
    hertz=$(getconf CLK_TCK)
    awk -v what="$1" -v batch="$2" -v writers="$3" -v among="$4" -v ticks="$(($9 - $5))" -v wal="$((${10} - $6))" \
        -v pages="$((${11} - $7))" -v done="$done" -v rate="$rate" -v hertz="$hertz" 'BEGIN {
        n = done * batch
        printf "%s %d %d %d %.1f %.0f %.3f %.0f\n", what, batch, writers, among, ticks / hertz * 1e6 / n, wal / n, pages / n, rate * batch }'
}
# Warm: pages that were written since the last checkpoint are not written whole into the log again.
hot=20000
measure warm-up 64 4 $hot >/dev/null
for round in $(seq "$rounds"); do
    for batch in 1 64 256; do
        for what in ids charge settle; do measure $what $batch 1 $hot; done
    done
    for writers in 2 4; do
        for what in ids charge settle; do measure $what 64 $writers $hot; done
    done
    measure read 1 4 $hot
done >>"$home/told"
# Cold: every account is as likely, and a checkpoint is just over.
ask -c "SELECT pg_stat_reset()" >/dev/null
for round in $(seq "$rounds"); do
    for what in charge settle; do
        ask -c CHECKPOINT
        measure $what 64 1 "$accounts"
    done
done >>"$home/told"
echo 'what batch writers among each_us wal_bytes full_pages a_second'
sort "$home/told" -s -k1,1 -k4,4n -k2,2n -k3,3n -k5,5n | awk '
    { key = $1 " " $2 " " $3 " " $4 }
    key != last { print; last = key }'
ask -F ' ' -c "SELECT '# of the updates within one page', relname, round(n_tup_hot_upd::numeric / n_tup_upd, 3)
    FROM pg_stat_user_tables WHERE n_tup_upd > 0 AND relname = 'accounts'"
