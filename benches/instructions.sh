#!/usr/bin/env bash
# Instructions a lead, for each way to encode and each data set, as a Markdown table.
#
# Wall time on a shared machine is noisy; the number of instructions is not. Each way runs under
# callgrind with two numbers of leads, and the difference divided by the leads between them is what
# one lead takes: making the data set and starting up cancel out.
#
# Takes no arguments and needs valgrind. WAYS and SETS choose: SETS=hard benches/instructions.sh
#
# Valgrind's processor has AVX2 and no AVX-512: code that looks for it at run time takes AVX2 here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ways=${WAYS:-leads payloads rows arrow-json arrow-json-own sonic-rs structs values}
sets=${SETS:-friendly hard wide text-heavy}
# How often the data set is encoded; the first time the buffers grow, so that it never counts.
few=1
many=3

command -v valgrind >/dev/null || {
    echo "instructions.sh: valgrind is not installed" >&2
    exit 1
}
program=$(cargo bench --quiet --bench instructions --no-run --message-format=json |
    grep -o '"executable":"[^"]*instructions-[^"]*"' | cut -d '"' -f 4 | tail -n 1)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A lead of the wide set is as much work as a dozen of the others.
rows() {
    if [[ $1 == wide ]]; then echo 256; else echo 2048; fi
}

# The instructions of a whole run: way, set, rows, how often.
count() {
    valgrind --tool=callgrind --callgrind-out-file="$scratch/out" "$program" "$@" \
        >"$scratch/leads" 2>"$scratch/log"
    sed -nE 's/^.*Collected : ([0-9]+).*$/\1/p' "$scratch/log"
}

# The instructions of one lead: way, set. A dash if the way can't encode the set.
instructions() {
    local rows base more
    rows=$(rows "$2")
    # Run by itself it is done at once, and tells whether the way can encode the set at all.
    if ! "$program" "$1" "$2" 1 1 >"$scratch/leads"; then
        echo '–'
        return
    fi
    base=$(count "$1" "$2" "$rows" $few)
    more=$(count "$1" "$2" "$rows" $many)
    echo $(((more - base) / (rows * (many - few))))
}

{
    echo "| way | ${sets// / | } |"
    printf '|---|'
    for set in $sets; do printf -- '---:|'; done
    echo
    for way in $ways; do
        printf '| %s |' "$way"
        for set in $sets; do printf ' %s |' "$(instructions "$way" "$set")"; done
        echo
    done
}
