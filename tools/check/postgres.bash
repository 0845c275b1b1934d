# shellcheck shell=bash
# Part of ./check: a private PostgreSQL.
# Uses $work_folder and $log.

# Prints the folder of the newest server's programs.
find_postgres() {
    local folder newest=
    for folder in /usr/lib/postgresql/*/bin; do
        if [[ -x $folder/initdb && -x $folder/postgres ]]; then newest+="$folder"$'\n'; fi
    done
    if [[ -z $newest ]]; then return 1; fi
    sort -V <<<"${newest%$'\n'}" | tail -n 1
}

# A server on a unix socket only, in a temporary folder. The path is short because that of a socket has to be.
postgres_folder=
postgres_id=
start_postgres() {
    local bin as=()
    bin=$(find_postgres)
    postgres_folder=$(mktemp -d /tmp/sidegate-pg.XXXXXX)
    if ((EUID == 0)); then # initdb and postgres refuse to run as root
        chown postgres: "$postgres_folder"
        as=(setpriv --reuid=postgres --regid=postgres --init-groups)
    fi

    echo "starting a private PostgreSQL in $postgres_folder"
    if ! (cd / && "${as[@]}" "$bin/initdb" --pgdata="$postgres_folder/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C --no-sync) >"$log" 2>&1; then
        cat "$log"
        echo "initdb failed."
        return 1
    fi
    (cd / && exec "${as[@]}" "$bin/postgres" -D "$postgres_folder/data" \
        -c listen_addresses='' -c unix_socket_directories="$postgres_folder" \
        -c shared_buffers=64MB -c max_connections=200 \
        -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=512MB) \
        >"$work_folder/postgres.log" 2>&1 </dev/null &
    postgres_id=$!

    local try
    for ((try = 0; try < 300; try++)); do
        if "$bin/pg_isready" --quiet --host="$postgres_folder" --username=postgres; then return 0; fi
        if ! kill -0 "$postgres_id" 2>/dev/null; then break; fi
        sleep 0.1
    done
    cat "$work_folder/postgres.log"
    echo "The private PostgreSQL did not start."
    return 1
}

# Asks for a fast stop, and insists after ten seconds.
stop_postgres() {
    local try
    if [[ -n $postgres_id ]]; then
        kill -INT "$postgres_id" 2>/dev/null || true
        for ((try = 0; try < 100; try++)); do
            kill -0 "$postgres_id" 2>/dev/null || break
            sleep 0.1
        done
        kill -QUIT "$postgres_id" 2>/dev/null || true
        wait "$postgres_id" 2>/dev/null || true
    fi
    if [[ -n $postgres_folder ]]; then rm -rf "$postgres_folder"; fi
    postgres_id=
    postgres_folder=
}
