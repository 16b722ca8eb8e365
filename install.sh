#!/bin/sh
# Installs shield-hook for you, adds its hooks to the current git repository, and proves that they work.
#
#   ./install.sh [--build] [--with-rust] [--bin DIR] [--no-hooks]
#
#   --build       build the program, also where packaging/release names a released one for this machine
#   --with-rust   get Rust first if cargo is missing or too old
#   --bin DIR     install the program in DIR (default: ~/.local/bin, or cargo's own directory if only that is in PATH)
#   --no-hooks    install only the program
#
# A released program takes seconds. A build takes 2 to 8 minutes the first time, 2 GB of memory and 1 GB of disk. The manual
# and the completions for bash, zsh and fish go below ~/.local/share. Needs no terminal. Downloads are verified by checksum
# before they run. To undo it: `shield-hook uninstall` in the repository, then remove the files that were named.
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
released=yes
bin=
while [ $# -gt 0 ]; do
	case $1 in
	--build) released=no ;;
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
# shellcheck source=packaging/download.sh
. "$source_dir/packaging/download.sh"
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT INT TERM
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
	say "getting Rust from $from"
	if ! download "$from" "$temporary/rustup-init" || ! download "$from.sha256" "$temporary/sha256"; then
		fail "Rust cannot be downloaded" "install Rust $needed or later: https://rustup.rs"
	fi
	expected=$(cut -d ' ' -f 1 "$temporary/sha256")
	[ "$(sha256 "$temporary/rustup-init")" = "$expected" ] || fail "the checksum of rustup-init does not match, so it was not run"
	chmod +x "$temporary/rustup-init"
	"$temporary/rustup-init" -y --profile minimal --no-modify-path
}

# Builds the program from the checkout; its path is then in $built.
build() {
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

	say "building with $cargo $version: 2 to 8 minutes the first time"
	log=$temporary/log
	"$cargo" build --release --locked --manifest-path "$source_dir/Cargo.toml" --message-format json-render-diagnostics >"$log"
	built=$(sed -n 's/.*"executable":"\(.*shield-hook\(\.exe\)\{0,1\}\)".*/\1/p' "$log" | tail -n 1 | sed 's/\\\\/\\/g; s/\\"/"/g')
	[ -f "$built" ] || fail "cargo reported no program"
}

built=
if [ "$released" = yes ]; then
	code=0
	sh "$source_dir/packaging/fetch.sh" "$temporary/released" || code=$?
	case $code in
	0)
		built=$temporary/released/bin/shield-hook
		[ -f "$built" ] || built=$built.exe
		say "the released program has the hash that this checkout names: nothing is built"
		;;
	3) ;;
	*) fail "the released program was not installed" "./install.sh --build builds it instead" ;;
	esac
fi
[ -n "$built" ] || build

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

# Where the shells and man look for what a user has installed.
data=${XDG_DATA_HOME:-$HOME/.local/share}
mkdir -p "$data/man/man1" "$data/bash-completion/completions" "$data/zsh/site-functions" "$data/fish/vendor_completions.d"
"$program" man --dir "$data/man/man1"
"$program" completions bash >"$data/bash-completion/completions/shield-hook"
"$program" completions zsh >"$data/zsh/site-functions/_shield-hook"
"$program" completions fish >"$data/fish/vendor_completions.d/shield-hook.fish"
say "installed the manual and the completions for bash, zsh and fish below $data"
shell=${SHELL:-sh}
shell=${shell##*/}
if [ "$shell" = zsh ]; then
	say "for completions in zsh, add to ~/.zshrc, before compinit: fpath=($data/zsh/site-functions \$fpath)"
fi

# The line that adds a directory to PATH, and the file that it belongs in.
path_advice() {
	case $shell in
	zsh) say "  add to ~/.zshrc: export PATH=\"$1:\$PATH\"" ;;
	fish) say "  run once: fish_add_path \"$1\"" ;;
	bash) say "  add to ~/.bashrc: export PATH=\"$1:\$PATH\"" ;;
	*) say "  add to ~/.profile: export PATH=\"$1:\$PATH\"" ;;
	esac
}
if ! in_path "$bin"; then
	say "$bin is not in your PATH. The hooks find the program anyway; to type its name:"
	path_advice "$bin"
fi

[ "$hooks" = yes ] || exit 0
cd "$here"
if ! git rev-parse --git-dir >/dev/null 2>&1; then
	say "$here is in no git repository. To add the hooks, run in one: $program install && $program canary"
	exit 0
fi
"$program" install
"$program" canary
