#!/bin/sh
# jansson: JSON. Debian's tarball has no configure script, and a C11 compiler on
# Linux leaves nothing to find out: its answers are written here.
set -eu
cd src

sed -e 's/@json_inline@/inline/' -e 's/@json_have_[a-z_]*@/1/' jansson_config.h.in >jansson_config.h
for feature in STDINT_H UNISTD_H FCNTL_H SCHED_H SYS_STAT_H SYS_TIME_H SYS_TYPES_H \
	OPEN CLOSE READ GETTIMEOFDAY GETPID SCHED_YIELD ATOMIC_BUILTINS LOCALE_H LOCALECONV; do
	echo "#define HAVE_$feature 1"
done >jansson_private_config.h
echo '#define USE_URANDOM 1' >>jansson_private_config.h

# shellcheck disable=SC2086 # a list of words
$CC $CFLAGS -I. -DHAVE_CONFIG_H -c ./*.c
$AR rcs "$PREFIX/lib/libjansson.a" ./*.o
cp jansson.h jansson_config.h "$PREFIX/include/"
cp ../LICENSE "$PREFIX/licenses/jansson"
