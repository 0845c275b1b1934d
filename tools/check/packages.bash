# shellcheck shell=bash
# Part of ./check: what the machine has to have, and how it comes by it.
# Uses $needs, which says what each part needs, and $log.

is_there() {
    case $1 in
        cc) cc -E -x c -o /dev/null - <<<'#include <stdio.h>' ;;
        chromium) command -v chromium ;;
        node) command -v node ;;
        npm) command -v npm ;;
        openssl) command -v openssl ;;
        pdftotext) command -v pdftotext ;;
        postgres) find_postgres ;;
        soffice) command -v soffice && [[ -e /usr/lib/libreoffice/program/libswlo.so && -e /usr/lib/libreoffice/program/libsclo.so ]] ;;
        strace) command -v strace ;;
        venv) python3 -c 'import ensurepip, venv' ;;
        wrk) command -v wrk ;;
    esac >/dev/null 2>&1
}

packages_for() {
    case $1 in
        cc) echo gcc libc6-dev ;;
        chromium) echo chromium ;;
        node) echo nodejs ;;
        npm) echo npm ;;
        openssl) echo openssl ;;
        pdftotext) echo poppler-utils ;;
        postgres) echo postgresql ;;
        soffice) echo libreoffice-calc-nogui libreoffice-writer-nogui ;;
        strace) echo strace ;;
        venv) echo python3 python3-venv ;;
        wrk) echo wrk ;;
    esac
}

# Sees to it that the parts have what they need, or names what is missing.
provide_for() {
    local part word words=() packages=()
    for part in "$@"; do
        read -ra word <<<"${needs[$part]}"
        words+=("${word[@]}")
    done
    for word in "${words[@]}"; do
        # shellcheck disable=SC2207
        is_there "$word" || packages+=($(packages_for "$word"))
    done
    if ((${#packages[@]} == 0)); then return; fi

    mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
    if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
        echo "./check needs these Debian packages, or what they hold: ${packages[*]}" >&2
        exit 2
    fi
    install_packages "${packages[@]}"
    for word in "${words[@]}"; do
        if ! is_there "$word"; then
            echo "./check installed ${packages[*]}, but still finds no $word." >&2
            exit 2
        fi
    done
}

install_packages() {
    echo "installing $*"
    export DEBIAN_FRONTEND=noninteractive
    quietly apt-get update
    forbid_services
    quietly apt-get install --yes --no-install-recommends "$@"
    allow_services
}

# Shows what a command says only if it fails.
quietly() {
    if "$@" >"$log" 2>&1 </dev/null; then return; fi
    cat "$log"
    echo "./check could not get what the tests need: $* failed." >&2
    exit 2
}

# The server package would make a cluster and start it; the tests bring their own.
policy=
forbid_services() {
    if [[ ! -e /etc/postgresql-common/createcluster.conf ]]; then
        mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    fi
    if [[ ! -e /usr/sbin/policy-rc.d ]]; then
        policy=/usr/sbin/policy-rc.d
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
}

allow_services() {
    if [[ -n $policy ]]; then rm -f "$policy"; fi
    policy=
}
