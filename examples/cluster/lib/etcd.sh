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
    local node=$1 here members=() other
    here=$(address "$node")
    for other in "${DATABASES[@]}"; do members+=("$other=http://$(address "$other"):$ETCD_PEER_PORT"); done
    # An election after one to two seconds of silence. The machines share few cores here, so less would be too nervous.
    ETCD_UNSUPPORTED_ARCH=$(dpkg --print-architecture) start "$node" etcd postgres etcd --name "$node" \
        --data-dir "$CLUSTER_DIR/$node/etcd" --log-level warn \
        --heartbeat-interval 200 --election-timeout 1500 \
        --listen-client-urls "http://$here:$ETCD_PORT" --advertise-client-urls "http://$here:$ETCD_PORT" \
        --listen-peer-urls "http://$here:$ETCD_PEER_PORT" --initial-advertise-peer-urls "http://$here:$ETCD_PEER_PORT" \
        --initial-cluster "$(IFS=, && echo "${members[*]}")" --initial-cluster-state new \
        --initial-cluster-token "$CLUSTER_NAME"
}

etcd_answers() {
    in_space "${DATABASES[0]}" env ETCDCTL_API=3 etcdctl --endpoints "http://$(address "${DATABASES[0]}"):$ETCD_PORT" \
        endpoint health
}
