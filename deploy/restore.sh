#!/bin/sh
# Brings an event back on a machine where nothing is but the program (deploy/README.md, step 1, or
# install.sh of the bundle) and PostgreSQL: ./restore.sh COPY, with DATABASE_URL and CONNECTATHON_DATA as
# the servers are to have them. COPY is a folder that `connectathon data backup` wrote.
#
# The database is made when it is not there, and must be empty. Nothing is put over what is there.
set -eu
copy=${1:?which folder? ./restore.sh COPY}
: "${DATABASE_URL:?is not set}" "${CONNECTATHON_DATA:?is not set}"
program=${CONNECTATHON:-/opt/connectathon/bin/connectathon}
begun=$(date +%s)

place=${DATABASE_URL%%\?*}
options=${DATABASE_URL#"$place"}
if ! psql --quiet --no-password "$DATABASE_URL" --command "" 2>/dev/null; then
    createdb --no-password --maintenance-db="${place%/*}/postgres$options" "${place##*/}"
fi
# looks at the audit log and at every body afterwards
"$program" data restore "$copy" --data "$CONNECTATHON_DATA"
# what was played then goes on with the first server or worker
"$program" jobs --data "$CONNECTATHON_DATA"
echo "restored in $(($(date +%s) - begun)) s; now start the servers: systemctl enable --now connectathon@8401"
