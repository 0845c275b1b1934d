# shellcheck shell=bash
# Part of ./check: runs commands, shows what they say, and counts what passed and failed.
# Uses $log, $pipe and $failures, files in the work folder.

passed=0
failed=0
failed_parts=()

# Runs a command whose success counts as one.
judge() {
    if run "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

# Runs a command that something else builds on; only its failure counts.
prepare() {
    if run "$@"; then return; fi
    failed=$((failed + 1))
    return 1
}

# Runs cargo test and adds up its result lines.
count_tests() {
    local status=0
    run "$@" || status=$?
    add_counts "$status" \
        "$(sed -nE 's/^test result: .* ([0-9]+) passed; .*/\1/p' "$log" | add_up)" \
        "$(sed -nE 's/^test result: .* ([0-9]+) failed; .*/\1/p' "$log" | add_up)"
    grep -E '^test .* FAILED$' "$log" >>"$failures" || true
}

# Runs client drivers and counts their PASS and FAIL lines.
count_drivers() {
    local status=0
    run "$@" || status=$?
    add_counts "$status" "$(grep -c '^PASS ' "$log" || true)" "$(grep -c '^FAIL ' "$log" || true)"
    grep '^FAIL ' "$log" >>"$failures" || true
}

add_up() {
    awk '{ sum += $1 } END { print sum + 0 }'
}

# A command that failed without a failed test (it did not compile, say) counts as one failure.
add_counts() {
    local status=$1
    passed=$((passed + $2))
    failed=$((failed + $3))
    if ((status != 0 && $3 == 0)); then failed=$((failed + 1)); fi
}

# Runs a command in a process group of its own, shows its output and keeps it in $log.
# Nothing of the group is left when this returns, or when the script is interrupted.
# What bash starts in the background ignores SIGINT; here it shall not.
group=
run() {
    local status=0 tee_id
    echo "\$ $*"
    tee "$log" <"$pipe" &
    tee_id=$!
    env --default-signal=INT,QUIT setsid "$@" >"$pipe" 2>&1 </dev/null &
    group=$!
    wait "$group" || status=$?
    end_group
    wait "$tee_id" || true
    return "$status"
}

end_group() {
    if [[ -n $group ]]; then kill -KILL -- "-$group" 2>/dev/null || true; fi
    group=
}

# Where cargo puts what it builds, as the environment and cargo's own settings say.
target_folder() {
    cargo metadata --locked --no-deps --format-version 1 | sed -nE 's/.*"target_directory":"([^"]*)".*/\1/p'
}
