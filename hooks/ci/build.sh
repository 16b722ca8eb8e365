#!/bin/sh
# Builds the binary from the source directory $1, and puts it on the search path of the steps that follow.
set -eu
source=$1
target=${RUNNER_TEMP:-${TMPDIR:-/tmp}}/shield-hook-build
if ! command -v cargo >/dev/null 2>&1; then
    echo "shield-hook: cargo is missing on this runner: add a step that installs Rust before this one" >&2
    exit 2
fi
cargo build --release --locked --manifest-path "$source/Cargo.toml" --target-dir "$target"
if [ -n "${GITHUB_PATH:-}" ]; then
    echo "$target/release" >>"$GITHUB_PATH"
fi
