#!/usr/bin/env bash
# Serves Odoo in the container; the first time, it makes the database with the addons.
set -euo pipefail

here="$(dirname "$0")"
database="${ODOO_DATABASE:-odoo}"
building="$database-building"

# Odoo, its commands and PostgreSQL's all read these; HOST, PORT, USER, PASSWORD and
# PASSWORD_FILE are the names that the official image has for them.
if [[ -n "${PASSWORD_FILE:-}" ]]; then
    PASSWORD="$(<"$PASSWORD_FILE")"
fi
export PGHOST="${PGHOST:-${HOST:-db}}"
export PGPORT="${PGPORT:-${PORT:-5432}}"
export PGUSER="${PGUSER:-${USER:-odoo}}"
export PGPASSWORD="${PGPASSWORD:-${PASSWORD:-odoo}}"

for _ in {1..60}; do
    pg_isready --quiet && break
    sleep 1
done

# The database gets its name when it is complete: an interrupted start begins anew.
found="$(psql --dbname=postgres --no-align --tuples-only --set=name="$database" \
    <<<"SELECT 1 FROM pg_database WHERE datname = :'name'")"
if [[ -z "$found" ]]; then
    mapfile -t modules <"$here/modules.txt"
    echo "Making the database $database with ${modules[*]} …"
    odoo db init "$building" --force --password="${ADMIN_PASSWORD:?names the password of the user admin}" \
        ${WITH_DEMO:+--with-demo}
    odoo module install --database "$building" "${modules[@]}"
    odoo db rename "$building" "$database"
fi

exec odoo --database "$database" --http-interface 0.0.0.0 "$@"
