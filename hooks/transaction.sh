# Git runs this hook for every change of every ref. Only new values of branches and tags in the prepared step are checked;
# everything else (gc, fetch, stash, the steps of a rebase) passes without starting a program.
if [ "${1-}" != prepared ]; then
	has_chained && exec "$chained" "$@"
	exit 0
fi
input=$(cat && echo .) || exit 2
input=${input%.}
publishes() {
	case $3 in
	refs/heads/* | refs/tags/*) ;;
	*) return 1 ;;
	esac
	case $2 in
	"$1" | ref:*) return 1 ;;
	*[!0]*) ;;
	*) return 1 ;;
	esac
}
case $input in
*" refs/heads/"* | *" refs/tags/"*)
	while read -r old new ref; do
		publishes "$old" "$new" "$ref" || continue
		find_binary
		{ printf '%s' "$input" 2>/dev/null; } | "$binary" hook "$hook" "$@" || exit
		break
	done <<END
$input
END
	;;
esac
if has_chained; then
	{ printf '%s' "$input" 2>/dev/null; } | "$chained" "$@"
fi
