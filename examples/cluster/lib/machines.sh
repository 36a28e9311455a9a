# shellcheck shell=bash
# Machines: a network namespace each, with a cable to a switch that is in a namespace of its own. A namespace knows every
# process in it, so whatever was started is found again and ended by its id, also what lost its parent in a crash.

SWITCH=switch

space() { echo "$CLUSTER_NAME-$1"; }

in_space() { ip netns exec "$(space "$1")" "${@:2}"; }

make_network() {
    local machine
    mkdir -p "$CLUSTER_DIR"
    chmod 755 "$CLUSTER_DIR"
    # Not in the machine's own namespace, where its firewall would apply to what goes over the bridge.
    ip netns add "$(space "$SWITCH")"
    in_space "$SWITCH" ip link add bridge type bridge
    in_space "$SWITCH" ip link set bridge up
    for machine in "${MACHINES[@]}"; do
        ip netns add "$(space "$machine")"
        in_space "$machine" ip link set lo up
        plug "$machine" "$(space "$machine")" eth0 "$(address "$machine")"
    done
    plug host "" "$CLUSTER_NAME" "$CLUSTER_NET.1"
    say "${#MACHINES[@]} machines on $CLUSTER_NET.0/24"
}

# plug NAME NAMESPACE LINK ADDRESS: a cable from the switch, where its end is called NAME.
plug() {
    local name=$1 namespace=$2 link=$3 address=$4
    in_space "$SWITCH" ip link add "$name" type veth peer name far
    in_space "$SWITCH" ip link set "$name" master bridge up
    if [[ -n $namespace ]]; then
        in_space "$SWITCH" ip link set far netns "$namespace" name "$link"
        ip -n "$namespace" address add "$address/24" dev "$link"
        ip -n "$namespace" link set "$link" up
    else
        in_space "$SWITCH" ip link set far netns "$$" name "$link"
        ip address add "$address/24" dev "$link"
        ip link set "$link" up
    fi
}

remove_machines() {
    local machine pid
    for machine in "${MACHINES[@]}"; do
        [[ -e /run/netns/$(space "$machine") ]] || continue
        # Whoever watches over another may start it again in between.
        while pids=$(ip netns pids "$(space "$machine")") && [[ -n $pids ]]; do
            for pid in $pids; do kill -9 "$pid" 2>/dev/null || true; done
        done
        forget_shared_memory "$machine"
        ip netns delete "$(space "$machine")"
    done
    if [[ -e /run/netns/$(space "$SWITCH") ]]; then ip netns delete "$(space "$SWITCH")"; fi
}

# Of a PostgreSQL that was killed a segment remains; the last line but one of its pid file ends with the segment's id.
forget_shared_memory() {
    local file=$CLUSTER_DIR/$1/data/postmaster.pid id
    [[ -e $file ]] || return 0
    id=$(awk 'NR == 7 { print $2 }' "$file")
    [[ -z $id ]] || ipcrm --shmem-id "$id" 2>/dev/null || true
}

# start MACHINE NAME USER COMMAND...: its output goes to NAME.log, its process id to NAME.pid, in the machine's folder.
start() {
    local machine=$1 name=$2 user=$3 folder=$CLUSTER_DIR/$1
    shift 3
    if runs "$machine" "$name"; then
        say "$name of $machine runs"
        return
    fi
    # Each of these replaces itself by the next, so that the id is that of the program itself.
    HOME=$folder setsid ip netns exec "$(space "$machine")" \
        setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups -- "$@" \
        >>"$folder/$name.log" 2>&1 </dev/null &
    echo $! >"$folder/$name.pid"
}

# Whether a process that was started here still runs. After a crash its id may be somebody else's, in another namespace.
runs() {
    local pid
    pid=$(cat "$CLUSTER_DIR/$1/$2.pid" 2>/dev/null) || return 1
    ip netns pids "$(space "$1")" | grep -qx "$pid"
}

# Every process of a machine whose name begins so.
processes() {
    local pid
    for pid in $(ip netns pids "$(space "$1")"); do
        if [[ $(cat "/proc/$pid/comm" 2>/dev/null) == "$2"* ]]; then echo "$pid"; fi
    done
}

kill_service() {
    local name=haproxy pids
    if is_one_of "$1" "${DATABASES[@]}"; then name=postgres; fi
    if is_one_of "$1" "${SERVERS[@]}"; then name=countersign; fi
    mapfile -t pids < <(processes "$1" "$name")
    ((${#pids[@]})) || die "no $name runs on $1"
    # All at once: what is left of PostgreSQL would go on writing for a moment.
    kill -9 "${pids[@]}" 2>/dev/null || true
    say "killed ${#pids[@]} processes of $name on $1"
}

crash_machine() {
    local pids
    mapfile -t pids < <(ip netns pids "$(space "$1")")
    ((${#pids[@]})) || die "nothing runs on $1"
    kill -9 "${pids[@]}" 2>/dev/null || true
    say "killed all ${#pids[@]} processes on $1; 'cluster restart $1' switches it on again"
}

cut_cable() {
    in_space "$SWITCH" ip link set "$1" down
    say "$1 is cut off"
}

heal_cable() {
    in_space "$SWITCH" ip link set "$1" up
    say "$1 is back on the network"
}

is_cut() { ! in_space "$SWITCH" ip link show "$1" up | grep -q .; }
