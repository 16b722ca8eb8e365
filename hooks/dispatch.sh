# core.hooksPath leads here, so git looks at no other directory: the repository's own hook is run from here.
if [ -n "${GIT_DIR-}" ]; then
	own=$GIT_DIR
elif [ -d .git ]; then
	own=.git
else
	# A repository that is only being made has no hooks of its own.
	own=$(git rev-parse --git-dir 2>/dev/null) || own=/dev/null
fi
if [ -f "$own/commondir" ]; then
	read -r common <"$own/commondir"
	case $common in
	/* | [A-Za-z]:*) own=$common ;;
	*) own=$own/$common ;;
	esac
fi
chained=$own/hooks/$hook
if [ -f "$chained" ] && [ -x "$chained" ]; then
	{
		read -r mark
		read -r mark
	} <"$chained" 2>/dev/null
	# The repository has our hook itself: it runs whatever else there is.
	case $mark in
	'# shield-hook '*) exec "$chained" "$@" ;;
	esac
fi
