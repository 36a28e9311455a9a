# Holds one PostgreSQL server for a test process and does what that process asks on standard input, a line at a time.
# When the input ends, however the process came to its end, the server is stopped and its folder removed.
#
# $1: the folder to make, $2: where PostgreSQL's programs are, $3: the superuser's name, the rest: the server's options.
# Standard output carries the server's log and, marked "guard:", what became of the commands.

# Whoever listened may be gone; what is to be cleaned up is not.
trap '' PIPE INT HUP

folder=$1 programs=$2 superuser=$3
shift 3
pid=

main() {
    mkdir -m 700 "$folder" 2>/dev/null || { echo 'guard: taken'; exit 0; }
    mkfifo "$folder/log"
    "$programs/initdb" -D "$folder/data" -U "$superuser" -A trust -E UTF8 --locale=C --no-sync --no-instructions \
        </dev/null >"$folder/initdb" 2>&1 || { cat "$folder/initdb"; rm -rf "$folder"; echo 'guard: ended'; exit 1; }
    echo 'guard: made'
    while read -r command; do
        case $command in
        start) launch "$@" ;;
        stop) if kill -INT "$pid"; then wait "$pid"; else echo 'guard: ended'; fi ;;
        kill) if kill -STOP "$pid"; then send KILL; wait "$pid"; else echo 'guard: ended'; fi ;;
        freeze) kill -STOP "$pid"; send STOP; echo 'guard: frozen' ;;
        thaw) send CONT; echo 'guard: thawed' ;;
        esac
    done
    clean
}

# The server's log passes through a pipe that the postmaster and every child of it hold: its end is the end of them all.
launch() {
    { cat; echo 'guard: ended'; } <"$folder/log" &
    "$programs/postgres" -D "$folder/data" "$@" >"$folder/log" 2>&1 &
    pid=$!
    echo "guard: pid $pid"
}

# A signal to the postmaster and all its children, of which each leads a process group of its own.
send() {
    children=
    for stat in /proc/[0-9]*/stat; do
        read -r line 2>/dev/null <"$stat" || continue
        parent=${line##*) ? }
        [ "${parent%% *}" = "$pid" ] && children="$children ${line%% *}"
    done
    kill "-$1" "$pid" $children
}

clean() {
    if [ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null; then
        send CONT
        wait "$pid"
    fi
    # A server that was killed leaves a few bytes of shared memory; the seventh line of this file names them.
    if [ -f "$folder/data/postmaster.pid" ]; then
        ipcrm -m "$(sed -n '7s/.* //p' "$folder/data/postmaster.pid")" 2>/dev/null
    fi
    rm -rf "$folder"
}

main "$@"
