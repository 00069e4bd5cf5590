#!/bin/sh
# Makes this machine a gateway. Made by cygnet VERSION.
# shellcheck disable=SC2016
set -eu
umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C DEBIAN_FRONTEND=noninteractive
at=start work='' known=''
say() { echo "cygnet user-data: $*"; }
step() { at=$1; say "$at"; }
fail() { say "$*" >&2; exit 1; }
ended() {
	code=$?
	rm -rf "$work"
	[ "$code" -eq 0 ] || say "FAILED: $at (exit code $code)" >&2
}
trap ended EXIT
clock() { read -r now _ </proc/uptime && now=${now%.*}; }
try() {
	clock
	end=$((now + 600)) tries=1
	until "$@"; do
		clock
		if [ $tries -ge 16 ] || [ "$now" -ge $end ]; then return 1; fi
		sleep $((tries * 5))
		tries=$((tries + 1))
	done
}
work=$(mktemp -d)
# shellcheck source=/dev/null
os=$(. /etc/os-release && major=${VERSION_ID:-} && echo "${ID:-linux} ${major%%.*}")
case $os in
'debian 11' | 'debian 12' | 'debian 13' | 'ubuntu 20' | 'ubuntu 22' | 'ubuntu 24')
	installed() { dpkg-query -W -f '${db:Status-Status}\n' "$1" | grep -qx installed; }
	add() { apt-get install -y -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold "$@"; }
	refresh() { apt-get update -o APT::Update::Error-Mode=any; }
	;;
'rhel 7' | 'rocky 7' | 'almalinux 7' | 'centos 7' | 'ol 7' | 'amzn 2')
	installed() { rpm -q "$1"; }
	add() { yum install -y "$@"; }
	refresh() { :; }
	;;
'amzn 2023' | 'rhel 8' | 'rocky 8' | 'almalinux 8' | 'centos 8' | 'ol 8' | 'rhel 9' | 'rocky 9' | 'almalinux 9' | 'centos 9' | 'ol 9' | 'rhel 10' | 'rocky 10' | 'almalinux 10' | 'centos 10' | 'ol 10')
	installed() { rpm -q "$1"; }
	add() { dnf install -y "$@"; }
	refresh() { :; }
	;;
*)
	installed() { :; }
	add() { fail "nobody knows how to install $* on '$os'"; }
	refresh() { :; }
	;;
esac
case $os in
'debian 11' | 'debian 12' | 'debian 13' | 'ubuntu 20' | 'ubuntu 22' | 'ubuntu 24')
	needs() { "$@" charon-systemd strongswan-swanctl libstrongswan-standard-plugins nftables chrony; }
	;;
'rhel 7' | 'rocky 7' | 'almalinux 7' | 'centos 7' | 'ol 7')
	needs() { "$@" strongswan iptables ntp; }
	;;
'amzn 2')
	needs() { "$@" strongswan iptables chrony; }
	;;
'amzn 2023')
	needs() { "$@" nftables chrony; }
	say "no strongSwan is packaged for $os: the machine image has to have it"
	;;
'rhel 8' | 'rocky 8' | 'almalinux 8' | 'centos 8' | 'ol 8' | 'rhel 9' | 'rocky 9' | 'almalinux 9' | 'centos 9' | 'ol 9' | 'rhel 10' | 'rocky 10' | 'almalinux 10' | 'centos 10' | 'ol 10')
	needs() { "$@" strongswan nftables chrony; }
	;;
*)
	needs() { "$@"; }
	say "'$os' is not known: the machine image has to have strongSwan, nft and a time daemon"
	;;
esac
case $os in
'rhel 7')
	enabling() { rpm -q epel-release || yum install -y https://dl.fedoraproject.org/pub/epel/epel-release-latest-7.noarch.rpm; }
	;;
'rocky 7' | 'almalinux 7' | 'centos 7')
	enabling() { yum install -y epel-release; }
	;;
'ol 7')
	enabling() { yum install -y oracle-epel-release-el7; }
	;;
