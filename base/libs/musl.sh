#!/bin/sh
# musl: the C library. Static only, with musl-gcc, the wrapper that all else is
# compiled with. 1.2.4 or later, which asks DNS over TCP where an answer is long.
set -eu

CC=${CROSS}gcc ./configure --prefix="$PREFIX" --syslibdir="$PREFIX/lib" --target="$ARCH" \
	--disable-shared --enable-wrapper=gcc
make -j"$JOBS" AR="${CROSS}ar" RANLIB="${CROSS}ranlib" install
cp VERSION "$PREFIX/musl.version"
cp COPYRIGHT "$PREFIX/licenses/musl"

# The kernel's own headers come from the distribution; musl has none.
if [ -n "$CROSS" ]; then
	kernel="/usr/$ARCH-linux-gnu/include"
	ln -s "$kernel/asm" "$PREFIX/include/asm"
else
	kernel=/usr/include
	ln -s "/usr/include/$ARCH-linux-gnu/asm" "$PREFIX/include/asm"
fi
ln -s "$kernel/linux" "$kernel/asm-generic" "$PREFIX/include/"
