#!/bin/bash
# Makes the images of the acceptance tests from Debian packages, and pushes them.
#   make-images.sh REPOSITORY [PROGRAM...]    for example: make-images.sh 127.0.0.1:5000/acceptance redis nginx
# Pushes REPOSITORY/PROGRAM:1 for each program: nginx, memcached, python, postgresql and redis by default. Without a
# REPOSITORY (''), the images stay in the local storage of buildah and podman, as localhost/acceptance/PROGRAM:1.
# Needs root and buildah; debootstrap too, unless BASE names an image of Debian to start from.
# BUILDAH_ISOLATION=chroot helps where the machine is a container itself. SUITE is the release of Debian: stable by default.
set -eu
cd "$(dirname "$0")"
[ $# -ge 1 ] || { sed -n 's/^# \?//p' "$0" | sed 1d; exit 2; }
repository=$1
shift

if [ -z "${BASE:-}" ]; then
    BASE=localhost/acceptance/base:1
    if ! buildah images -q "$BASE" > /dev/null 2>&1; then
        folder=$(mktemp -d)
        trap 'rm -rf --one-file-system "$folder"' EXIT
        debootstrap --variant=minbase "${SUITE:-stable}" "$folder/root"
        rm -rf "$folder"/root/var/cache/apt/archives/*.deb "$folder"/root/var/lib/apt/lists/*
        container=$(buildah from scratch)
        buildah add -q "$container" "$folder/root" /
        buildah commit -q --rm "$container" "$BASE"
    fi
fi

[ $# -gt 0 ] || set -- nginx memcached python postgresql redis
for target in "$@"; do
    image=localhost/acceptance/$target:1
    buildah build -q --network host --format oci --build-arg "BASE=$BASE" --target "$target" --tag "$image" --file Containerfile .
    [ -z "$repository" ] || buildah push -q --tls-verify="${TLS_VERIFY:-true}" "$image" "docker://$repository/$target:1"
done
