# The previous hook runs first, since it may change the commit.
if has_chained; then
	"$chained" "$@"
	status=$?
	[ "$status" -eq 0 ] || [ "$hook" = post-commit ] || exit "$status"
fi
find_binary
exec "$binary" hook "$hook" "$@"
