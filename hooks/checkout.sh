# Git leaves the update of the work tree to this hook if it exists, so this does the same as git without one.
has_chained && exec "$chained" "$@"
head=$(git rev-parse -q --verify HEAD) || head=$(git hash-object -t tree /dev/null)
git update-index -q --ignore-submodules --refresh
if ! git diff-files --quiet --ignore-submodules -- || ! git diff-index --quiet --cached --ignore-submodules "$head" --; then
	echo "the work tree has changes that are not committed" >&2
	exit 1
fi
exec git read-tree -u -m "$head" "$1"
