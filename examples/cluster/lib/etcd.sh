# shellcheck shell=bash
# etcd: the three members that Patroni asks who leads. A majority of them must agree, so a minority never elects anybody.

start_etcd_members() {
    local node
    for node in "${DATABASES[@]}"; do
        install -d -m 700 -o postgres -g postgres "$CLUSTER_DIR/$node"
        start_etcd "$node"
    done
    wait_for 30 "etcd has a majority" etcd_answers
}

start_etcd() {
    local node=$1 here members=() other api=()
    here=$(address "$node")
    for other in "${DATABASES[@]}"; do members+=("$other=http://$(address "$other"):$ETCD_PEER_PORT"); done
    if patroni_needs_v2; then api=(--enable-v2); fi
    # An election after one to two seconds of silence. The machines share few cores here, so less would be too nervous.
    # A member that comes back asks whether it could win before it disturbs the others with an election.
    ETCD_UNSUPPORTED_ARCH=$(dpkg --print-architecture) start "$node" etcd postgres etcd --name "$node" \
        --data-dir "$CLUSTER_DIR/$node/etcd" --log-level warn \
        --heartbeat-interval 200 --election-timeout 1500 --pre-vote "${api[@]}" \
        --listen-client-urls "http://$here:$ETCD_PORT" --advertise-client-urls "http://$here:$ETCD_PORT" \
        --listen-peer-urls "http://$here:$ETCD_PEER_PORT" --initial-advertise-peer-urls "http://$here:$ETCD_PEER_PORT" \
        --initial-cluster "$(IFS=, && echo "${members[*]}")" --initial-cluster-state new \
        --initial-cluster-token "$CLUSTER_NAME"
}

etcd_answers() {
    in_space "${DATABASES[0]}" env ETCDCTL_API=3 etcdctl --endpoints "http://$(address "${DATABASES[0]}"):$ETCD_PORT" \
        endpoint health 2>/dev/null
}

# Patroni before 3.0.3 writes the leader's key through the third API of etcd without asking whose it is by then: a leader
# that was cut off, with the member of etcd beside it, reads there that it still leads when the cable is back, takes the
# lease from the one that was elected meanwhile, and what was committed there is lost (github.com/patroni/patroni/pull/2689).
# Through the second API it compares and sets.
patroni_needs_v2() {
    local version
    version=$(patroni --version)
    dpkg --compare-versions "${version##* }" lt 3.0.3
}
