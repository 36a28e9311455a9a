# shellcheck shell=bash
# What a person sees, and waiting.

STARTED=$SECONDS

# A line of progress, with the seconds since the command began.
say() { printf '%4ds  %s\n' $((SECONDS - STARTED)) "$*" >&2; }

die() {
    printf 'cluster: %s\n' "$*" >&2
    exit 1
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
    local patience=$1 what=$2 began=$SECONDS
    shift 2
    until "$@" >/dev/null; do
        ((SECONDS - began < patience)) || die "$what: not within $patience s; see the logs in $CLUSTER_DIR/*/*.log"
        sleep 0.2
    done
    say "$what"
}