'amzn 2')
	enabling() { amazon-linux-extras install -y epel; }
	;;
'rhel 8')
	enabling() { rpm -q epel-release || dnf install -y https://dl.fedoraproject.org/pub/epel/epel-release-latest-8.noarch.rpm; }
	;;
'rocky 8' | 'almalinux 8' | 'centos 8' | 'rocky 9' | 'almalinux 9' | 'centos 9' | 'rocky 10' | 'almalinux 10' | 'centos 10')
	enabling() { dnf install -y epel-release; }
	;;
'ol 8')
	enabling() { dnf install -y oracle-epel-release-el8; }
	;;
'rhel 9')
	enabling() { rpm -q epel-release || dnf install -y https://dl.fedoraproject.org/pub/epel/epel-release-latest-9.noarch.rpm; }
	;;
'ol 9')
	enabling() { dnf install -y oracle-epel-release-el9; }
	;;
'rhel 10')
	enabling() { rpm -q epel-release || dnf install -y https://dl.fedoraproject.org/pub/epel/epel-release-latest-10.noarch.rpm; }
	;;
'ol 10')
	enabling() { dnf install -y oracle-epel-release-el10; }
	;;
*)
	enabling() { :; }
	;;
esac
case $os in
'debian 11' | 'debian 12' | 'debian 13' | 'ubuntu 20' | 'ubuntu 22' | 'ubuntu 24')
	upgrade() { apt-get upgrade -y --with-new-pkgs -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold; }
	;;
'rhel 7' | 'rocky 7' | 'almalinux 7' | 'centos 7' | 'ol 7' | 'amzn 2')
	upgrade() { yum update -y; }
	;;
'amzn 2023')
	upgrade() { dnf upgrade -y --releasever=latest; }
	;;
'rhel 8' | 'rocky 8' | 'almalinux 8' | 'centos 8' | 'ol 8' | 'rhel 9' | 'rocky 9' | 'almalinux 9' | 'centos 9' | 'ol 9' | 'rhel 10' | 'rocky 10' | 'almalinux 10' | 'centos 10' | 'ol 10')
	upgrade() { dnf upgrade -y; }
	;;
*)
	upgrade() { fail "nobody knows how to upgrade '$os'"; }
	;;
esac
case $os in
'amzn 2')
	agent=amazon-cloudwatch-agent syslog=''
	;;
'amzn 2023')
	agent=amazon-cloudwatch-agent syslog=rsyslog
	;;
*)
	agent=''
	;;
esac
case $os in
'debian 11' | 'ubuntu 20' | 'ubuntu 22')
	aws_cli=awscli
	;;
'rhel 9' | 'rocky 9' | 'almalinux 9' | 'centos 9' | 'ol 9')
	aws_cli=awscli2
	;;
*)
	aws_cli=''
	;;
