#!/usr/bin/env bash
# field.sh [OPTIONS] REPOSITORY...: times the whole binary on five workloads, each against git (or ripgrep) doing the bare
# work, run by run in pairs, and prints medians of CPU time, wall time and peak memory.
#
#   W1  3 files with 20 new lines each, staged        git diff --cached
#   W2  up to 2,000 files staged (at most 21 MB)      git diff --cached
#   W3  the last 500 commits                          git log -p -U0
#   W4  the whole history                             git cat-file --batch-all-objects --batch --unordered
#   W5  the tree as files, without .git               rg -c AKIA
#
#   --bin FILE     the binary                                 [target/release/shield-hook]
#   --only LIST    these workloads, such as W1,W5             [all]
#   --runs N       pairs of each                              [15; a tenth for W4]
#   --peers        also betterleaks, kingfisher, ripsecrets, gitleaks and detect-secrets, where they are on PATH
#   --chart FILE   write the ratios of the first repository as an SVG
#   --scaling      also what the cost depends on: repository size, bytes, cores
#
# Needs git and python3; ripgrep for W5 and GNU time for peak memory. Repositories are cloned first and never written to.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$here/../target/release/shield-hook
only=W1,W2,W3,W4,W5
runs=15
peers=
chart=
scaling=
repos=()
while [ $# -gt 0 ]; do
    case $1 in
    --bin) bin=$2; shift ;;
    --only) only=$2; shift ;;
    --runs) runs=$2; shift ;;
    --chart) chart=$(realpath -m "$2"); shift ;;
    --peers) peers=1 ;;
    --scaling) scaling=1 ;;
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0"; exit 0 ;;
    -*) echo "field.sh: unknown option $1 (--help shows all)" >&2; exit 3 ;;
    *) repos+=("$(realpath "$1")") ;;
    esac
    shift
done
[ ${#repos[@]} -gt 0 ] || { echo "field.sh: name a repository (--help shows all options)" >&2; exit 3; }
bin=$(realpath "$bin")
[ -x "$bin" ] || { echo "field.sh: no binary at $bin: cargo build --release" >&2; exit 3; }
command -v python3 >/dev/null || { echo "field.sh: python3 is needed to time" >&2; exit 3; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/home"
export HOME=$work/home GIT_CONFIG_GLOBAL=$work/home/.gitconfig GIT_CONFIG_NOSYSTEM=1 XDG_STATE_HOME=$work/state LC_ALL=C
git config --global user.name Test
git config --global user.email test@example.com
git config --global protocol.file.allow always
wants() { case ,$only, in *,"$1",*) return 0 ;; *) return 1 ;; esac; }
plan=$work/plan
: >"$plan"
# add REPOSITORY WORKLOAD DIR NAME COMMAND...: one more command of a workload; the first is what others are compared with.
add() { (IFS=$'\t'; printf '%s\n' "$*") >>"$plan"; }

for repo in "${repos[@]}"; do
    name=$(basename "$repo")
    # A mirror keeps its repository one level deeper.
    case $name in repo | .git) name=$(basename "$(dirname "$repo")") ;; esac
    at=$work/$name
    first=${first-$at/w1}
    mkdir -p "$at"
    git clone -q --no-hardlinks "$repo" "$at/w1"
    if wants W1; then
        # Three files, spread over the tree.
        git -C "$at/w1" ls-files -s | awk -F'\t' '$1 ~ /^100/ && $2 ~ /\.(rb|rs|c|py|js|ts|go|java)$/ { print $2 }' |
            awk '{ all[NR] = $0 } END { for (i = 1; i <= 3; i++) print all[int(NR * i / 4)] }' >"$at/three"
        while read -r file; do
            for line in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
                echo "// line $line explains how the value at place $line is used by those who call this" >>"$at/w1/$file"
            done
        done <"$at/three"
        git -C "$at/w1" add -u
        add "$name" W1 "$at/w1" git git diff --cached
        add "$name" W1 "$at/w1" shield-hook "$bin" scan --staged --quiet
        if [ -n "$peers" ]; then
            add "$name" W1 "$at/w1" betterleaks betterleaks git --staged .
            add "$name" W1 "$at/w1" gitleaks gitleaks git --staged .
            add "$name" W1 "$at/w1" kingfisher kingfisher scan --staged --no-validate --no-update-check --quiet .
            # shellcheck disable=SC2046 # three plain paths
            add "$name" W1 "$at/w1" ripsecrets ripsecrets $(cat "$at/three")
            # shellcheck disable=SC2046
            add "$name" W1 "$at/w1" detect-secrets detect-secrets scan --no-verify $(cat "$at/three")
        fi
    fi
    if wants W2 || wants W5; then
        mkdir "$at/w5"
        git -C "$at/w1" archive HEAD | tar x -C "$at/w5"
    fi
    if wants W2; then
        mkdir "$at/w2"
        (cd "$at/w5" && find . -type f -printf '%s\t%P\n') | sort -k2 | LC_ALL=C awk -F'\t' '
            { size[NR] = $1; path[NR] = $2 }
            END { for (i = 1; i <= NR && n < 2000; i++) if (sum + size[i] < 21000000) { sum += size[i]; n++; print path[i] } }' \
            >"$at/files"
        git -C "$at/w2" init -q
        git -C "$at/w2" commit -q --allow-empty -m first
        (cd "$at/w5" && tar c -T "$at/files") | tar x -C "$at/w2"
        git -C "$at/w2" add -f -A
        add "$name" W2 "$at/w2" git git diff --cached
        add "$name" W2 "$at/w2" shield-hook "$bin" scan --staged --quiet
        if [ -n "$peers" ]; then
            add "$name" W2 "$at/w2" betterleaks betterleaks git --staged .
            add "$name" W2 "$at/w2" gitleaks gitleaks git --staged .
            add "$name" W2 "$at/w2" kingfisher kingfisher scan --staged --no-validate --no-update-check --quiet .
            add "$name" W2 "$at/w2" ripsecrets ripsecrets .
        fi
    fi
    if wants W3; then
        from=$(git -C "$at/w1" rev-list --max-count=501 --first-parent HEAD | tail -n 1)
        add "$name" W3 "$at/w1" git git log -p -U0 "$from..HEAD"
        add "$name" W3 "$at/w1" shield-hook "$bin" scan --range "$from..HEAD" --quiet
        if [ -n "$peers" ]; then
            add "$name" W3 "$at/w1" betterleaks betterleaks git --log-opts="$from..HEAD" .
            add "$name" W3 "$at/w1" gitleaks gitleaks git --log-opts="$from..HEAD" .
            # Not kingfisher: its --since-commit reads every ref and the work tree, which is other work.
        fi
    fi
    if wants W4; then
        add "$name" W4 "$at/w1" git git cat-file --batch-all-objects --batch --unordered
        add "$name" W4 "$at/w1" shield-hook "$bin" scan --history --quiet
        if [ -n "$peers" ]; then
            add "$name" W4 "$at/w1" betterleaks betterleaks git .
            add "$name" W4 "$at/w1" gitleaks gitleaks git .
            add "$name" W4 "$at/w1" kingfisher kingfisher scan --no-validate --no-update-check --quiet .
        fi
    fi
    if wants W5; then
        if command -v rg >/dev/null; then
            add "$name" W5 "$at/w5" rg rg -c AKIA
            add "$name" W5 "$at/w5" shield-hook "$bin" scan --quiet
            if [ -n "$peers" ]; then
                add "$name" W5 "$at/w5" betterleaks betterleaks filesystem .
                add "$name" W5 "$at/w5" gitleaks gitleaks dir .
                add "$name" W5 "$at/w5" kingfisher kingfisher scan --no-validate --no-update-check --quiet .
                add "$name" W5 "$at/w5" ripsecrets ripsecrets .
                # Not detect-secrets: it takes minutes.
            fi
        else
            echo "W5 skipped: no rg (ripgrep) on PATH" >&2
        fi
    fi
