/*
 * fetch: shell commands for each kind of source. Credentials and tokens go to curl by its standard
 * input, so that neither a list of processes nor a log has them.
 */
#include "userdata/fetch.h"

#include <string.h>

#include "userdata/shell.h"

#define INSTALLED "/usr/local/bin/cygnet"

/*
 * The first curl that is known to sign what S3 wants signed is Debian 12's, and it has to be told
 * the header for the body's hash; 7.81 leaves the token's header out.
 */
#define CURL_MAJOR "7"
#define CURL_MINOR "88"

static const char arch_line[] = "arch=$(uname -m)\n";

/* --- before anything is installed --- */

/* A distribution that has a use for the aws CLI would bring the old curl, too. */
static const char s3_way[] =
	"curl_signs() {\n"
	"\tversion=$(curl --version | sed -n '1s/^curl \\([0-9]*\\)\\.\\([0-9]*\\).*/\\1 \\2/p')\n"
	"\t[ \"${version% *}\" -gt " CURL_MAJOR " ] || "
	"{ [ \"${version% *}\" -eq " CURL_MAJOR " ] && "
	"[ \"${version#* }\" -ge " CURL_MINOR " ]; }\n"
	"}\n"
	"step 'see what signs for S3'\n"
	"way=fetch_curl\n"
	"if command -v curl >/dev/null; then\n"
	"\tcurl_signs || way=fetch_cli\n"
	"elif [ -n \"$aws_cli\" ]; then\n"
	"\tway=fetch_cli\n"
	"fi\n"
	"if [ $way = fetch_cli ] && [ -z \"$aws_cli\" ] && ! command -v aws >/dev/null; then\n"
	"\tfail 'curl is too old to sign for S3 and there is no aws CLI: "
	"add it to the machine image, or use https'\n"
	"fi\n";

void fetch_begin(struct buf *out, const struct order *order)
{
	if (order->source.kind == SOURCE_S3)
		buf_adds(out, s3_way);
}

/* --- pinned hashes --- */

static bool is_pinned(const struct order *order)
{
	for (size_t i = 0; i < ARCH_COUNT; i++)
		if (order->hashes[i][0] != '\0')
			return true;
	return false;
}

/* Stop unless the file, a shell's word, is the binary that was meant. */
static void check_add(struct buf *out, const struct order *order, const char *file)
{
	buf_adds(out, "step 'check the SHA-256 of cygnet'\n" "case $arch in\n");
	for (size_t i = 0; i < ARCH_COUNT; i++)
		if (order->hashes[i][0] != '\0')
			buf_addf(out, "%s) pinned=%s ;;\n", arch_name((enum arch)i),
				 order->hashes[i]);
	buf_addf(out,
		 "*) fail \"no SHA-256 is pinned for $arch: "
		 "make this user-data with --sha256 $arch=...\" ;;\n"
		 "esac\n"
		 "found=$(sha256sum <%s)\n"
		 "found=${found%%%% *}\n"
		 "[ \"$found\" = \"$pinned\" ] ||\n"
		 "\tfail \"SHA-256 MISMATCH, not run: the source has $found, "
		 "this user-data pins $pinned\"\n",
		 file);
}

/* --- a binary --- */

static void curl_add(struct buf *out)
{
	buf_adds(out,
		 "if ! command -v curl >/dev/null; then\n"
		 "\tstep 'install curl'\n"
		 "\ttry repositories\n"
		 "\tobtain curl ca-certificates\n"
		 "fi\n");
}

static void https_add(struct buf *out, const struct source *source)
{
	curl_add(out);
	buf_adds(out, "url=");
	shell_quote_arch(out, source->url);
	buf_adds(out,
		 "\n"
		 "step \"fetch $url\"\n"
		 "try curl -sSfgL --proto =https --proto-redir =https -m 300 "
		 "-o \"$work/cygnet\" \"$url\"\n");
}

static const char imds_functions[] =
	"imds() {\n"
	"\tprintf 'header = \"X-aws-ec2-metadata-token: %s\"\\n' \"$token\" |\n"
	"\t\tcurl -sSf --noproxy '*' -m 5 -K - \"http://169.254.169.254/latest/$1\"\n"
	"}\n"
	"identify() {\n"
	"\ttoken=$(curl -sSf --noproxy '*' -m 5 -X PUT "
	"-H 'X-aws-ec2-metadata-token-ttl-seconds: 600' \\\n"
	"\t\thttp://169.254.169.254/latest/api/token) &&\n"
	"\t\tregion=${region:-$(imds meta-data/placement/region)} &&\n"
	"\t\tdomain=$(imds meta-data/services/domain)\n"
	"}\n";

