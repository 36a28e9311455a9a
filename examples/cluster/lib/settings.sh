# shellcheck shell=bash disable=SC2034
# What the cluster is made of and where. Names in capitals are settings of the whole program.

# The begin of every name that the kernel sees, so that several clusters fit on one machine. At most eight characters.
: "${CLUSTER_NAME:=csign}"
# The first three numbers of the private network that the machines share.
: "${CLUSTER_NET:=10.77.0}"
# Data, settings, secrets and logs; removed by `down`. Short, because sockets are in it. Others must be able to enter it.
: "${CLUSTER_DIR:=/var/tmp/$CLUSTER_NAME-cluster}"
# The program `countersign`; built by cargo where it is not named.
: "${COUNTERSIGN:=}"

# Three, because two of three are a majority: any one machine may fail.
DATABASES=(db1 db2 db3)
SERVERS=(app1 app2)
PROXY=proxy
MACHINES=("${DATABASES[@]}" "${SERVERS[@]}" "$PROXY")
# The last number of each machine's address. The person at this machine has 1.
declare -A LAST=([db1]=11 [db2]=12 [db3]=13 [app1]=21 [app2]=22 [proxy]=5)

HTTP_PORT=8080
POSTGRES_PORT=5432
PATRONI_PORT=8008
ETCD_PORT=2379
ETCD_PEER_PORT=2380
SERVER_PORT=8082
ADMIN_PORT=8083

address() { echo "$CLUSTER_NET.${LAST[$1]}"; }

is_one_of() {
    local one=$1 other
    shift
    for other in "$@"; do
        [[ $one != "$other" ]] || return 0
    done
    return 1
}

known() {
    is_one_of "$1" "${MACHINES[@]}" || die "which machine? One of: ${MACHINES[*]}"
}
