#!/usr/bin/env bash
# A month's end at the command line, on the made-up company of `demo --serve`. With your own keys the first part falls away.
set -euo pipefail

folder=$(mktemp -d)
brex-rillet demo --serve --records "${RECORDS:-25}" --settings "$folder/settings.toml" > "$folder/told" &
server=$!
trap 'kill -INT "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$folder"' EXIT
until grep -q "^brex-rillet check" "$folder/told"; do
    kill -0 "$server"
    sleep 0.2
done
eval "$(grep '^export' "$folder/told")"

told() {
    # Exit status 1 says that something is left for a person, as at every month's end.
    brex-rillet "$@" --settings "$folder/settings.toml" || [ $? -eq 1 ]
}

told check
told plan --journal "$folder/export.db"
told export --journal "$folder/export.db"
told verify --journal "$folder/export.db"
told reconcile --period 2026-10 --journal "$folder/export.db"
