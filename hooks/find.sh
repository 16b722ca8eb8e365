# Finds the program: first where it was when this was written, then in PATH. Without it nothing can be checked, so
# the operation stops. One without a byte (the disk was full when it was put there) would run as a script that says yes.
find_binary() {
	[ -f "$binary" ] && [ -x "$binary" ] && [ -s "$binary" ] && return
	binary=$(command -v shield-hook) && [ -s "$binary" ] && return
	echo "shield-hook: error: $hook: the shield-hook program is missing, so nothing was checked and this is stopped" >&2
	echo "  help: install it again (@INSTALL@), then run: shield-hook install" >&2
	exit 2
}
