#!/bin/sh
# Fetch the Debian source packages that a lock file names, such as sources.lock.
#
#   fetch.sh LOCK            their versions in LOCK, from the cache or else the archive
#   fetch.sh LOCK --newest   the newest of each, for 'make update-sources'
#
# SUITE names Debian's release that they are from, trixie unless it is set.
#
# Prints what was taken, in the format of the lock file without its comments:
# a line "package version", then one line "sha256  file" for each of its files.
# The files are left in $CYGNET_CACHE/sources/PACKAGE_VERSION/.
#
# Debian keeps no superseded versions, so a locked one may be gone within weeks:
# then the newest is taken, with a warning, and the output differs from LOCK.
# apt does the fetching and checks the archive's signatures. It runs on a
# configuration and a state of its own; the machine's own is only read, for
# its mirror and proxy.
set -eu
export LC_ALL=C

SUITE=${SUITE:-trixie}
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

sources=$CYGNET_CACHE/sources
mkdir -p "$sources"
exec 9>"$sources/.lock"
flock 9
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

warn() { echo "warning: $*" >&2; }
die() { echo "error: $*" >&2; exit 1; }

# The packages of LOCK; and what it says of package $1: its version, its "sha256  file" lines.
locked_packages() { awk 'NF && !/^#/ && !/  / { print $1 }' "$lock"; }
locked_version() { awk -v p="$1" '$1 == p { print $2 }' "$lock"; }
locked_files() { awk -v p="$1" '/^#/ { next } NF && !/  / { here = $1 == p; next } here' "$lock"; }

# The URI of the machine's own Debian mirror for the suite that matches pattern $1, if it
# has one. Where apt has no lists yet, the origin is unknown and the URI has to tell.
mirror() {
	# shellcheck disable=SC2016 # apt's variables, not the shell's
	apt-get indextargets --format '$(RELEASE) $(ORIGIN) $(REPO_URI)' |
		awk -v suite="$1" '
			$1 ~ suite && ($2 == "Debian" || $2 ~ /ORIGIN/ && $3 ~ /debian/) { uri = $3; exit }
			END { print uri }'
}

# An entry of sources.list(5): the source packages of suite $2 at URI $1.
sources_entry() {
	printf '%s\n' "Types: deb-src" "URIs: $1" "Suites: $2" "Components: main" "Signed-By: $KEYRING" ""
}

# The private apt: deb-src of both suites, the security one first, so that of
# two equal versions it is asked for its copy.
apt_prepare() {
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	main=$(mirror "^($codename|stable|oldstable)$")
	security=$(mirror "^($codename|stable|oldstable)-security$")
	test -n "$main" || die "apt has no Debian archive among its sources"
	mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial"
	{
		test -z "$security" || sources_entry "$security" "$SUITE-security"
		sources_entry "$main" "$SUITE"
	} >"$work/trixie.sources"
	cat >"$work/apt.conf" <<-EOF
		Dir::State "$work/state";
		Dir::State::status "/dev/null";
		Dir::Cache "$work/cache";
		Dir::Etc::sourcelist "$work/trixie.sources";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Acquire::Languages "none";
		Acquire::Retries "3";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	EOF
	echo "reading the source lists of Debian $SUITE" >&2
	chmod 755 "$work"
	apt_run apt-get -q update --error-on=any || die "cannot read the source lists of Debian $SUITE: see above"
}

# Runs one apt command quietly; what it said is shown only if it failed.
apt_run() {
	command=$1
	shift
	"$command" -c "$work/apt.conf" "$@" >"$work/log" 2>&1 || { grep "^[EW]:" "$work/log" >&2 || cat "$work/log" >&2; return 1; }
}

# Downloads version $2 of package $1 into the cache, whole or not at all.
download() {
	rm -rf "$work/download"
	mkdir "$work/download"
	# apt drops its root rights to this user for downloads.
	[ "$(id -u)" != 0 ] || chown _apt "$work/download"
	echo "fetching $1 $2" >&2
	(cd "$work/download" && apt_run apt-get -q source --download-only --only-source "$1=$2") || return 1
	chmod 644 "$work/download"/*
	rm -rf "$sources/$1_$2.new" "$sources/$1_$2"
	cp -r "$work/download" "$sources/$1_$2.new"
	mv "$sources/$1_$2.new" "$sources/$1_$2"
}

# The versions of package $1 that the archive lists, newest first.
listed() {
	apt-cache -c "$work/apt.conf" showsrc --only-source "$1" | sed -n 's/^Version: //p' | sort -rVu
}

fetch_newest() {
	for version in $(listed "$1"); do
		! download "$1" "$version" || return 0
		warn "$1 $version is listed by the archive, but not served; trying an older one"
	done
	die "no version of $1 could be fetched from Debian $SUITE"
}

# Whether the cache holds what LOCK says of package $1, version $2.
cached() {
	[ -d "$sources/$1_$2" ] && locked_files "$1" >"$work/sums" && [ -s "$work/sums" ] &&
		(cd "$sources/$1_$2" && sha256sum --quiet --strict --check "$work/sums" >/dev/null 2>&1)
}

fetch_locked() {
	version=$(locked_version "$1")
	! cached "$1" "$version" || return 0
	[ -e "$work/apt.conf" ] || apt_prepare
	if listed "$1" | grep -qxF "$version" && download "$1" "$version"; then
		cached "$1" "$version" || die "$1 $version is not what $lock says: its SHA-256 differ"
		return 0
	fi
	wanted=$version
	fetch_newest "$1"
	warn "$1 $wanted, which $lock names, has gone from the archive: building $version instead; 'make update-sources' locks that"
}

lock=$1
for package in $(locked_packages); do
	if [ "${2-}" = --newest ]; then
		[ -e "$work/apt.conf" ] || apt_prepare
		fetch_newest "$package"
	else
		fetch_locked "$package"
	fi
	echo "$package $version"
	(cd "$sources/${package}_$version" && sha256sum -- *)
done
