#!/bin/sh
# OpenSSL: libcrypto and libssl of a TLS 1.2 and 1.3 client that also makes and
# reads RSA keys. No provider, engine or configuration file is loaded at run time,
# and only the ciphers that TLS and key files need are built.
set -eu

# Nor AES-GCM on AVX-512: 700 KB that a few API calls never repay, and no option
# leaves it out. This takes the branch for assemblers too old for it.
# shellcheck disable=SC2016 # perl's variable
sed -i 's/^if (\$avx512vaes *> *0)/if (0)/' crypto/modes/asm/aes-gcm-avx512.pl

without() { printf 'no-%s ' "$@"; }

# --prefix and --openssldir become strings in the library: nothing of this machine.
# shellcheck disable=SC2046 # a list of words
./Configure "linux-$ARCH" --prefix=/usr --libdir=lib --openssldir=/etc/ssl \
	$(without pic shared dso module engine legacy autoload-config deprecated) \
	$(without tests apps docs ui-console comp http ocsp quic) \
	$(without ssl3 tls1 tls1_1 dtls srp srtp psk nextprotoneg multiblock) \
	$(without ct ts cms cmp rfc3779 ml-dsa slh-dsa ec2m tls-deprecated-ec) \
	$(without aria bf blake2 camellia cast des dsa gost idea md4 mdc2 ocb rc2 rc4 rc5) \
	$(without integrity-only-ciphers argon2 rmd160 scrypt seed siphash siv sm2 sm3 sm4 whirlpool) \
	CC="$CC" AR="$AR" RANLIB="$RANLIB" CFLAGS="$CFLAGS"
make -j"$JOBS" build_libs

cp libcrypto.a libssl.a "$PREFIX/lib/"
cp -r include/openssl "$PREFIX/include/"
cp LICENSE.txt "$PREFIX/licenses/openssl"
