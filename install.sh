#!/bin/sh
# Builds shield-hook, installs it for you, adds its hooks to the current git repository, and proves that they work.
#
#   ./install.sh [--with-rust] [--bin DIR] [--no-hooks]
#
#   --with-rust   get Rust first if cargo is missing or too old
#   --bin DIR     install the program in DIR (default: ~/.local/bin, or cargo's own directory if only that is in PATH)
#   --no-hooks    install only the program
#
# Needs no terminal. Downloads are verified by checksum before they run.
set -eu

usage() {
	sed -n '2,/^$/s/^# \{0,1\}//p' "$0" | sed '/^set /d'
}

say() {
	printf 'install.sh: %s\n' "$*"
}

fail() {
	printf 'install.sh: error: %s\n' "$1" >&2
	shift
	for line in "$@"; do
		printf '  help: %s\n' "$line" >&2
	done
	exit 2
}

with_rust=no
hooks=yes
bin=
while [ $# -gt 0 ]; do
	case $1 in
	--with-rust) with_rust=yes ;;
	--no-hooks) hooks=no ;;
	--bin)
		[ $# -gt 1 ] || fail "--bin needs a directory"
		bin=$2
		shift
		;;
	-h | --help)
		usage
		exit 0
		;;
	*) fail "unknown option $1" "./install.sh --help" ;;
	esac
	shift
done

here=$PWD
case $0 in
*/*) source_dir=$(CDPATH='' cd -- "${0%/*}" && pwd) ;;
*) source_dir=$here ;;
esac
[ -f "$source_dir/Cargo.toml" ] || fail "$source_dir contains no Cargo.toml" "run install.sh from a complete checkout"
needed=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' "$source_dir/Cargo.toml")
cargo_home=${CARGO_HOME:-$HOME/.cargo}

# The cargo in PATH, or the one that rustup installs outside of it.
find_cargo() {
	cargo=$(command -v cargo 2>/dev/null) || cargo=
	[ -n "$cargo" ] || [ ! -x "$cargo_home/bin/cargo" ] || cargo=$cargo_home/bin/cargo
	version=
	[ -z "$cargo" ] || version=$("$cargo" --version 2>/dev/null | sed -n 's/^cargo \([0-9]*\.[0-9]*\).*/\1/p')
}

# Succeeds if version $1 is at least $2, by the first two numbers.
at_least() {
	[ -n "$1" ] || return 1
	[ "${1%%.*}" -gt "${2%%.*}" ] && return 0
	[ "${1%%.*}" -eq "${2%%.*}" ] || return 1
	a=${1#*.} b=${2#*.}
	[ "${a%%.*}" -ge "${b%%.*}" ]
}

download() {
	if command -v curl >/dev/null 2>&1; then
		curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --output "$2" "$1"
	elif command -v wget >/dev/null 2>&1; then
		wget --quiet --https-only --output-document="$2" "$1"
	else
		fail "Rust cannot be downloaded: neither curl nor wget is installed" "install Rust $needed or later: https://rustup.rs"
	fi
}

sha256() {
	if command -v sha256sum >/dev/null 2>&1; then
		sha256sum "$1" | cut -d ' ' -f 1
	else
		shasum -a 256 "$1" | cut -d ' ' -f 1
	fi
}

# Downloads rustup's own installer, verifies its checksum, and runs it.
get_rust() {
	if command -v rustup >/dev/null 2>&1; then
		rustup toolchain install stable --profile minimal --no-self-update
		rustup default stable
		return
	fi
	case $(uname -s) in
	Linux) system=unknown-linux-gnu ;;
	Darwin) system=apple-darwin ;;
	*) fail "install.sh cannot get Rust for this operating system" "install Rust $needed or later: https://rustup.rs" ;;
	esac
	case $(uname -m) in
	x86_64 | amd64) triple=x86_64-$system ;;
	aarch64 | arm64) triple=aarch64-$system ;;
	*) fail "install.sh cannot get Rust for this processor" "install Rust $needed or later: https://rustup.rs" ;;
	esac
	# Systems with musl, such as Alpine, have a loader of that name.
	if [ "$system" = unknown-linux-gnu ] && ls /lib/ld-musl-* >/dev/null 2>&1; then
		triple=${triple%-gnu}-musl
	fi
	from=https://static.rust-lang.org/rustup/dist/$triple/rustup-init
	temporary=$(mktemp -d)
	trap 'rm -rf "$temporary"' EXIT INT TERM
	say "getting Rust from $from"
	download "$from" "$temporary/rustup-init"
	download "$from.sha256" "$temporary/sha256"
	expected=$(cut -d ' ' -f 1 "$temporary/sha256")
	[ "$(sha256 "$temporary/rustup-init")" = "$expected" ] || fail "the checksum of rustup-init does not match, so it was not run"
	chmod +x "$temporary/rustup-init"
	"$temporary/rustup-init" -y --profile minimal --no-modify-path
}

