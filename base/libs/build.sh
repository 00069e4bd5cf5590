#!/bin/sh
# Build the fetched sources into one static prefix: musl-gcc, headers, archives, licenses.
#
#   build.sh USED LOCK OUT
#
# USED is what fetch.sh printed, LOCK is sources.lock, OUT the folder of this build:
#   OUT/libs       becomes a link to the prefix,
#   OUT/flags      the compiler flags that tell the program what it is linked with.
# Both change only if the prefix does, so that objects depend on OUT/flags.
#
# Prefixes are cached in $CYGNET_CACHE/libs/KEY, KEY being a hash of everything they
# follow from: the sources, these scripts, the compiler, the kernel headers.
# ARCH is the machine built for, CROSS the prefix of its compiler's name.
set -eu

used=$1
lock=$2
out=$3
scripts=$(cd "$(dirname "$0")" && pwd)
export ARCH CROSS

# "package version" lines, in the order of fetch.sh: each may use those before it.
packages() { sed '/  /d' "$used"; }

key=$({
	echo "$ARCH"
	"${CROSS}gcc" --version
	"${CROSS}ld" --version
	echo LINUX_VERSION_CODE | "${CROSS}gcc" -E -P -include linux/version.h -
	cat "$used" "$scripts/build.sh"
	packages | while read -r package _; do cat "$scripts/$package.sh"; done
} | sha256sum | cut -c 1-16)
export PREFIX="$CYGNET_CACHE/libs/$key"

# Builds package $1, version $2, in $work by its script.
build() {
	echo "building $1 $2"
	dpkg-source --no-check -x "$CYGNET_CACHE/sources/$1_$2"/*.dsc "$work/$1" >"$work/$1.log" 2>&1 &&
		(cd "$work/$1" && sh "$scripts/$1.sh") >>"$work/$1.log" 2>&1 && return
	tail -n 40 "$work/$1.log" >&2
	echo "error: $1 $2 does not build: see above" >&2
	exit 1
}

# Builds the whole prefix; what an interrupted build left of it goes first.
prefix_build() {
	rm -rf "$PREFIX"
	mkdir -p "$PREFIX/licenses"
	work=$(mktemp -d "$CYGNET_CACHE/build.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' INT TERM HUP
	unset MAKEFLAGS MFLAGS MAKELEVEL CPPFLAGS LDFLAGS
	JOBS=$(nproc)
	export JOBS LC_ALL=C SOURCE_DATE_EPOCH=0 PATH="$PREFIX/bin:$PATH"
	export CC=musl-gcc AR="${CROSS}ar" RANLIB="${CROSS}ranlib"
	export CFLAGS='-Os -ffunction-sections -fdata-sections -fstack-protector-strong -fno-pie'
	packages | while read -r package version; do build "$package" "$version"; done
	touch "$PREFIX/.complete"
}

mkdir -p "$CYGNET_CACHE/libs" "$out"
exec 9>"$CYGNET_CACHE/libs/.lock"
flock 9
[ -e "$PREFIX/.complete" ] || prefix_build

state=unlocked
! sed '/^#/d' "$lock" | cmp -s - "$used" || state=locked
printf -- '-D%s=\\"%s\\"\n' CYGNET_SOURCES "$state" CYGNET_MUSL_VERSION "$(cat "$PREFIX/musl.version")" >"$out/flags.new"
if [ "$(readlink "$out/libs")" = "$PREFIX" ] && cmp -s "$out/flags.new" "$out/flags"; then
	rm "$out/flags.new"
else
	ln -sfn "$PREFIX" "$out/libs"
	mv "$out/flags.new" "$out/flags"
fi
