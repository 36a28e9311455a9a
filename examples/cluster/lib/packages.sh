# shellcheck shell=bash
# The programs that the cluster is made of: all from Debian, none configured by its package.

PACKAGES=(postgresql patroni etcd-server etcd-client haproxy iproute2 openssl curl)

have_packages() {
    local missing=() package
    for package in "${PACKAGES[@]}"; do
        dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing+=("$package")
    done
    ((${#missing[@]})) && install_packages "${missing[@]}"
    POSTGRES_BIN=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort --version-sort | tail -n 1)
    [[ -x $POSTGRES_BIN/postgres ]] || die "no PostgreSQL in /usr/lib/postgresql; apt-get install postgresql"
}

# None of them may start a service of its own: neither a first database, nor anything else that its package would start.
install_packages() {
    local policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.conf made=0
    say "installing $*"
    if [[ ! -e $clusters ]]; then
        mkdir -p "${clusters%/*}"
        echo 'create_main_cluster = false' >"$clusters"
    fi
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        made=1
    fi
    local ok=0
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"; } \
        >/dev/null && ok=1
    ((made)) && rm -f "$policy"
    ((ok)) || die "apt-get install $* did not work"
}