find_cargo
if ! at_least "$version" "$needed"; then
	reason="cargo is missing"
	[ -z "$cargo" ] || reason="$cargo is version ${version:-unknown}, and $needed is needed"
	[ "$with_rust" = yes ] || fail "$reason" \
		"get Rust $needed or later: run ./install.sh --with-rust, or see https://rustup.rs"
	say "$reason"
	get_rust
	PATH=$cargo_home/bin:$PATH
	export PATH
	find_cargo
	at_least "$version" "$needed" || fail "the new cargo was not found, or is older than $needed" "open a new shell, and run this again"
fi

# The program reports how to build it again, by a public address and a commit that is published there.
origin=$(git -C "$source_dir" remote get-url origin 2>/dev/null) || origin=
case $origin in
*@*) ;;
https://*)
	if [ -z "$(git -C "$source_dir" status --porcelain 2>/dev/null)" ] &&
		[ -n "$(git -C "$source_dir" branch --remotes --list 'origin/*' --contains HEAD 2>/dev/null)" ]; then
		SHIELD_HOOK_SOURCE=${SHIELD_HOOK_SOURCE-$origin}
		SHIELD_HOOK_REVISION=${SHIELD_HOOK_REVISION-$(git -C "$source_dir" rev-parse HEAD)}
		export SHIELD_HOOK_SOURCE SHIELD_HOOK_REVISION
	fi
	;;
esac

say "building with $cargo $version"
log=$(mktemp)
trap 'rm -rf "$log" ${temporary:+"$temporary"}' EXIT INT TERM
"$cargo" build --release --locked --manifest-path "$source_dir/Cargo.toml" --message-format json-render-diagnostics >"$log"
built=$(sed -n 's/.*"executable":"\(.*shield-hook\(\.exe\)\{0,1\}\)".*/\1/p' "$log" | tail -n 1 | sed 's/\\\\/\\/g; s/\\"/"/g')
[ -f "$built" ] || fail "cargo reported no program"

in_path() {
	case :$PATH: in
	*:"$1":*) return 0 ;;
	esac
	return 1
}
if [ -z "$bin" ]; then
	bin=$HOME/.local/bin
	if ! in_path "$bin" && in_path "$cargo_home/bin"; then
		bin=$cargo_home/bin
	fi
fi
mkdir -p "$bin"
bin=$(CDPATH='' cd -- "$bin" && pwd)
case $built in
*.exe) program=$bin/shield-hook.exe ;;
*) program=$bin/shield-hook ;;
esac
# A running program cannot be overwritten, but it can be replaced.
cp "$built" "$program.new"
chmod 755 "$program.new"
mv -f "$program.new" "$program"
say "installed $program ($("$program" --version))"
in_path "$bin" || say "note: $bin is not in your PATH; the hooks find the program anyway"

[ "$hooks" = yes ] || exit 0
cd "$here"
if ! git rev-parse --git-dir >/dev/null 2>&1; then
	say "$here is in no git repository. To add the hooks, run in one: $program install && $program canary"
	exit 0
fi
"$program" install
"$program" canary
