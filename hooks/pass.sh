# Only the repository's own hook runs here.
has_chained && exec "$chained" "$@"
exit 0