done

if [ -n "$scaling" ]; then
    # Repository size at a fixed change: three files of 20 new lines in 100, 1,000 and 10,000.
    for count in 100 1000 10000; do
        at=$work/size-$count
        mkdir "$at"
        git -C "$at" init -q
        for ((i = 0; i < count; i++)); do
            dir=$at/d$((i / 100))
            [ $((i % 100)) -ne 0 ] || mkdir "$dir"
            printf 'int value_%d(void) { return %d; }\n' $i $i >"$dir/f$i.c"
        done
        git -C "$at" add -A
        git -C "$at" commit -q -m first
        git -C "$at" repack -q -a -d
        for i in 3 50 99; do
            for line in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo "int more_$line;" >>"$at/d0/f$i.c"; done
        done
        git -C "$at" add -u
        add "scaling" "$count files" "$at" git git diff --cached
        add "scaling" "$count files" "$at" shield-hook "$bin" scan --staged --quiet
    done
    # Bytes: one, four and sixteen copies of the first tree's code, at most 8 MB of it.
    mkdir "$work/bytes"
    git -C "$first" archive HEAD | tar x -C "$work/bytes"
    # What is cut off ends in a broken pipe, which is no failure.
    { find "$work/bytes" -type f -size -100k -print0 | sort -z | xargs -0 cat 2>/dev/null || true; } |
        head -c 8000000 >"$work/one"
    for copies in 1 4 16; do
        mkdir "$work/copies-$copies"
        for ((i = 0; i < copies; i++)); do cp "$work/one" "$work/copies-$copies/$i.txt"; done
        add "scaling" "$((copies * 8)) MB" "$work/copies-$copies" cat sh -c 'cat * >/dev/null'
        add "scaling" "$((copies * 8)) MB" "$work/copies-$copies" shield-hook "$bin" scan --quiet
    done
    # Cores: the same 64 MB as files on one thread and on all.
    mkdir "$work/cores"
    for i in 1 2 3 4 5 6 7 8; do split -b 50000 -d -a 4 "$work/one" "$work/cores/$i-"; done
    for threads in 1 2; do
        add "scaling" "$threads threads" "$work/cores" cat sh -c 'cat * >/dev/null'
        add "scaling" "$threads threads" "$work/cores" shield-hook env RAYON_NUM_THREADS=$threads "$bin" scan --quiet
    done
fi

python3 "$here/field.py" "$plan" "$runs" "$chart"
