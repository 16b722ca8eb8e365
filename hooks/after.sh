# The hook that was here runs first: it may change what is about to be recorded.
if has_chained; then
	"$chained" "$@"
	status=$?
	[ "$status" -eq 0 ] || [ "$hook" = post-commit ] || exit "$status"
fi
find_binary
exec "$binary" hook "$hook" "$@"
