#!/bin/sh
# Builds the image without a daemon and without a registry of images: ./image.sh [FOLDER]. A base is made of
# Debian's packages (mmdebstrap), and buildah builds the Dockerfile on it; both as root. The archive in FOLDER
# is what `docker load` and `podman load` take.
set -eu
cd "$(dirname "$0")/.."
folder=${1:-out/image}
suite=${SUITE:-bookworm}
# what lets pip reach its index here, where this machine needs something for it
certificates=/etc/ssl/certs/ca-certificates.crt
mkdir -p "$folder"

store="--storage-driver vfs --root $folder/store --runroot $folder/running"
if [ ! -s "$folder/base.tar" ]; then
    mmdebstrap --quiet --mode=root --variant=minbase --include=python3,python3-venv,ca-certificates \
        "$suite" "$folder/base.tar"
fi
# shellcheck disable=SC2086  # several words each
container=$(buildah $store from scratch)
# shellcheck disable=SC2086
buildah $store add --quiet "$container" "$folder/base.tar" /
# shellcheck disable=SC2086
buildah $store commit --quiet --rm "$container" localhost/connectathon-base
# shellcheck disable=SC2086
buildah $store bud --isolation chroot --format docker --build-arg BASE=localhost/connectathon-base \
    --volume "$certificates:$certificates:ro" --file deploy/Dockerfile --tag connectathon .
rm -f "$folder/connectathon.tar"
# shellcheck disable=SC2086
buildah $store push --quiet connectathon "docker-archive:$folder/connectathon.tar:connectathon"
ls -l "$folder/connectathon.tar"
