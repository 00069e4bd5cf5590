#!/bin/sh
# libcurl: HTTP and HTTPS with SigV4, and nothing else. No path to CA certificates
# is built in: distributions differ, the program looks for them at run time.
set -eu

without() { printf -- '--without-%s ' "$@"; }
disable() { printf -- '--disable-%s ' "$@"; }

# shellcheck disable=SC2046 # a list of words
PKG_CONFIG=false LDFLAGS=-static ./configure --host="$ARCH-linux-musl" --prefix=/usr \
	--enable-static --with-openssl --enable-http --enable-aws --enable-threaded-resolver --enable-ipv6 \
	$(disable shared dependency-tracking docs manual libcurl-option) \
	$(disable dict file ftp gopher imap ipfs ldap ldaps mqtt pop3 rtsp smb smtp telnet tftp websockets) \
	$(disable basic-auth bearer-auth digest-auth kerberos-auth negotiate-auth ntlm tls-srp) \
	$(disable alt-svc cookies dateparse doh form-api hsts mime netrc progress-meter) \
	$(disable ca-search unix-sockets openssl-auto-load-config) \
	$(without ca-bundle ca-path ca-fallback zlib brotli zstd libpsl libidn2 libssh2 librtmp nghttp2 libgsasl)
make -j"$JOBS" -C lib libcurl.la

cp lib/.libs/libcurl.a "$PREFIX/lib/"
mkdir "$PREFIX/include/curl"
cp include/curl/*.h "$PREFIX/include/curl/"
cp COPYING "$PREFIX/licenses/curl"