esac
repositories() { [ -n "$known" ] || { enabling && refresh && known=yes; }; }
missing() { for name; do installed "$name" >/dev/null 2>&1 || printf ' %s' "$name"; done; }
added() { add "$@" && [ -z "$(missing "$@")" ]; }
anew() { "$@" || { refresh; return 1; }; }
obtain() { try anew added "$@" || fail "not all is installed:$(missing "$@")"; }
curl_signs() {
	version=$(curl --version | sed -n '1s/^curl \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
	[ "${version% *}" -gt 7 ] || { [ "${version% *}" -eq 7 ] && [ "${version#* }" -ge 88 ]; }
}
step 'see what signs for S3'
way=fetch_curl
if command -v curl >/dev/null; then
	curl_signs || way=fetch_cli
elif [ -n "$aws_cli" ]; then
	way=fetch_cli
fi
if [ $way = fetch_cli ] && [ -z "$aws_cli" ] && ! command -v aws >/dev/null; then
	fail 'curl is too old to sign for S3 and there is no aws CLI: add it to the machine image, or use https'
fi
step 'install updates'
try repositories
try anew upgrade
if [ -n "$(needs missing)" ]; then
	step 'make the repositories known'
	try repositories
	step 'install strongSwan, firewall and time daemon'
	needs obtain
fi
if [ -n "$agent" ]; then
	step 'install the CloudWatch agent'
	obtain "$agent" ${syslog:+"$syslog"}
	[ -z "$syslog" ] || systemctl enable --now "$syslog"
	folder=/opt/aws/amazon-cloudwatch-agent
	for log in messages secure audit/audit.log; do
		printf '{"file_path":"/var/log/%s","log_group_name":"/var/log/%s"}\n' "$log" "$log"
	done | paste -sd, - >"$work/logs"
	printf '{"logs":{"logs_collected":{"files":{"collect_list":[%s]}}}}\n' "$(cat "$work/logs")" \
		>"$folder/etc/cygnet.json"
	"$folder/bin/amazon-cloudwatch-agent-ctl" -a fetch-config -m ec2 -s -c "file:$folder/etc/cygnet.json"
else
	say "the CloudWatch agent is not packaged for $os, going on without"
fi
arch=$(uname -m)
imds() {
	printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$token" |
		curl -sSf --noproxy '*' -m 5 -K - "http://169.254.169.254/latest/$1"
}
identify() {
	token=$(curl -sSf --noproxy '*' -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 600' \
		http://169.254.169.254/latest/api/token) &&
		region=${region:-$(imds meta-data/placement/region)} &&
		domain=$(imds meta-data/services/domain)
}
member() {
	printf '%s' "$credentials" | tr ',{}' '[\n*]' | sed -n "s/^ *\"$1\" *: *\"\(.*\)\" *\$/\1/p"
}
fetch_curl() {
	role=$(imds meta-data/iam/security-credentials/) &&
		credentials=$(imds "meta-data/iam/security-credentials/$role") || return
	printf 'user = "%s:%s"\nheader = "x-amz-security-token: %s"\n' \
		"$(member AccessKeyId)" "$(member SecretAccessKey)" "$(member Token)" |
		curl -sSfg --proto =https -m 300 -K - --aws-sigv4 "aws:amz:$region:s3" \
			-H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -o "$work/cygnet" \
			"https://$bucket.s3.$region.$domain/$key"
}
fetch_cli() {
	aws s3api get-object --region "$region" --bucket "$bucket" --key "$key" "$work/cygnet" >/dev/null
}
if ! command -v curl >/dev/null; then
	step 'install curl'
	try repositories
	obtain curl ca-certificates
fi
bucket='binaries' key=''"$arch"'/cygnet' region=''
step 'ask the instance metadata'
try identify
if [ $way = fetch_cli ] && ! command -v aws >/dev/null; then
	step 'install the aws CLI'
	try repositories
	obtain "$aws_cli"
fi
step "fetch s3://$bucket/$key"
try "$way" ||
	fail "not there (in $region), or not readable by the instance's role"
step 'check the SHA-256 of cygnet'
case $arch in
x86_64) pinned=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef ;;
aarch64) pinned=fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210 ;;
*) fail "no SHA-256 is pinned for $arch: make this user-data with --sha256 $arch=..." ;;
esac
found=$(sha256sum <"$work/cygnet")
found=${found%% *}
[ "$found" = "$pinned" ] ||
	fail "SHA-256 MISMATCH, not run: the source has $found, this user-data pins $pinned"
step 'install cygnet'
program=/usr/local/bin/cygnet
install -D -m 755 "$work/cygnet" "$program"
step 'write /etc/cygnet.conf'
printf '%s\n' >'/etc/cygnet.conf' \
	'mesh = prod' \
	'registry = us-east-1'
step 'cygnet bootstrap'
bootstrap() {
	code=0
	"$program" bootstrap || code=$?
	[ "$code" -ne 75 ] || systemctl -q is-enabled cygnet-sync.timer 2>/dev/null
}
try bootstrap || exit "$code"
case $code in
0) say 'done' ;;
3 | 4 | 75) say "bootstrap ended with exit code $code; cygnet-sync.timer goes on from there" ;;
*) exit "$code" ;;
esac