static const char signing_functions[] =
	"member() {\n"
	"\tprintf '%s' \"$credentials\" | tr ',{}' '[\\n*]' | "
	"sed -n \"s/^ *\\\"$1\\\" *: *\\\"\\(.*\\)\\\" *\\$/\\1/p\"\n"
	"}\n"
	"fetch_curl() {\n"
	"\trole=$(imds meta-data/iam/security-credentials/) &&\n"
	"\t\tcredentials=$(imds \"meta-data/iam/security-credentials/$role\") || return\n"
	"\tprintf 'user = \"%s:%s\"\\nheader = \"x-amz-security-token: %s\"\\n' \\\n"
	"\t\t\"$(member AccessKeyId)\" \"$(member SecretAccessKey)\" \"$(member Token)\" |\n"
	"\t\tcurl -sSfg --proto =https -m 300 -K - --aws-sigv4 \"aws:amz:$region:s3\" \\\n"
	"\t\t\t-H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -o \"$work/cygnet\" \\\n"
	"\t\t\t\"https://$bucket.s3.$region.$domain/$key\"\n"
	"}\n"
	"fetch_cli() {\n"
	"\taws s3api get-object --region \"$region\" --bucket \"$bucket\" --key \"$key\" "
	"\"$work/cygnet\" >/dev/null\n"
	"}\n";

static const char s3_steps[] =
	"step 'ask the instance metadata'\n"
	"try identify\n"
	"if [ $way = fetch_cli ] && ! command -v aws >/dev/null; then\n"
	"\tstep 'install the aws CLI'\n"
	"\ttry repositories\n"
	"\tobtain \"$aws_cli\"\n"
	"fi\n"
	"step \"fetch s3://$bucket/$key\"\n"
	"try \"$way\" ||\n"
	"\tfail \"not there (in $region), or not readable by the instance's role\"\n";

static void s3_add(struct buf *out, const struct source *source)
{
	buf_adds(out, imds_functions);
	buf_adds(out, signing_functions);
	curl_add(out);
	buf_adds(out, "bucket=");
	shell_quote(out, source->bucket);
	buf_adds(out, " key=");
	shell_quote_arch(out, source->key);
	buf_adds(out, " region=");
	shell_quote(out, source->region ? source->region : "");
	buf_adds(out, "\n");
	buf_adds(out, s3_steps);
}

static void binary_add(struct buf *out, const struct order *order)
{
	buf_adds(out, arch_line);
	if (order->source.kind == SOURCE_S3)
		s3_add(out, &order->source);
	else
		https_add(out, &order->source);
	check_add(out, order, "\"$work/cygnet\"");
	buf_adds(out,
		 "step 'install cygnet'\n"
		 "program=" INSTALLED "\n"
		 "install -D -m 755 \"$work/cygnet\" \"$program\"\n");
}

/* --- a package --- */

static void apt_add(struct buf *out, const struct order *order)
{
	AUTO_FREE char *line = mem_printf("deb [signed-by=/etc/apt/keyrings/cygnet.asc] %s %s",
					  order->source.url, order->source.suite);

	buf_adds(out,
		 "step 'add the repository of cygnet'\n"
		 "command -v apt-get >/dev/null || fail \"'$os' has no apt-get\"\n"
		 "mkdir -p /etc/apt/keyrings\n");
	shell_write(out, "/etc/apt/keyrings/cygnet.asc", order->key);
	buf_adds(out, "printf '%s\\n' >/etc/apt/sources.list.d/cygnet.list ");
	shell_quote_arch(out, line);
	buf_adds(out, "\n");
}

static void dnf_add(struct buf *out, const struct order *order)
{
	buf_adds(out,
		 "step 'add the repository of cygnet'\n"
		 "command -v rpm >/dev/null || fail \"'$os' has no rpm\"\n");
	shell_write(out, "/etc/pki/rpm-gpg/RPM-GPG-KEY-cygnet", order->key);
	buf_adds(out,
		 "printf '%s\\n' >/etc/yum.repos.d/cygnet.repo '[cygnet]' "
		 "'name=cygnet' 'enabled=1' 'gpgcheck=1' \\\n"
		 "\t'gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-cygnet' 'baseurl='");
	shell_quote_arch(out, order->source.url);
	buf_adds(out, "\n");
}

static void package_add(struct buf *out, const struct order *order)
{
	bool repository = source_is_repository(&order->source);

	if (strstr(order->source.text, SOURCE_ARCH) != NULL || is_pinned(order))
		buf_adds(out, arch_line);
	if (repository) {
		(order->source.kind == SOURCE_APT ? apt_add : dnf_add)(out, order);
		buf_adds(out,
			 "step 'install cygnet'\n"
			 "try refresh\n"
			 "obtain cygnet\n");
	}
	buf_adds(out,
		 "program=$(command -v cygnet) || "
		 "fail 'there is no cygnet in the machine image'\n");
	if (is_pinned(order))
		check_add(out, order, "\"$program\"");
}

void fetch_add(struct buf *out, const struct order *order)
{
	if (source_is_binary(&order->source))
		binary_add(out, order);
	else
		package_add(out, order);
}
