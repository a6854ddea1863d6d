# shellcheck shell=bash disable=SC2154
# How an image is made here: directories become layers, layers become an OCI layout. Sourced by build.sh,
# which says where blobs and layouts are kept ($blobs, $layouts).
#
# Everything is reproducible: sorted names, fixed times, numeric owners, no gzip name. A layer is made once per directory.

# put ROOT FROM TO [MODE]: one file into a root, with the shared libraries it is linked with.
put() {
    local root=$1 from=$2 to=$3 mode=${4:-0755} library
    install -D -m "$mode" "$from" "$root$to"
    # ldd of a static program fails: nothing to bring along
    while read -r library; do
        [ -e "$root$library" ] || install -D -m 0755 "$library" "$root$library"
    done < <(ldd "$from" 2>/dev/null | grep -oE '/[^ ]+' || true)
}

# write ROOT PATH: standard input into a file of a root.
write() {
    mkdir -p "$(dirname "$1$2")"
    cat >"$1$2"
    chmod 0644 "$1$2"
}

# layer DIR: tars and compresses DIR once, with gzip or as PACKER says, and prints "DIFFID DIGEST SIZE"; the blob is kept in $blobs.
layer() {
    local dir=$1 tar=$1.tar packed=$1.${PACKER:-gzip}
    if [ ! -e "$packed.layer" ]; then
        tar --sort=name --mtime=@1700000000 --numeric-owner --owner=0 --group=0 --format=gnu -C "$dir" -cf "$tar" .
        local diff digest
        diff=$(sha256sum <"$tar" | cut -d' ' -f1)
        case ${PACKER:-gzip} in
        gzip) gzip -nc "${GZIP_LEVEL:--6}" "$tar" >"$packed" ;;
        zstd) zstd -q -3 -c "$tar" >"$packed" ;;
        esac
        digest=$(sha256sum <"$packed" | cut -d' ' -f1)
        printf '%s %s %s\n' "$diff" "$digest" "$(stat -c %s "$packed")" >"$packed.layer.new"
        mkdir -p "$blobs"
        mv "$packed" "$blobs/$digest"
        rm "$tar"
        mv "$packed.layer.new" "$packed.layer"
    fi
    cat "$packed.layer"
}

# blob: keeps standard input as a blob and prints "DIGEST SIZE".
blob() {
    local file digest
    file=$(mktemp "$blobs/new.XXXXXX")
    cat >"$file"
    digest=$(sha256sum <"$file" | cut -d' ' -f1)
    printf '%s %s\n' "$digest" "$(stat -c %s "$file")"
    mv "$file" "$blobs/$digest"
}

# image NAME CONFIG DIR...: makes the layout $layouts/NAME of the layers DIR... and the JSON object CONFIG.
image() {
    local name=$1 config=$2 layers='[]' diffs='[]' diff digest size dir
    shift 2
    mkdir -p "$blobs"
    for dir; do
        read -r diff digest size < <(layer "$dir")
        diffs=$(jq -c --arg d "sha256:$diff" '. + [$d]' <<<"$diffs")
        layers=$(jq -c --arg d "sha256:$digest" --argjson s "$size" --arg packer "${PACKER:-gzip}" \
            '. + [{mediaType: "application/vnd.oci.image.layer.v1.tar+\($packer)", digest: $d, size: $s}]' <<<"$layers")
    done
    read -r digest size < <(jq -cnS --argjson config "$config" --argjson diffs "$diffs" \
        '{architecture: "amd64", os: "linux", created: "2023-11-14T22:13:20Z", config: $config,
          rootfs: {type: "layers", diff_ids: $diffs}}' | blob)
    read -r digest size < <(jq -cnS --arg d "sha256:$digest" --argjson s "$size" --argjson layers "$layers" \
        '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
          config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $d, size: $s}, layers: $layers}' | blob)
    local layout=$layouts/$name
    rm -rf "$layout"
    mkdir -p "$layout"
    ln -s ../../blobs "$layout/blobs"
    printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
    jq -cn --arg d "sha256:$digest" --argjson s "$size" \
        '{schemaVersion: 2, manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $d, size: $s,
          annotations: {"org.opencontainers.image.ref.name": "latest"}}]}' >"$layout/index.json"
}
