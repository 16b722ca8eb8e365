# core.hooksPath leads here and git uses no other directory, so this runs the repository's own hook.
if [ -n "${GIT_DIR-}" ]; then
	own=$GIT_DIR
elif [ -d .git ]; then
	own=.git
else
	# A repository under construction has no hooks of its own.
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
	# The repository has our hook itself, which runs the previous one.
	case $mark in
	'# shield-hook '*) exec "$chained" "$@" ;;
	esac
fi
