#!/bin/sh
# Puts the program on the search path of the steps that follow: the released one, checked by the hash that the checkout $1
# names, or one that is built from it.
set -eu
source=$1
target=${RUNNER_TEMP:-${TMPDIR:-/tmp}}/shield-hook-build
bin=$target/released/bin
code=0
sh "$source/packaging/fetch.sh" "$target/released" || code=$?
if [ "$code" = 3 ]; then
    if ! command -v cargo >/dev/null 2>&1; then
        echo "shield-hook: this revision names no release for this runner, and cargo is missing to build it: add a step that" \
            "installs Rust before this one" >&2
        exit 2
    fi
    cargo build --release --locked --manifest-path "$source/Cargo.toml" --target-dir "$target"
    bin=$target/release
elif [ "$code" != 0 ]; then
    exit "$code"
fi
if [ -n "${GITHUB_PATH:-}" ]; then
    echo "$bin" >>"$GITHUB_PATH"
fi
