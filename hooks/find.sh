# Finds the program: first under the path it had at installation, then in PATH. Without it the operation stops, since
# nothing can be checked. An empty file (from a full disk) would run as a script that succeeds, so it does not count.
find_binary() {
	[ -f "$binary" ] && [ -x "$binary" ] && [ -s "$binary" ] && return
	binary=$(command -v shield-hook) && [ -s "$binary" ] && return
	echo "shield-hook: error: $hook: the shield-hook program is missing, so nothing was checked and this is stopped" >&2
	echo "  help: install it again (@INSTALL@), then run: shield-hook install" >&2
	exit 2
}
