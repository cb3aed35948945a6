#!/bin/sh
# Builds the image without a daemon and without a registry of images: ./image.sh [FOLDER]. A base is made of
# Debian's packages (mmdebstrap), and buildah builds the Dockerfile on it; both as root. The archive in FOLDER
# is what `docker load` and `podman load` take. PIP_INDEX_URL names another index of packages.
set -eu
cd "$(dirname "$0")/.."
mkdir -p "${1:-out/image}"
folder=$(cd "${1:-out/image}" && pwd)
suite=${SUITE:-bookworm}
# of this machine, since it may reach the index through something that others vouch for
certificates=${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}

# layers are copied: overlays are not to be had in every container
in_store() {
    buildah --storage-driver vfs --root "$folder/store" --runroot "$folder/running" "$@"
}

# all images are made here: there is no signature to look for
policy=$folder/policy.json
printf '{"default": [{"type": "insecureAcceptAnything"}]}\n' > "$policy"
if [ ! -s "$folder/base.tar" ]; then
    mmdebstrap --quiet --mode=root --variant=minbase --include=python3,python3-venv,ca-certificates \
        "$suite" "$folder/unfinished.tar"
    mv "$folder/unfinished.tar" "$folder/base.tar"
fi
container=$(in_store from --signature-policy "$policy" scratch)
in_store add --quiet "$container" "$folder/base.tar" /
in_store commit --signature-policy "$policy" --quiet --rm "$container" localhost/connectathon-base
in_store bud --isolation chroot --signature-policy "$policy" --format docker --layers=false \
    --build-arg BASE=localhost/connectathon-base --build-arg PIP_CERT=/authorities.crt \
    ${PIP_INDEX_URL:+--build-arg PIP_INDEX_URL="$PIP_INDEX_URL"} \
    --volume "$certificates:/authorities.crt:ro" --file deploy/Dockerfile --tag connectathon .
rm -f "$folder/connectathon.tar"
in_store push --signature-policy "$policy" --quiet connectathon \
    "docker-archive:$folder/connectathon.tar:connectathon"
in_store rmi --all --force > /dev/null
ls -l "$folder/connectathon.tar"
