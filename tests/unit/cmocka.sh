#!/bin/sh
# cmocka, built from Debian's source against musl, as the unit tests of a static binary need it.
#
#   cmocka.sh USED CC AR OUT
#
# USED is what base/libs/fetch.sh printed. OUT gets libcmocka.a and include/.
set -eu

cc=$2
ar=$3
out=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

read -r package version <"$1"
dpkg-source --no-check -x "$CYGNET_CACHE/sources/${package}_$version"/*.dsc "$work/source" >/dev/null
for answer in MALLOC_H INTTYPES_H SIGNAL_H STRINGS_H STRUCT_TIMESPEC CLOCK_REALTIME SIGLONGJMP STRSIGNAL \
	GCC_THREAD_LOCAL_STORAGE; do
	echo "#define HAVE_$answer 1"
done >"$work/config.h"
"$cc" -std=c99 -D_GNU_SOURCE -DHAVE_CONFIG_H -D_UINTPTR_T -O1 -w -I"$work" -I"$work/source/include" \
	-c -o "$work/cmocka.o" "$work/source/src/cmocka.c"

mkdir -p "$out/include"
cp "$work/source/include/cmocka.h" "$out/include/"
"$ar" rcs "$out/libcmocka.a" "$work/cmocka.o"
