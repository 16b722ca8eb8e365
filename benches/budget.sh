#!/usr/bin/env bash
# budget.sh BINARY PROFILE [--record]: counts the instructions of the clean case and compares them with
# benches/budget.toml, section [PROFILE]. Fails when a count is more than 3 per cent above what is allowed there.
#
# Counts are compared only where rustc and valgrind are those that the file names: other compilers give other numbers.
set -euo pipefail
bin=$(realpath "$1")
profile=$2
record=${3-}
budget=$(cd "$(dirname "$0")" && pwd)/budget.toml
tolerance=3 # per cent
headroom=4  # per cent: what --record allows above what it counts

field() { sed -n "s/^$1 *= *\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" "$budget" | head -n 1; }
# allowed NAME: the number of that name in the profile's section.
allowed() {
    awk -v section="[$profile]" -v name="$1" '
        /^\[/ { inside = $0 == section }
        inside && $1 == name { gsub(/_/, "", $3); print $3 }' "$budget"
}
for tool in rustc valgrind; do
    have=$("$tool" --version | head -n 1)
    if [ "$have" != "$(field "$tool")" ] && [ -z "$record" ]; then
        echo "skipped: the budget was recorded with $(field "$tool"), here is $have"
        exit 0
    fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clean() {
    env -i PATH="$PATH" HOME="$work/home" LC_ALL=C TZ=UTC RAYON_NUM_THREADS=1 \
        GIT_CONFIG_GLOBAL="$work/home/.gitconfig" GIT_CONFIG_NOSYSTEM=1 \
        GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' "$@"
}
# text SEED LINES: ordinary looking code, the same everywhere.
text() {
    awk -v seed="$1" -v lines="$2" '
        function next_number() { seed = (seed * 1103515245 + 12345) % 2147483648; return int(seed / 65536) }
        function word() { return words[1 + next_number() % count] }
        BEGIN {
            count = split("value index count buffer user name token key password config request response parse read " \
                          "write open close path file line number result error state client server session header " \
                          "secret author length offset", words, " ")
            for (i = 0; i < lines; i++) {
                kind = next_number() % 6
                if (kind == 0) printf "    let %s_%s = %s(%s);\n", word(), word(), word(), word()
                if (kind == 1) printf "    // the %s of the %s is what the %s gives to the %s\n", word(), word(), word(), word()
                if (kind == 2) printf "    if %s.%s == %s.%s {\n        return %s;\n    }\n", word(), word(), word(), word(), word()
                if (kind == 3) printf "    %s: %s,\n", word(), word()
                if (kind == 4) printf "    self.%s.insert(\"%s-%s\", %d);\n", word(), word(), word(), next_number()
                if (kind == 5) printf "    %s = env::var(\"%s_%s\")\n", word(), toupper(word()), toupper(word())
            }
        }'
}

mkdir -p "$work/home" "$work/repo"
clean git config --global user.name Test
clean git config --global user.email test@example.com
clean git config --global pack.threads 1
cd "$work/repo"
clean git init -q -b main .
for dir in 0 1 2 3 4 5 6 7 8 9; do
    mkdir "dir$dir"
    for file in 0 1 2 3 4 5 6 7 8 9; do text "$dir$file" 60 >"dir$dir/file$file.rs"; done
done
clean git add .
clean git commit -q -m first
clean git repack -q -a -d
text 1000 2000 >"$work/input"

failed=0
# count NAME ARGS...: what a clean run of the binary costs.
count() {
    local name=$1 limit had
    shift
    clean valgrind --tool=callgrind --callgrind-out-file="$work/out" "$bin" "$@" <"$work/input" >"$work/said" 2>&1 ||
        { echo "$name: not clean:"; cat "$work/said"; exit 1; }
    had=$(sed -n 's/.*Collected *: *\([0-9]*\).*/\1/p' "$work/said")
    [ -n "$had" ] || { echo "$name: valgrind counted nothing:"; cat "$work/said"; exit 1; }
    if [ -n "$record" ]; then
        echo "$name = $((had * (100 + headroom) / 100))" >>"$work/recorded"
        return
    fi
    limit=$(allowed "$name")
    [ -n "$limit" ] || { echo "$name: not in $budget, section [$profile]"; exit 1; }
    printf '%-16s %12d instructions, allowed %12d: %d per cent\n' "$name" "$had" "$limit" $((had * 100 / limit))
    if [ $((had * 100)) -gt $((limit * (100 + tolerance))) ]; then
        echo "$name: over its budget. If the cost is worth it, say why in the commit and run:" \
            "benches/budget.sh BINARY $profile --record"
        failed=1
    fi
}
count nothing-staged scan --staged --quiet
for file in dir1/file3.rs dir4/file0.rs dir9/file9.rs; do text 5000 20 >>$file; done
clean git add .
count small-commit scan --staged --quiet
count stdin scan - --quiet

if [ -n "$record" ]; then
    other=$([ "$profile" = debug ] && echo release || echo debug)
    {
        sed '/^rustc\|^\[/,$d' "$budget"
        printf 'rustc = "%s"\nvalgrind = "%s"\n' "$(rustc --version)" "$(valgrind --version | head -n 1)"
        for section in debug release; do
            printf '\n[%s]\n' "$section"
            if [ "$section" = "$other" ]; then
                awk -v section="[$section]" '/^\[/ { inside = $0 == section; next } inside && NF' "$budget"
            else
                cat "$work/recorded"
            fi
        done
    } >"$work/budget"
    cp "$work/budget" "$budget"
    cat "$budget"
fi
exit $failed
