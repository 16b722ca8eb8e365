# Both hooks get the same standard input. Ours runs first, so that a hook uploads nothing for a refused push.
if ! has_chained; then
	find_binary
	exec "$binary" hook "$hook" "$@"
fi
find_binary
input=$(cat && echo .) || exit 2
input=${input%.}
{ printf '%s' "$input" 2>/dev/null; } | "$binary" hook "$hook" "$@" || exit
{ printf '%s' "$input" 2>/dev/null; } | "$chained" "$@"
